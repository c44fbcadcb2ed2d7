"""The number that a label points at: the last label wins, unless what it says is denied, supposed or taken back."""

import re

from evalpipe.core.extract.decimals import Found
from evalpipe.core.extract.number.conclusions import conclusion, last_equation
from evalpipe.core.extract.number.quantities import leading, quantities, same
from evalpipe.core.extract.number.reading import HEDGED, NO_ANSWER, decided, several
from evalpipe.core.extract.number.statements import (
    Said,
    explains,
    goes_on,
    has_equation,
    right_of_equation,
    statement_end,
)
from evalpipe.core.extract.reading import Labelled, ends_the_text, is_idle, labelled
from evalpipe.core.scores import Extraction

_REACH = 2000  # characters behind a label in which another equation shows that a working goes on
_MAX_CORRECTIONS = 20
_LIST_ITEM = re.compile(r"[.):]\s*[^\W\d]")  # "#### 2. Total cost" is a heading
# In the label's own sentence, before it: then nobody says that this is the answer.
_SUPPOSED = re.compile(
    r"""(?<![A-Za-z])(?:if|suppose|supposing|assume|assuming|whether|unless|might|could|tempting|mistake|mistakenly|wrongly
        |wrong|incorrect|incorrectly|previous|trap|student's|students)(?![A-Za-z])|如果|假设|若|错误|误以为""",
    re.VERBOSE | re.IGNORECASE,
)
_BREAK = re.compile(r"[.!?;\n](?=\s|$|[^\x00-\x7f])|\n")
BOXES_JOINED = re.compile(
    r"[\s}$\\).]{0,6}(?:,|、|&|or|and|或者?|和)[\s$\\(]{0,6}(?:\\boxed|\\fbox)?[ ]?\{?", re.IGNORECASE
)
TAKEN_BACK = re.compile(
    r"""(?:^|(?<=[.!?;:\n(—])|(?<=[.!?;:\n(—][ ])|(?<=[-*][ ]))(?:[*_(]{0,3})
        (?: wait | hold[ ]on | hmm+ | actually(?=[,:]) | no(?=[,.]) | oops | correction | sorry | scratch[ ]that
          | on[ ](?:second[ ]thought|reflection) | let[ ]me[ ](?:re|correct|double|fix|check)
          | (?:but[ ])?(?:that|this)(?:'s|[ ]is|[ ]was|[ ]can't|[ ]cannot|[ ]isn't)[ ](?:be[ ])?
              (?:wrong|incorrect|not[ ]right|right)
          | i[ ](?:made|forgot|misread|was[ ]wrong|miscounted|miscalculated)
          | 不对 | 等等 | 等一下 | 更正 | 错了 | 重新 )
        (?![a-z])""",
    re.VERBOSE | re.IGNORECASE,
)
_CORRECTED = re.compile(
    r"""(?<![A-Za-z])(?:should[ ](?:be|have[ ]been)|must[ ]be|make[ ]that|is[ ]actually
        |is[ ]really|corrected[ ]to|it's|it[ ]is)(?![A-Za-z])
      | 应该?是|应为|改为|而是|正确(?:的?结果)?(?:是|为)""",
    re.VERBOSE | re.IGNORECASE,
)
_CONFIRMED = re.compile(
    r"(?<![A-Za-z])(?:correct|right|confirmed|confirms|checks[ ]out|holds|stands|matches|consistent)"
    r"(?![A-Za-z])|(?<!不)正确|没错|无误|没问题|成立",
    re.IGNORECASE,
)

_NOT = re.compile(r"n't|not|never|cannot|in$|不", re.IGNORECASE)


def by_label(text: str) -> Extraction | None:
    labels = labelled(text)
    for at in range(len(labels) - 1, -1, -1):
        label = labels[at]
        end = label.end if label.rule in ("boxed", "tag") else statement_end(text, label.start, label.end)
        if label.start >= end or is_supposed(text, label):
            continue
        read = _read(text, label, end)
        if read is None:
            continue
        if label.rule == "boxed" and at and _disagree(text, labels[at - 1], label, read):
            return several(label.rule, quantities(text, labels[at - 1].start, end), (labels[at - 1].start, end))
        return _unless_taken_back(text, read, end)
    return None


def _read(text: str, label: Labelled, end: int) -> Extraction | None:
    """What this label says; None where it says nothing about the number, so that an earlier one may."""
    if text.startswith(("not ", "不"), label.start):
        numbers = quantities(text, label.start, end)
        return decided(label.rule, numbers[0]) if len(numbers) == 1 else None
    if is_idle(text, label):
        return None
    first = leading(text, label.start, end)
    if first is None and NO_ANSWER.search(text, label.start, end):
        return Extraction(None, label.rule, (label.start, end), reason="it says that there is no answer")
    said = _said(text, label, end, first)
    if said.only and label.rule not in ("boxed", "tag") and HEDGED.search(text, said.only.end, label.end):
        return Extraction(None, label.rule, (label.start, label.end), reason="it is not sure of it")
    if said.only:
        return decided(label.rule, said.only)
    if said.numbers:
        return several(label.rule, list(said.numbers), (label.start, end))
    if ends_the_text(text, label) and not quantities(text, label.start, label.end):
        return Extraction(None, label.rule, (label.start, label.end), reason="the labelled answer holds no number")
    return None


def _said(text: str, label: Labelled, end: int, first: Found | None) -> Said:
    """The numbers that the label gives as the answer: one, several that stand side by side, or none. `first`: the one
    that it begins with.
    """
    equation = has_equation(text, label.start, end)
    if equation and first and not first.spoiled and explains(text, first, end) and not goes_on(text, first, end):
        return Said((first,))
    if (equation or first is None) and "=" in text[end : end + _REACH]:
        return Said(())  # a working begins behind the label, and this is not its end
    if equation:
        return right_of_equation(text, label.start, end)
    if first is None:
        inside = quantities(text, label.start, end)
        if len(inside) == 1:
            return Said((inside[0],)) if not goes_on(text, inside[0], end) else Said((inside[0], inside[0]))
        # A sentence with several numbers is reasoning; a box or a tag with several holds several answers.
        together = label.rule in ("boxed", "tag") or any(each.spoiled for each in inside)
        return Said(tuple(inside)) if together else Said(())
    if label.rule == "hash" and _LIST_ITEM.match(text, first.end, label.end):
        return Said(())
    # Two, of which the first may be the only one in digits: "5 or six".
    return Said((first, *quantities(text, first.end, end), first)) if goes_on(text, first, end) else Said((first,))


def is_supposed(text: str, label: Labelled) -> bool:
    """Whether the label's sentence only speaks of an answer: "if the answer is 5", "a mistake is to say it is 15"."""
    if label.rule in ("hash", "tag", "heading", "a_colon"):
        return False
    before = text[max(0, label.start - 120) : label.start]
    breaks = [hit.end() for hit in _BREAK.finditer(before)]
    return _SUPPOSED.search(before, breaks[-1] if breaks else 0) is not None


def _disagree(text: str, before: Labelled, label: Labelled, read: Extraction) -> bool:
    """Whether two boxes stand side by side as one answer each: \\boxed{3} or \\boxed{5}."""
    if before.rule != "boxed" or not BOXES_JOINED.fullmatch(text, before.end, label.start):
        return False
    other = _read(text, before, before.end)
    return other is None or other.value != read.value


def _unless_taken_back(text: str, read: Extraction, end: int) -> Extraction:
    """The labelled answer, or what the text says in its place when it goes on with "Wait, ..."."""
    back = TAKEN_BACK.search(text, end)
    if back is None:
        return read
    for hit in reversed([*_CORRECTED.finditer(text, back.start())][-_MAX_CORRECTIONS:]):
        found = leading(text, hit.end(), len(text))
        if found and not found.spoiled and not goes_on(text, found, len(text)):
            return decided("revision", found)
    tail = " " * back.start() + text[back.start() :]
    said = conclusion(tail) or last_equation(tail)
    if said and said.value is not None:
        return said
    if any(
        not _NOT.search(text[max(0, hit.start() - 16) : hit.start()]) for hit in _CONFIRMED.finditer(text, back.start())
    ):
        return read
    left = quantities(text, max(back.start(), len(text) - _REACH), len(text))
    if same(left) and left[0].quantity and left[0].quantity.written == read.value:
        return read
    return Extraction(None, "revision", read.span, (read.value,) if read.value else (), "the answer is taken back")

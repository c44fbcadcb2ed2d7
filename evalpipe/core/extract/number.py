"""The number that a text gives as its answer: "#### 1,024", "A: 7", "\\boxed{18}", "the answer is **$18**", 答案是70.

Rules, in order: `bare` (the text is one number); a label's own name (the last label wins); `bold_in_last_line`;
`last_number`, a plain reading of the last number of the text, ranked last because it is the only guess.
"""

import re
from collections.abc import Callable
from decimal import Decimal

from evalpipe.core.extract.decimals import Found, number_at, number_of, numbers_in, plain
from evalpipe.core.extract.reading import Labelled, ends_the_text, folded, is_idle, labelled, sentence_end
from evalpipe.core.scores import Extraction

_MAX_CANDIDATES = 5
_REACH = 2000  # characters behind a label in which another equation shows that a working goes on
_MARKUP = " \t\n*_`\"'"
_LEAD = re.compile(
    r"""(?:[\s*_`"'(\[{>:~≈$€£¥₹] | \\[(\[$,;!\ ] | \\(?:text|textbf|mathrm|mathbf|boxed)\{
      | (?:about|approximately|approx\.?|around|roughly|exactly|US(?=\$)|USD|RMB|约|大约|等于)(?![A-Za-z]) )*+""",
    re.VERBOSE | re.IGNORECASE,
)
# After a number: an operation, a range, an alternative or a second quantity, so that the first number is not all of it.
_GOES_ON = re.compile(
    r"""\s{0,2}(?:[A-Za-z%°$€£]{1,20}|[个元米]{1,2})??\s{0,2}
        (?: [-+*/×÷^~:&,、±] | \\(?:times|cdot|div|pm) | (?:x|and|or|to|of|out[ ]of)(?![A-Za-z]) | [和或到至乘加减] )
        \s{0,2}\(?[-$€£¥]?[0-9]
      | \s{1,2}(?:[A-Za-z]{1,20}\s{1,2})?[0-9] """,
    re.VERBOSE,
)
_LIST_ITEM = re.compile(r"[.):]\s*[^\W\d]")  # "#### 2. Total cost" is a heading
_BOLD = re.compile(r"\*\*([^*\n]{1,80})\*\*")
_BETWEEN_EQUATIONS = re.compile(r"[,;、]\s|(?<![A-Za-z])and(?![A-Za-z])|[和,、]")


def number(text: str) -> Extraction:
    """The answer as a plain decimal, "1,024.0" as "1024". None when there is no number, or several as the answer."""
    text = folded(text)
    for rule in _RULES:
        decided = rule(text)
        if decided:
            return decided
    return Extraction(None, reason="no number in the answer")


def _bare(text: str) -> Extraction | None:
    value = number_of(text.strip(_MARKUP)) if len(text) <= 2000 else None  # a longer text is never one number
    if value is None:
        return None
    start = len(text) - len(text.lstrip())
    return Extraction(plain(value), "bare", (start, len(text.rstrip())))


def _labelled(text: str) -> Extraction | None:
    for label in reversed(labelled(text)):
        found = _read(text, label)
        span = (label.start, label.end)
        if len(found) == 1:
            return _reading(found[0], label.rule)
        if found:
            return Extraction(None, label.rule, span, _written(found), "several numbers as the answer")
        if ends_the_text(text, label) and not is_idle(text, label) and not numbers_in(text, *span):
            return Extraction(None, label.rule, span, reason="the labelled answer holds no number")
    return None


def _read(text: str, label: Labelled) -> list[Found]:
    """The numbers that the label gives as the answer: one, several that stand side by side, or none."""
    if is_idle(text, label):
        return []
    start, end = label.start, sentence_end(text, label.start, label.end)
    first = _leading(text, start, end)
    equation = "=" in text[start:end]
    if (equation or first is None) and "=" in text[end : end + _REACH]:
        return []  # a working begins behind the label, and this is not its end
    if equation:
        return _right_of_equation(text, start, end)
    if first is None:
        inside = numbers_in(text, start, end)
        # A sentence with several numbers is reasoning; a box or a tag with several holds several answers.
        return inside if len(inside) == 1 or label.rule in ("boxed", "tag") else []
    if label.rule == "hash" and _LIST_ITEM.match(text, first.end, label.end):
        return []
    return numbers_in(text, start, end) if _GOES_ON.match(text, first.end, end) else [first]


def _right_of_equation(text: str, start: int, end: int) -> list[Found]:
    """`6 * 7 = 42` and `42 = 6 * 7` say 42; `x = 3, y = 5` says two things."""
    last = text.rindex("=", start, end)
    before = text.rfind("=", start, last)
    if before >= 0 and _BETWEEN_EQUATIONS.search(text, before, last):
        return numbers_in(text, start, end)
    for side_start, side_end in ((last + 1, end), (max(start, before + 1), last)):
        side = _leading(text, side_start, side_end)
        if side and not _GOES_ON.match(text, side.end, side_end):
            return [side]
    return numbers_in(text, start, end)


def _leading(text: str, start: int, end: int) -> Found | None:
    """The number that [start, end) begins with, behind markup and currency; "- 5" is -5 unless it is a list's item."""
    lead = _LEAD.match(text, start, end)
    at = lead.end() if lead else start
    found = number_at(text, at, end)
    if found is None and text.startswith("- ", at, end) and "\n" not in text[max(0, at - 2) : at]:
        after = number_at(text, at + 2, end)
        return Found(after.value.copy_negate(), at, after.end) if after and after.value is not None else None
    return found


def _bold_in_last_line(text: str) -> Extraction | None:
    end = len(text.rstrip())
    start = text.rfind("\n", 0, end) + 1
    found = [_leading(text, hit.start(1), hit.end(1)) for hit in _BOLD.finditer(text, start, end)]
    if len(found) == 1 and found[0] and found[0].value is not None:
        return _reading(found[0], "bold_in_last_line")
    return None


def _last_number(text: str) -> Extraction | None:
    found = numbers_in(text, 0, len(text))
    return _reading(found[-1], "last_number", found[-1 - _MAX_CANDIDATES : -1]) if found else None


def _reading(found: Found, rule: str, others: list[Found] | None = None) -> Extraction:
    span = (found.start, found.end)
    if found.value is None:
        return Extraction(None, rule, span, reason="the number is too long or too large")
    return Extraction(plain(found.value), rule, span, _written(others or []))


def _written(found: list[Found]) -> tuple[str, ...]:
    values: list[Decimal] = [one.value for one in found if one.value is not None]
    return tuple(dict.fromkeys(plain(value) for value in values))[:_MAX_CANDIDATES]


_RULES: tuple[Callable[[str], Extraction | None], ...] = (_bare, _labelled, _bold_in_last_line, _last_number)

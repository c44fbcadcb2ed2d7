"""Verdicts over an option: "B is the right answer", "A and C are correct", C项正确."""

import re
from collections.abc import Iterator

from evalpipe.core.extract.choice.claims import Claim, Weight
from evalpipe.core.extract.choice.cues import MAX_CUES
from evalpipe.core.extract.choice.guards import has_force
from evalpipe.core.extract.choice.numbering import ORDINAL, place_of
from evalpipe.core.extract.choice.reply import Reply
from evalpipe.core.extract.choice.words import hits
from evalpipe.core.questions import LETTERS

_NAMED = r"(?:answers?|choices?|options?|ones?|pick|selection|guess|solution|bet|alternative|fit|match|candidate)"
_PRAISE = (
    r"(?:correct|right|best|better|closest|strongest|true|accurate|valid|likely|only|single|final|my|appropriate|suitable"
    r"|plausible|obvious|logical|proper|good|most\s(?:likely|appropriate|accurate|plausible|suitable|logical))"
)
_COPULA = re.compile(
    rf"""(?:is|are|was|seems|looks|must[ ]be|would[ ]be|should[ ]be|has[ ]to[ ]be|seems[ ]to[ ]be|appears[ ]to[ ]be
          |can[ ]only[ ]be|'s)[ ]
         (?:(?:also|both|indeed|clearly|definitely|actually|therefore|thus|probably|obviously|certainly|likely|in[ ]fact
           |all)[ ]){{0,2}}
         (?: (?P<named>(?:the|my|our)[ ](?:{_PRAISE}[ ,]{{1,2}}){{0,3}}{_NAMED})(?![a-z])
             (?P<relative>[ ](?:that|which|i|to|here)(?![a-z]))?
           | (?:the[ ])?(?:most[ ](?=correct|accurate))?
             (?:correct|right|best|true|accurate|valid|answer
               |most[ ](?:likely|plausible|probable|appropriate|suitable|reasonable|fitting|logical))
             (?![-\w])(?![ ](?:if|only|for|when|but|about|angle)(?![a-z])) )""",
    re.VERBOSE,
)
_FITS = re.compile(
    r"""(?:fits?|match(?:es)?|works?|satisf(?:y|ies)|makes?\s(?:the\smost\s|more\s|most\s)?sense|stands?\sout
          |gets?\sit\sright)(?![a-z])""",
    re.VERBOSE,
)
_RIGHT_ZH = re.compile(r"正确|对(?=的|[,.!。，;]|$)|符合|满足")
_WRONG_FAR = re.compile(r"[^.\n]{0,40}(?:wrong|incorrect|false|not|n't|eliminat|rul(?:e|ed)\sout|exclud)")
_WRONG_NEAR = re.compile(r"[^.,;\n]{0,30}(?:wrong|incorrect|false)")
_BARE_BEHIND = re.compile(
    r"[ ]?(?:项|选项)?(?:[ ]?(?:都|均|也|才|就|是|最|完全|为|的说法|说法|[ ]?(?:is|are)[ ])){0,3}$"
)
_CLOSERS = " \t)]*_\"'`.,}|$"
_LETTER_AT_END = re.compile(r"(?<![A-Za-z0-9'-])(?P<open>[(\[*\"'`]{0,4})(?P<letter>[A-Za-z])$")
_JOINED = re.compile(
    r"""(?:(?<![A-Za-z0-9])[(\[]?[A-Z][)\]]?(?:项|选项)?[ ]?(?:,[ ]?and|,[ ]?or|,|and|or|&|/|、|和|与|及)[ ]?
        (?:options?[ ]|choices?[ ])?){1,12}$""",
    re.VERBOSE,
)
_ALL_AT_END = re.compile(r"(?:\ball(?:\sof)?\s(?:the\s(?:above|options)|these|them|options|four)|以上|全部)$")
_UNSETTLED = re.compile(
    r"(?:(?:statement|if|whether|unless|that|claim|is|are|not|neither|why|how)\s|不|非|如果|若|假设)[(*\"']{0,3}$"
)
_OPTION_BEFORE = re.compile(r"(?:option|choice|letter|answer|选项|only)\s?[(*\"']{0,3}$")


def verdicts(reply: Reply, *, named: bool) -> Iterator[Claim]:
    """The claims that judge an option to be the answer (`named`), or else to be correct."""
    patterns = (_COPULA,) if named else (_COPULA, _FITS) if reply.low.isascii() else (_COPULA, _FITS, _RIGHT_ZH)
    for pattern in patterns:
        for hit in [*hits(pattern, reply.low)][-MAX_CUES:]:
            groups = hit.groupdict()
            label = bool(groups.get("named")) and not groups.get("relative")
            if label == named and (claim := _judged(reply, hit, Weight.LABELLED if named else Weight.JUDGED)):
                yield claim


def _judged(reply: Reply, hit: re.Match[str], weight: Weight) -> Claim | None:
    low, at = reply.low, hit.start()
    groups = hit.groupdict()
    named, relative = groups.get("named"), groups.get("relative")
    # "is the one that is not true" judges the other way.
    if relative and _WRONG_FAR.match(low, hit.end(), hit.end() + 60):
        return None
    if not named and _WRONG_NEAR.match(low, hit.end(), hit.end() + 40):
        return None
    end = at
    if not low[at].isascii() and (between := _BARE_BEHIND.search(low, max(0, at - 10), at)):
        end = between.start()
    while end and low[end - 1] in _CLOSERS and at - end < 8:
        end -= 1
    found = _letters_before(reply, end) or _words_before(reply, end)
    if found is None:
        return None
    letters, start = found
    if not has_force(low, start, hit.end(), named_as_answer=False):
        return None
    return Claim("verdict", weight, start, letters, start, end)


def _letters_before(reply: Reply, end: int) -> tuple[tuple[str, ...], int] | None:
    hit = _LETTER_AT_END.search(reply.flat, max(0, end - 6), end)
    if hit is None:
        ordinal = [*ORDINAL.finditer(reply.low, max(0, end - 40), end)]
        if ordinal and ordinal[-1].end() == end:
            place = place_of(ordinal[-1], len(reply.options.letters))
            return ((LETTERS[place - 1],), ordinal[-1].start()) if 1 <= place <= len(LETTERS) else None
        return None
    begin = hit.start()
    before = reply.low[max(0, begin - 14) : begin]
    named = _OPTION_BEFORE.search(before) is not None
    if not (hit["letter"].isupper() or hit["open"] or named) or (_UNSETTLED.search(before) and not named):
        return None
    joined = _JOINED.search(reply.flat, max(0, begin - 60), begin)
    letters = [char for char in joined[0] if char.isupper()] if joined else []
    return tuple(dict.fromkeys([*letters, hit["letter"].upper()])), hit.start("letter")


def _words_before(reply: Reply, end: int) -> tuple[tuple[str, ...], int] | None:
    if reply.several and (every := _ALL_AT_END.search(reply.low, max(0, end - 30), end)):
        return tuple(reply.options.letters), every.start()
    named = reply.options.ending(reply.low, end)
    if named is None or (
        end - named.start < 4 and reply.low[named.start].isascii() and not reply.low[named.start].isdigit()
    ):
        return None
    return (named.letter,), named.start

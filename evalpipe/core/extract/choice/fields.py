"""The answer as a field of JSON, or of what was meant as JSON: {"answer": "B"}, {'choice': 2}, {"答案": ["A", "C"]}."""

import re

from evalpipe.core.extract.choice.claims import Claim, Weight, claimed
from evalpipe.core.extract.choice.reference import reference
from evalpipe.core.extract.choice.reply import Reply

MAX_FIELDS = 50  # the last ones
# In order: where an object has several of them, the first counts.
_NAMES = (
    "answer",
    "final_answer",
    "correct_answer",
    "choice",
    "option",
    "letter",
    "selection",
    "label",
    "prediction",
    "output",
)
_FIELD = re.compile(
    r"""["'](?:(?:the|final|correct|selected|chosen|my|best|predicted)[_ ]?)?
        (?P<name>answers?|choices?|option|letter|selection|label|prediction|output|response|result|selected
          |答案|正确答案|最终答案|选项|选择)
        (?:[_ ]?(?:letter|choice|option|key|id|index|label))?["'][ \t\n]{0,8}:[ \t\n]{0,8}
        (?P<value> "(?:[^"\\\n]|\\.){0,300}+" | '(?:[^'\\\n]|\\.){0,300}?'(?=\s{0,4}[,}\]])
          | \[[^\[\]{}]{0,400}\] | [^\s,}\]"'\[{][^,}\n]{0,60} )""",
    re.VERBOSE,
)


def fielded(reply: Reply) -> tuple[list[Claim], list[tuple[int, int]]]:
    """What the fields claim, and the stretches of the objects that have them: what else they hold is no claim."""
    if ":" not in reply.low or not ('"' in reply.low or "'" in reply.low):
        return [], []
    best: dict[tuple[int, int], tuple[int, Claim]] = {}
    for hit in [*_FIELD.finditer(reply.low)][-MAX_FIELDS:]:
        stretch = _object_around(reply.low, hit.start(), hit.end())
        rank = _NAMES.index(hit["name"]) if hit["name"] in _NAMES else len(_NAMES)
        if stretch not in best or rank < best[stretch][0]:
            best[stretch] = (rank, _claim(reply, hit))
    return [claim for _, claim in best.values()], list(best)


def _object_around(low: str, start: int, end: int) -> tuple[int, int]:
    opened = low.rfind("{", max(0, start - 4000), start)
    closed = low.find("}", end, end + 4000)
    return (opened if opened >= 0 else start, closed + 1 if closed >= 0 else len(low))


def _claim(reply: Reply, hit: re.Match[str]) -> Claim:
    start, end = hit.span("value")
    if reply.low[start] in "\"'":
        start, end = start + 1, end - 1
    elif reply.low[start] == "[":
        listed = _listed(reply, start + 1, end - 1)
        return Claim("json", Weight.LABELLED, hit.start(), listed, start, end)
    read = reference(reply, start, end, bare_number=True)
    if read:
        return claimed("json", Weight.LABELLED, hit.start(), read)
    return Claim("json", Weight.LABELLED, hit.start(), (), start, end)


def _listed(reply: Reply, start: int, end: int) -> tuple[str, ...]:
    """The letters of a list's elements; none where one of them is no option."""
    letters: list[str] = []
    for piece in re.finditer(r"\"[^\"]{0,200}\"|'[^']{0,200}'|[^\s,\"']{1,40}", reply.low[start:end]):
        read = reference(reply, start + piece.start(), start + piece.end(), bare_number=True)
        if read is None:
            return ()
        letters += read.letters
    return tuple(letters)

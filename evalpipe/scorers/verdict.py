"""A judge's reply, read as a verdict. What cannot be read is null: a gap is better than a guess."""

from decimal import Decimal

from evalpipe.core.extract.json import FoundObject, objects_in
from evalpipe.core.extract.reasoning import without_reasoning
from evalpipe.core.quoting import one_line
from evalpipe.core.scores import Score

RULE = "judge"
WHY_WIDTH = 200  # characters of the judge's reason that are kept
_MASK = "x"
WORDS = ("right", "partly", "wrong")


def read_verdict(reply: str, nonce: str) -> Score:
    """1.0 for `right`, 0.0 for `wrong`, the judge's own fraction for `partly`; None when the reply is no verdict.

    Only an object with this very `nonce` counts, so none that the judged answer holds. Two that differ, a word that
    is none of the three, or a score that contradicts the word make the reply unreadable.
    """
    found = _of_this_answer(reply, nonce)
    if not found:
        return _unreadable("the judge's reply holds no verdict on this answer")
    read = [_verdict(each.value) for each in found]
    if any((each.value, each.extracted) != (read[0].value, read[0].extracted) for each in read):
        return _unreadable("the judge's reply holds verdicts that differ")
    return read[-1]


def _of_this_answer(reply: str, nonce: str) -> list[FoundObject]:
    """The objects with the nonce that are no part of the judge's reasoning.

    A judge may repeat the answer, and `<think>` in it must not hide the verdict: an answer that nobody can judge would
    be left out of the score instead of being wrong. So tags within a verdict are none, and where reasoning seems never
    to end, a verdict that ends the reply counts.
    """
    found = [each for each in objects_in(reply) if each.value.get("nonce") == nonce]
    masked = reply
    for each in found:
        masked = masked[: each.start] + _MASK * (each.end - each.start) + masked[each.end :]
    shown = without_reasoning(masked)
    if shown is None:
        return [each for each in found if not reply[each.end :].strip(" \t\r\n`*")]
    return [each for each in found if shown[each.start] == _MASK]


def _verdict(given: dict[str, object]) -> Score:
    word = str(given.get("verdict")).strip().casefold()
    if word not in WORDS:
        return _unreadable(f"the judge's verdict is none of {', '.join(WORDS)}")
    score = given.get("score", {"right": Decimal(1), "wrong": Decimal(0)}.get(word))
    if not isinstance(score, Decimal) or not 0 <= score <= 1:  # NaN compares as false
        return _unreadable("the judge's score is no number from 0 to 1")
    value = float(score)
    if word != ("right" if value == 1 else "wrong" if value == 0 else "partly"):
        return _unreadable(f"the judge says {word}, and its score is {value:g}")
    why = given.get("why")
    return Score(value, word, RULE, one_line(why, WHY_WIDTH) if isinstance(why, str) and why else word)


def _unreadable(reason: str) -> Score:
    return Score(None, None, RULE, reason)

"""The named field of a JSON answer against the targets."""

import re

from evalpipe.core.extract import extract
from evalpipe.core.extract.decimals import number_of, plain
from evalpipe.core.extract.json import canonical, decoder
from evalpipe.core.extract.text import normal
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score

_CODE = re.compile(r"-?0[0-9]")  # "007" is a name, not the number 7


def json_field(question: Question, answer: str) -> Score:
    """1.0 if the field equals a target: numbers as decimals, texts in normal form, objects and lists canonically."""
    found = extract("json", answer, answer_field=question.answer_field)
    if found.value is None:
        return Score(None, None, found.rule, found.reason)
    value = json_key(question, found.value)
    right = any(json_key(question, target) == value for target in question.targets)
    return Score(float(right), found.value, found.rule, "equals a target" if right else "another value")


def json_key(question: Question, answer: str) -> str:
    """Objects and lists canonically, numbers in plain decimal form, all else in normal form.

    "$5" and "5 usd" are both 5: were only one of them a number, they would differ, and yet both equal "5 USD".
    """
    if answer.lstrip().startswith(("{", "[")) and (written := _canonical(answer)) is not None:
        return written
    text = normal(answer)
    if _CODE.match(text):
        return text
    # Currencies are written in capitals, and scales such as `million` are not.
    found = (number_of(each) for each in (answer, text, text.upper()))
    value = next((each for each in found if each is not None), None)
    return text if value is None else plain(value)


def _canonical(text: str) -> str | None:
    """The canonical form of an object or a list; None when the text is no JSON."""
    try:
        return canonical(decoder().decode(text))
    except (ValueError, RecursionError):
        return None

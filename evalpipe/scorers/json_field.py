"""The named field of a JSON answer against the targets."""

import re

from evalpipe.core.extract import extract
from evalpipe.core.extract.decimals import number_of
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
    value = found.value
    right = any(_same(value, target) for target in question.targets)
    return Score(float(right), value, found.rule, "equals a target" if right else "another value")


def _same(value: str, target: str) -> bool:
    if target.lstrip().startswith(("{", "[")) and _canonical(target) is not None:
        return _canonical(value) == _canonical(target)
    if normal(value) == normal(target):
        return True
    if _CODE.match(value) or _CODE.match(target):
        return False
    number = number_of(value)
    return number is not None and number == number_of(target)


def _canonical(text: str) -> str | None:
    """The canonical form of an object or a list; None when the text is no JSON."""
    try:
        return canonical(decoder().decode(text))
    except (ValueError, RecursionError):
        return None

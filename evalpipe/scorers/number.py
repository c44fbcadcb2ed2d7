"""The answer's number against the targets, as exact decimals."""

from evalpipe.core.extract import extract
from evalpipe.core.extract.decimals import number_of, plain
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score


def number(question: Question, answer: str) -> Score:
    """1.0 if the answer's number equals a target exactly; "1,024.0" is 1024, 50% is 50, and 0.333 is not 1/3.

    An answer without a number scores None, not 0.0: extraction failed, and the report counts it apart.
    """
    found = extract("number", answer)
    if found.value is None:
        return Score(None, None, found.rule, found.reason)
    value = number_key(question, found.value)
    right = any(number_key(question, target) == value for target in question.targets)
    return Score(float(right), found.value, found.rule, "equals a target" if right else "another number")


def number_key(question: Question, answer: str) -> str:
    """The plain decimal form. A target that is no number stands in quotes, so that it equals no number."""
    value = number_of(answer)
    return f'"{answer}"' if value is None else plain(value)

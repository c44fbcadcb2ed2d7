"""The answer's text against the targets, in normal form."""

from evalpipe.core.extract import extract
from evalpipe.core.extract.text import normal
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score


def exact(question: Question, answer: str) -> Score:
    """1.0 if the answer is a target but for case, width, spaces, quotes around it and final punctuation."""
    found = extract("text", answer)
    if found.value is None:
        return Score(None, None, found.rule, found.reason)
    value = exact_key(question, found.value)
    right = any(exact_key(question, target) == value for target in question.targets)
    return Score(float(right), found.value, found.rule, "equals a target" if right else "another text")


def exact_key(question: Question, answer: str) -> str:
    """The text in normal form."""
    return normal(answer)

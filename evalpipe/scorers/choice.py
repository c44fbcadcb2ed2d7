"""The chosen option's letter against the targets."""

from evalpipe.core.extract import extract
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score


def choice(question: Question, answer: str) -> Score:
    """1.0 if the chosen option's letter is a target; None if none, several, or one that does not exist is chosen."""
    found = extract("choice", answer, choices=question.choices)
    if found.value is None:
        return Score(None, None, found.rule, found.reason)
    right = found.value in question.targets
    return Score(float(right), found.value, found.rule, "is a target" if right else "another option")


def choice_key(question: Question, answer: str) -> str:
    """The letter as it stands; a target that is no letter is equal to nothing that a model can choose."""
    return answer

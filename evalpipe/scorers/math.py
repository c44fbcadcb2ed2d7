"""The answer's expression against the targets: as written, in normal form, then symbolically."""

from evalpipe.core.extract import extract
from evalpipe.core.extract.decimals import plain, quantity_of
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score
from evalpipe.scorers.equivalence.comparison import equal
from evalpipe.scorers.equivalence.forms import normal
from evalpipe.scorers.number import asks_for_percent

_MAX_QUESTION = 4000  # characters


def math(question: Question, answer: str) -> Score:
    """1.0 if the expression equals a target: 2\\sqrt{3} is \\sqrt{12}, x=3 is 3, 0.333 is not 1/3, {1,2} is not (1,2).

    None, not 0.0, where no expression was read, and where a comparison took too long or could not be read: what is
    undecided is not wrong. An answer that restates the question's own expression is wrong, though it equals the target.
    """
    found = extract("math", answer)
    if found.value is None:
        return Score(None, None, found.rule, found.reason)
    percent = asks_for_percent(question)
    verdicts = [equal(found.value, target, percent=percent) for target in question.targets]
    if any(verdict.equal for verdict in verdicts):
        if _restates(question, found.value):
            return Score(0.0, found.value, found.rule, "it restates the question")
        return Score(1.0, found.value, found.rule, "equals a target")
    undecided = next((verdict for verdict in verdicts if verdict.equal is None), None)
    if undecided:
        return Score(None, found.value, found.rule, undecided.reason)
    return Score(0.0, found.value, found.rule, "another expression")


def math_key(question: Question, answer: str) -> str:
    """The plain form of a number, else the expression in normal form. Two answers whose keys differ may be equal all
    the same, \\sqrt{12} and 2\\sqrt{3}: no form is common to all that symbolic comparison holds equal.
    """
    value = quantity_of(answer)
    return normal(answer) if value is None else plain(value.share)


def _restates(question: Question, answer: str) -> bool:
    """Whether the answer is an expression of the question, and neither a number nor a target as it is written."""
    written = normal(answer)
    if quantity_of(written) is not None or any(written == normal(target) for target in question.targets):
        return False
    return len(written) > 1 and written in normal(question.text, longest=_MAX_QUESTION)

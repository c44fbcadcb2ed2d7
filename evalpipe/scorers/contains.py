"""Whether a target stands in the answer, as whole words."""

from dataclasses import dataclass
from typing import ClassVar

from evalpipe.core.extract.reasoning import without_reasoning
from evalpipe.core.extract.text import normal
from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line
from evalpipe.core.scores import Score
from evalpipe.scorers.scorer import Comparison

_SHOWN = 200  # characters of an answer in which no target stands
_JOINS = "'’"  # within a word: `can` does not stand in `can't`


@dataclass(frozen=True, slots=True)
class ContainsOptions:
    """`all`: every target must stand in the answer, not one of them."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}
    all: bool = False


def contains(options: ContainsOptions) -> Comparison:
    if options.all:
        return Comparison(_every_target, _every_key)
    return Comparison(_some_target, _some_key)


def _some_target(question: Question, answer: str) -> Score:
    """1.0 if a target in normal form stands anywhere in the answer, reasoning apart, as whole words.

    What is said about it is not understood: "it is not Paris" contains Paris. Give it to questions whose answers do
    not come up otherwise.
    """
    text, targets, fault = _read(question, answer)
    if fault:
        return Score(None, None, None, fault)
    for target in targets:
        if stands_in(target, text):
            return Score(1.0, target, "contains", "a target stands in the answer")
    return Score(0.0, one_line(text, _SHOWN), "contains", "no target stands in the answer")


def _every_target(question: Question, answer: str) -> Score:
    """1.0 if all targets stand in the answer, as above; 0.0 where one of them does not."""
    text, targets, fault = _read(question, answer)
    if fault:
        return Score(None, None, None, fault)
    missing = [target for target in targets if not stands_in(target, text)]
    if missing:
        there = "; ".join(target for target in targets if target not in missing)
        said = f"{there} (without: {'; '.join(missing)})" if there else one_line(text, _SHOWN)
        return Score(0.0, said, "contains", f"{len(missing)} of {len(targets)} targets do not stand in the answer")
    return Score(1.0, "; ".join(targets), "contains", "all targets stand in the answer")


def _some_key(question: Question, answer: str) -> str:
    """The first target that stands in the text, in normal form; else the text in normal form."""
    text = normal(answer)
    targets = (normal(target) for target in question.targets)
    return next((target for target in targets if target and stands_in(target, text)), text)


def _every_key(question: Question, answer: str) -> str:
    """Of a target, and of all of them together, the same; any other text in normal form."""
    text, targets = normal(answer), [normal(target) for target in question.targets]
    together = "; ".join(target for target in targets if target)
    return together if text in targets else text


def _read(question: Question, answer: str) -> tuple[str, list[str], str]:
    """The answer and the targets in normal form, and why they cannot be compared, if so."""
    readable = without_reasoning(answer)
    if readable is None:
        return "", [], "the reasoning never ends"
    text = normal(readable)
    targets = [form for target in question.targets if (form := normal(target))]
    return text, targets, "the answer is empty" if not text else "" if targets else "no target holds any text"


def stands_in(target: str, text: str) -> bool:
    """Whether `target` stands in `text` as whole words. Chinese and Japanese set no space between words, so there a
    character is a boundary; a number is whole with its sign, its decimals and its groups of digits.
    """
    at = text.find(target)
    while at >= 0:
        end = at + len(target)
        if not _goes_on(text[max(0, at - 2) : at][::-1], target[0], before=True) and not _goes_on(
            text[end : end + 2], target[-1]
        ):
            return True
        at = text.find(target, at + 1)
    return False


def _goes_on(beside: str, edge: str, before: bool = False) -> bool:
    """Whether the word or number goes on beyond the target's edge; `beside` is read away from it."""
    if not beside or not _in_words(edge):
        return False
    if _in_words(beside[0]):
        return True
    beyond = beside[1:2]
    if edge.isdigit():
        # 5 is not in 1.5, 5,000 or -5; it is in 10-5, and at the end of a sentence.
        minus = before and beside[0] in "-−" and not _in_words(beyond or " ")
        return minus or (beside[0] in ".," and beyond.isdigit())
    return beside[0] in _JOINS and bool(beyond) and _in_words(beyond)


def _in_words(character: str) -> bool:
    """Whether it is part of a word that spaces bound."""
    return (character.isalnum() or character == "_") and not (
        "\u3040" <= character <= "\u30ff"
        or "\u3400" <= character <= "\u9fff"
        or "\uf900" <= character <= "\ufaff"
        or "\U00020000" <= character <= "\U000323af"
    )

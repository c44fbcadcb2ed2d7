"""The chosen options' letters, all of them, against the targets, all of them."""

from dataclasses import dataclass
from typing import ClassVar

from evalpipe.core.extract import extract
from evalpipe.core.questions import Question, chosen_set
from evalpipe.core.scores import Score


@dataclass(frozen=True, slots=True)
class MultiChoiceOptions:
    """`partial`: credit for part of the right options, instead of for exactly these alone."""

    partial: bool = False

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}


def multi_choice(question: Question, answer: str, options: MultiChoiceOptions) -> Score:
    """1.0 if the chosen options are exactly the targets; None if none is chosen, or one that does not exist.

    With `partial`: |right and chosen| / |right or chosen|, so that what is missing and what is too much both cost.
    Source: the accuracy of a multi-label example, Godbole and Sarawagi 2004, "Discriminative Methods for Multi-labeled
    Classification" (PAKDD), section 3; the coefficient is Jaccard's.
    """
    found = extract("multi_choice", answer, choices=question.choices)
    if found.value is None:
        return Score(None, None, found.rule, found.reason)
    chosen, right = set(chosen_set([found.value])), set(chosen_set(question.targets))
    missing, wrong = len(right - chosen), len(chosen - right)
    if not missing and not wrong:
        return Score(1.0, found.value, found.rule, "exactly the targets")
    value = len(right & chosen) / len(right | chosen) if options.partial else 0.0
    return Score(value, found.value, found.rule, f"{missing} missing, {wrong} too much")


def multi_choice_key(question: Question, answer: str) -> str:
    """The letters, sorted, each once: "A,C". With `partial` unequal keys may still earn a part of the credit."""
    return ",".join(chosen_set([answer]))

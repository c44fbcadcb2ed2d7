"""What cannot be scored at all, whatever a model answers. Such a question goes to quarantine with its reason."""

from dataclasses import dataclass
from typing import Literal

from evalpipe.core.extract.decimals import number_of
from evalpipe.core.questions import LETTERS, Question, chosen_set
from evalpipe.core.quoting import one_line

FaultCode = Literal[
    "empty_text",
    "no_target",
    "empty_target",
    "too_few_choices",
    "too_many_choices",
    "target_not_among_choices",
    "target_not_a_number",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a question cannot be scored: a code to count by, and a sentence for a person."""

    code: FaultCode
    reason: str


def unscorable(question: Question) -> Fault | None:
    """The first fault that makes a question unscorable, or None: then it goes on."""
    if _blank(question.text):
        return Fault("empty_text", "the question's text is empty")
    if not question.targets:
        return Fault("no_target", "the question has no target")
    if any(_blank(target) for target in question.targets):
        return Fault("empty_target", "a target of the question is empty")
    if question.kind in ("choice", "multi_choice"):
        return _fault_of_choice(question)
    if question.kind == "number":
        return _fault_of_number(question)
    return None


def _blank(text: str) -> bool:
    """True if nothing can be seen: spaces, controls and zero-width marks only."""
    return not any(char.isprintable() and not char.isspace() for char in text)


def _fault_of_choice(question: Question) -> Fault | None:
    count = len(question.choices)
    if count < 2:
        return Fault("too_few_choices", f"a choice question needs 2 choices or more, this one has {count}")
    if count > len(LETTERS):
        return Fault("too_many_choices", f"choices are lettered A to Z, this question has {count}")
    several = question.kind == "multi_choice"
    for target in chosen_set(question.targets) if several else question.targets:
        if len(target) != 1 or target not in LETTERS[:count]:
            said = one_line(target, 40)
            return Fault("target_not_among_choices", f"the target {said!r} is none of A to {LETTERS[count - 1]}")
    return None


def _fault_of_number(question: Question) -> Fault | None:
    for target in question.targets:
        if number_of(target) is None:
            return Fault("target_not_a_number", f"the target {one_line(target, 40)!r} is not one number")
    return None

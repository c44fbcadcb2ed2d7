"""A question, and the two versions that say whether it or its label changed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from evalpipe.core.versions import digest

Kind = Literal["choice", "multi_choice", "number", "math", "text", "json"]
KINDS: tuple[str, ...] = get_args(Kind)

# `active` counts; the others are left out of every score, and are counted.
Status = Literal["active", "ambiguous", "excluded"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a bank.

    `targets` are all the right answers, as delivered; a `choice` question's target is the letter of the option
    ("A" for `choices[0]`) wherever it could be told, otherwise what the drop said. Any one of them is right, but of a
    `multi_choice` question, which is answered by several letters, they are right together and no other is.
    `answer_field` names the field of a JSON answer that holds the answer (`json` questions).
    `trusted`: its label was verified; None where the drop does not say. It is part of no version, and no model sees it.
    """

    question_id: str
    text: str
    kind: Kind
    targets: tuple[str, ...]
    choices: tuple[str, ...] = ()
    subject: str | None = None
    cluster: str | None = None
    worked_solution: str | None = None
    answer_field: str | None = None
    trusted: bool | None = None


def labels_of(question: Question) -> tuple[str, ...]:
    """The answers each of which is right by itself: the targets, of a `multi_choice` question all of them as one."""
    return (",".join(chosen_set(question.targets)),) if question.kind == "multi_choice" else question.targets


def chosen_set(answers: Iterable[str]) -> tuple[str, ...]:
    """The letters of a `multi_choice` answer or of targets, sorted, each once; "A,C" and ("C", "A") are the same."""
    return tuple(sorted({letter.strip() for answer in answers for letter in answer.split(",")} - {""}))


def question_version(question: Question) -> str:
    """Hash of all that a prompt may show a model: text, kind, choices, subject and the JSON field."""
    return digest(question.text, question.kind, question.choices, question.subject, question.answer_field)


def label_version(targets: tuple[str, ...], status: str = "active") -> str:
    """Hash of what counts as right, and of whether the question counts at all."""
    return digest(targets, status)

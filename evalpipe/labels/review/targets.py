"""A target as a person writes it: brought into the question's own form, and compared with another."""

from evalpipe.core.extract.choice import multi_choice
from evalpipe.core.extract.decimals import number_of, plain
from evalpipe.core.extract.text import normal
from evalpipe.core.questions import LETTERS, Kind, Question, chosen_set


def fitted(question: Question, said: str) -> str:
    """What a person wrote as the right answer, as this question's targets are written.

    Of a choice question that is the letter: "b", "(B)" and "B." are B, and so is the text of option B where no other
    option reads the same. Of a question with several right options it is all of them: "c, a" and "AC" are "A,C".
    Anything else stays as it is; whether it can be a target is `structure.unscorable`'s to say.
    """
    if question.kind == "multi_choice":
        read = multi_choice(said, question.choices)
        return read.value or said
    if question.kind != "choice":
        return said
    letter = said.strip(" ().:").upper()
    if len(letter) == 1 and letter in LETTERS[: len(question.choices)]:
        return letter
    same = [letter for letter, choice in zip(LETTERS, question.choices, strict=False) if normal(choice) == normal(said)]
    return same[0] if len(same) == 1 else said


def as_targets(kind: Kind, target: str) -> tuple[str, ...]:
    """The targets of a question whose right answer a person gave: one, or each letter of "A,C"."""
    return chosen_set([target]) if kind == "multi_choice" else (target,)


def comparable(kind: Kind, target: str) -> str:
    """A form that is equal for targets that say the same: 7.0 and 7 of a number question, Paris and "paris." of a text.

    Letters of a choice question are compared as they are.
    """
    if kind in ("choice", "multi_choice"):
        return target
    number = number_of(target) if kind in ("number", "math") else None
    return normal(target) if number is None else plain(number)

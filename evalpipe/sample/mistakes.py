"""Label errors of the kinds that people make. Each gives a wrong label, or None where it does not apply."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from random import Random

from evalpipe.core.questions import LETTERS
from evalpipe.sample.draw import Entry
from evalpipe.sample.items import shown

_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_SCALES = (Decimal(10), Decimal(100), Decimal("0.1"), Decimal(60))  # powers of ten, and hours taken for minutes
_NO_NUMBERS = ("see the solution", "unknown", "none of these", "tbd")

Mistake = Callable[[Random, Entry, Sequence[str]], str | None]


def _number(entry: Entry) -> Decimal | None:
    return Decimal(entry.item.target) if _NUMBER.fullmatch(entry.item.target) else None


def _place(entry: Entry) -> int:
    return LETTERS.index(entry.item.target)


def _off_by_one(rng: Random, entry: Entry, _: Sequence[str]) -> str | None:
    step = rng.choice((-1, 1))
    if choices := entry.item.choices:
        place = _place(entry) + step
        return LETTERS[place if 0 <= place < len(choices) else _place(entry) - step]
    number = _number(entry)
    return None if number is None else shown(number + step)


def _transposed_digits(rng: Random, entry: Entry, _: Sequence[str]) -> str | None:
    label = entry.item.target
    if _number(entry) is None:
        return None
    places = [
        place
        for place, (a, b) in enumerate(pairwise(label))
        if (a + b).isdigit() and a != b and not (b == "0" and (place == 0 or label[place - 1] == "-"))
    ]
    if not places:
        return None
    place = rng.choice(places)
    return label[:place] + label[place + 1] + label[place] + label[place + 2 :]


def _sign_flip(rng: Random, entry: Entry, _: Sequence[str]) -> str | None:
    number = _number(entry)
    return shown(-number) if number else None


def _unit_scale(rng: Random, entry: Entry, _: Sequence[str]) -> str | None:
    number = _number(entry)
    return shown(number * rng.choice(_SCALES)) if number else None


def _neighbour_answer(rng: Random, entry: Entry, neighbours: Sequence[str]) -> str | None:
    choices = entry.item.choices
    labels = [label for label in neighbours if not choices or LETTERS.index(label) < len(choices)]
    return rng.choice(labels) if labels else None


def _plausible_wrong(rng: Random, entry: Entry, _: Sequence[str]) -> str | None:
    if choices := entry.item.choices:
        return rng.choice([letter for letter in LETTERS[: len(choices)] if letter != entry.item.target])
    return rng.choice(entry.item.slips) if entry.item.slips else None


def _truncated(rng: Random, entry: Entry, _: Sequence[str]) -> str | None:
    label = entry.item.target
    if entry.item.choices or len(label.strip("-")) < 2:
        return None
    if _number(entry) is not None:
        return label[:-1].rstrip(".")
    return label[: rng.randrange(1, len(label))].rstrip()


def _wrong_kind(rng: Random, entry: Entry, _: Sequence[str]) -> str | None:
    return rng.choice(_NO_NUMBERS) if entry.template.kind == "number" else None


def _not_among_choices(rng: Random, entry: Entry, _: Sequence[str]) -> str | None:
    choices = entry.item.choices
    return LETTERS[len(choices) + rng.randrange(2)] if choices else None


MISTAKES: dict[str, Mistake] = {
    "transposed_digits": _transposed_digits,
    "sign_flip": _sign_flip,
    "unit_scale": _unit_scale,
    "truncated": _truncated,
    "wrong_kind": _wrong_kind,
    "not_among_choices": _not_among_choices,
    "neighbour_answer": _neighbour_answer,
    "plausible_wrong": _plausible_wrong,
    "off_by_one": _off_by_one,
}


def mistaken(rng: Random, entry: Entry, kind: str, neighbours: Sequence[str] = ()) -> str | None:
    """A label that is wrong in this way, or None: it does not apply here, or would be right after all."""
    label = MISTAKES[kind](rng, entry, neighbours)
    return None if label is None or _same(label, entry.item.target) else label


def _same(label: str, right: str) -> bool:
    if _NUMBER.fullmatch(label) and _NUMBER.fullmatch(right):
        return Decimal(label) == Decimal(right)
    return label.casefold() == right.casefold()


def outdated(rng: Random, entry: Entry) -> str | None:
    """A label that a question could have had before somebody mended it."""
    ways = ["off_by_one", "plausible_wrong", "transposed_digits"]
    rng.shuffle(ways)
    return next((label for way in ways if (label := mistaken(rng, entry, way)) is not None), None)

"""Claims: what a reply says its answer is, by which words, and how much they weigh."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from evalpipe.core.extract.choice.reply import Reference


class Weight(IntEnum):
    """The last claim that is `LABELLED` wins over all others. Of the rest the weightiest count, and must agree."""

    LABELLED = 4  # "Answer: B", \\boxed{B}, "B is the answer"; what revises an answer, too
    CONCLUDED = 3  # "so, B", a line that is a letter alone
    PICKED = 2  # "I think it's B"
    JUDGED = 1  # "B is correct", which may be said of several statements
    MENTIONED = 0  # the only option that is spoken of


@dataclass(frozen=True, slots=True)
class Claim:
    """`at` is where the claim begins. `letters` is empty when it says that no option is the answer."""

    rule: str
    weight: Weight
    at: int
    letters: tuple[str, ...]
    start: int
    end: int
    fits: bool = True


def claimed(rule: str, weight: Weight, at: int, read: Reference) -> Claim:
    """The claim that what was read is the answer."""
    return Claim(rule, weight, at, read.letters, read.start, read.end, read.fits)


def line_end(text: str, at: int, reach: int = 300) -> int:
    """Where the line ends, or the reach of a cue on it."""
    end = text.find("\n", at, at + reach)
    return min(at + reach, len(text)) if end < 0 else end


def sentence_start(text: str, at: int, reach: int = 200) -> int:
    """Where the sentence that holds `at` begins, within reach."""
    floor = max(0, at - reach)
    marks = (
        text.rfind("\n", floor, at),
        text.rfind("! ", floor, at),
        text.rfind("? ", floor, at),
        text.rfind(";", floor, at),
    )
    return max(floor, _stop_before(text, floor, at), *(mark + 1 for mark in marks))


def sentence_stop(text: str, at: int, reach: int = 300) -> int:
    """Where the sentence that holds `at` ends, its final mark left in."""
    end = line_end(text, at, reach)
    for place in range(at, end):
        char = text[place]
        if char in "!?;。" or (
            char == "." and (place + 1 >= end or text[place + 1].isspace() or not text[place + 1].isascii())
        ):
            return place + 1
    return end


def _stop_before(text: str, floor: int, at: int) -> int:
    """Behind the last full stop that ends a sentence: not that of "B." at the start of a line, or of "e.g."."""
    place = text.rfind(".", floor, at)
    while place > floor:
        behind = text[place + 1] if place + 1 < len(text) else " "
        ends = behind.isspace() or not text[place - 1].isascii()
        if ends and (place < 2 or text[place - 2].isalnum() or not text[place - 1].isalpha()):
            return place + 1
        if ends and place >= 2 and text[place - 2] in " \n(*" and place + 1 < at:
            return place + 1
        place = text.rfind(".", floor, place)
    return floor


def without_doubles(claims: Iterable[Claim]) -> list[Claim]:
    """In the text's order, each place once, by the weightiest that reads it."""
    best: dict[int, Claim] = {}
    for claim in claims:
        known = best.get(claim.start)
        if known is None or claim.weight > known.weight:
            best[claim.start] = claim
    return sorted(best.values(), key=lambda claim: (claim.start, claim.at))

"""What a template makes: one question with its right answer, and the working that proves it.

Nothing here is drawn or planted: `draw.py` puts items together, `planting.py` spoils labels.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Literal, TypeVar

from evalpipe.core.questions import LETTERS, Kind

Language = Literal["en", "zh"]
Operation = Literal["+", "-", "*", "/"]
Number = int | Decimal
N = TypeVar("N", int, Decimal)

_DIFFICULTY = {1: "easy", 2: "medium"}  # by steps of the working; three and more are hard
_OPTION_COUNTS = (4, 3, 5, 6)
_OPTION_WEIGHTS = (80, 8, 7, 5)  # four options is what most banks have


@dataclass(frozen=True, slots=True)
class Item:
    """One question and its right answer. `slips` are wrong answers that a person could come to; none is shown."""

    text: str
    target: str
    difficulty: str
    choices: tuple[str, ...] = ()
    solution: tuple[str, ...] = ()
    answer_field: str | None = None
    slips: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Template:
    """A way to make items. Those of one call share a passage; `weight` is relative within a kind and language."""

    name: str
    language: Language
    kind: Kind
    subject: str
    weight: int
    make: Callable[[Random], list[Item]]


def shown(value: Number) -> str:
    """A number as a label has it: no exponent, no trailing zeros."""
    return str(value) if isinstance(value, int) else f"{value.normalize():f}"


class Working:
    """A worked solution in GSM8K's manner: each step computes, and is annotated `4*12=<<4*12=48>>48`."""

    __slots__ = ("_stop", "lines", "results")

    def __init__(self, language: Language = "en") -> None:
        self._stop = "。" if language == "zh" else "."
        self.lines: list[str] = []
        self.results: list[Number] = []

    def step(self, lead: str, left: N, operation: Operation, right: N, unit: str = "") -> N:
        """Compute, write the line down, return the result. Raises ValueError: a division leaves a remainder."""
        if operation == "+":
            result = left + right
        elif operation == "-":
            result = left - right
        elif operation == "*":
            result = left * right
        else:
            result = left // right
            if result * right != left:
                raise ValueError(f"{left}/{right} leaves a remainder: draw numbers that divide")
        return self._noted(lead, f"{shown(left)}{operation}{shown(right)}", result, unit)

    def total(self, lead: str, parts: Sequence[N], unit: str = "") -> N:
        """Add up at least two parts in one step."""
        result = parts[0]
        for part in parts[1:]:
            result += part
        return self._noted(lead, "+".join(map(shown, parts)), result, unit)

    def _noted(self, lead: str, expression: str, result: N, unit: str) -> N:
        value = shown(result)
        self.lines.append(f"{lead}{expression}=<<{expression}={value}>>{value}{unit}{self._stop}")
        self.results.append(result)
        return result


def worked(text: str, working: Working, steps: int | None = None, answer_field: str | None = None) -> Item:
    """A question whose answer is the result of the first `steps` steps of the working (all of them if not told)."""
    results = [shown(result) for result in working.results[:steps]]
    return Item(
        text=text,
        target=results[-1],
        difficulty=_DIFFICULTY.get(len(results), "hard"),
        solution=tuple(working.lines[:steps]),
        answer_field=answer_field,
        slips=tuple(result for result in results[:-1] if result != results[-1]),
    )


def chosen(rng: Random, text: str, right: str, wrong: Iterable[str], difficulty: str) -> Item:
    """A question with 3 to 6 options in random order; its target is the letter of `right`."""
    others = [option for option in dict.fromkeys(wrong) if option != right]
    wanted = rng.choices(_OPTION_COUNTS, _OPTION_WEIGHTS)[0]
    options = [right, *rng.sample(others, min(wanted - 1, len(others)))]
    rng.shuffle(options)
    return Item(text=text, target=LETTERS[options.index(right)], difficulty=difficulty, choices=tuple(options))


def near(value: int) -> list[str]:
    """Wrong numbers close to a right one, as options of a multiple-choice question. Never negative for value >= 0."""
    swapped = int(str(abs(value))[::-1])
    candidates = (value + 1, value - 1, value + 10, value - 10, value * 10, value + 2, value - 2, swapped)
    return [str(number) for number in candidates if number >= min(value, 0)]

"""A worked solution whose last step, recomputed, is not the target.

The rule, for `number` and `math` questions whose targets are numbers T:
1. The last step is the last calculation `a op b ... = c` of the solution that can be recomputed: a GSM8K annotation
   `<<16-3-4=9>>`, or plain arithmetic with units in between (`310 miles - 250 miles = 60 miles`). V is its exact value.
2. It must be the conclusion: no equals sign follows it in its sentence, which does not mention T either, and every
   number in the sentences after it is c again. Otherwise there is no opinion.
3. It must be sound: V rounds to c in the places that c shows. Otherwise there is no opinion.
4. T is doubted unless it is V, or c, or what V rounds to, or either of them as per cent or in cents.

GSM8K as published: 3 of 1,319 labels doubted. 8% planted errors (seed 0): 95 of 96 found, each with the right key.
"""

import re
from collections.abc import Iterator
from fractions import Fraction

import polars as pl

from evalpipe.core.extract.decimals import number_of
from evalpipe.core.quoting import one_line
from evalpipe.labels.schema import Bank, Batches, Doubt, doubts_frame
from evalpipe.labels.solutions.arithmetic import plain
from evalpipe.labels.solutions.last_step import LastStep, last_step

SIGNAL = "worked_solution"
SUSPICION = 0.9  # 95 of the 98 doubts above were right; solutions elsewhere are written more loosely than GSM8K's
KINDS = ("number", "math")
_PLACES = re.compile(r"\.([0-9]+)")


def contradicted_targets(bank: Bank) -> pl.DataFrame:
    """Doubts (schema DOUBTS) where the recomputed last step of a worked solution is not the target."""
    return doubts_frame(_doubts(bank.drop))


def doubt_of(question_id: str, targets: tuple[str, ...], solution: str) -> Doubt | None:
    """The doubt about one question's targets that its worked solution raises, by the rule above."""
    step = last_step(solution)
    if step is None or not step.concludes or not _sound(step) or not targets:
        return None
    if any(number_of(target) is None or _agrees(target, step) for target in targets):
        return None
    proposed = plain(step.value) or plain(step.stated)
    said = one_line(" or ".join(targets), 40)
    reason = f"the worked solution ends with {one_line(step.written, 80)} = {proposed}, the target is {said}"
    return Doubt(question_id, SIGNAL, reason, SUSPICION, proposed)


def _doubts(batches: Batches) -> Iterator[Doubt]:
    for frame in batches():
        seen = frame.filter(pl.col("kind").is_in(KINDS) & pl.col("worked_solution").is_not_null())
        for question_id, targets, solution in seen.select("question_id", "targets", "worked_solution").iter_rows():
            doubt = doubt_of(question_id, tuple(targets or ()), solution)
            if doubt is not None:
                yield doubt


def _sound(step: LastStep) -> bool:
    """The value rounds, up or down, to the stated result in the places that it shows."""
    values = (step.value, step.value * 100) if step.percent else (step.value,)
    return any(abs(value - step.stated) < Fraction(1, 10**step.places) for value in values)


def _agrees(target: str, step: LastStep) -> bool:
    number = number_of(target)
    if number is None:
        return False
    shown = _PLACES.search(target)
    places = len(shown[1]) if shown else 0
    return number in step.mentioned or any(
        _same(number, places, value, step.percent) for value in (step.value, step.stated)
    )


def _same(number: Fraction, places: int, value: Fraction, percent: bool) -> bool:
    """Equal, or rounded in the target's places (6.75 packs are 7), or $0.25 as 25 cents, or .5 as 50%."""
    if value.denominator != 1:
        return abs(number - value) < Fraction(1, 10**places) or number == value * 100
    return number == value or (percent and number in (value * 100, value / 100))

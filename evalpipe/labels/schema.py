"""What a signal gets and gives: batches of questions in, doubts out. A doubt is an opinion, never a verdict."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import polars as pl

# Each call is a fresh pass over a drop, in frames of up to about 20,000 rows: a drop may have 2 million questions.
# Columns at least: question_id, text, kind, choices, targets, worked_solution.
Batches = Callable[[], Iterator[pl.DataFrame]]


def nothing() -> Iterator[pl.DataFrame]:
    """Batches without a question."""
    return iter(())


@dataclass(frozen=True, slots=True)
class Bank:
    """The questions of the drop at hand, and beside them those of the bank's other standing drops.

    Frames of `others` have the column `drop` too, the drop's name. Of questions with one id the first counts: those of
    the drop at hand before all others, and those of a later drop before an earlier one's.
    """

    drop: Batches
    others: Batches = nothing


# A signal returns a frame of schema DOUBTS: at most one row per question, and of the drop at hand alone.
Signal = Callable[[Bank], pl.DataFrame]

DOUBTS: dict[str, pl.DataType] = {
    "question_id": pl.String(),
    "signal": pl.String(),
    "reason": pl.String(),
    "suspicion": pl.Float64(),  # in [0, 1]
    "proposed_target": pl.String(),  # null: the signal knows no better label
}

SUSPECTS: dict[str, pl.DataType] = {
    "question_id": pl.String(),
    "suspicion": pl.Float64(),  # the probability that the label is wrong
    "flagged": pl.Boolean(),  # something speaks for another answer more than for the label
    "signals": pl.List(pl.String()),
    "reasons": pl.List(pl.String()),  # in the order of `signals`
    "targets": pl.List(pl.String()),
    "proposed_target": pl.String(),
    "evidence": pl.List(pl.Struct({"who": pl.String(), "said": pl.String()})),
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """One question's label doubted by one signal; the fields are the columns of DOUBTS."""

    question_id: str
    signal: str
    reason: str
    suspicion: float
    proposed_target: str | None


def doubts_frame(doubts: Iterable[Doubt]) -> pl.DataFrame:
    """Doubts as a frame of schema DOUBTS, also when there are none."""
    rows = [(each.question_id, each.signal, each.reason, each.suspicion, each.proposed_target) for each in doubts]
    return pl.DataFrame(rows, schema=DOUBTS, orient="row")

"""Signals that doubt a label, what they add up to, the gate and the review. Pure: no I/O, no Dagster, no model."""

import polars as pl

from evalpipe.labels.duplicates import SIGNAL as DUPLICATE
from evalpipe.labels.duplicates import conflicting_duplicates
from evalpipe.labels.schema import DOUBTS, SUSPECTS, Bank, Batches, Doubt, Signal, doubts_frame
from evalpipe.labels.worked_solution import SIGNAL as WORKED_SOLUTION
from evalpipe.labels.worked_solution import contradicted_targets

__all__ = ["DOUBTS", "SIGNALS", "SUSPECTS", "Bank", "Batches", "Doubt", "Signal", "doubts", "doubts_frame", "suspects"]

# A new signal is a file, a test and a line here.
SIGNALS: dict[str, Signal] = {
    DUPLICATE: conflicting_duplicates,
    WORKED_SOLUTION: contradicted_targets,
}


def doubts(bank: Bank) -> pl.DataFrame:
    """The doubts of all signals about a drop (schema DOUBTS): one row per doubted question and signal."""
    return pl.concat([pl.DataFrame(schema=DOUBTS), *(signal(bank) for signal in SIGNALS.values())])


def suspects(found: pl.DataFrame) -> pl.DataFrame:
    """One row per doubted question (schema SUSPECTS), the most suspicious first.

    Suspicions are joined as if the signals were independent: 1 - product(1 - s). The proposed target is that of the
    strongest signal that has one.
    """
    ranked = found.sort("suspicion", "signal", descending=[True, False])
    return (
        ranked.group_by("question_id", maintain_order=True)
        .agg(
            (1 - (1 - pl.col("suspicion")).product()).alias("suspicion"),
            pl.col("signal").alias("signals"),
            pl.col("reason").alias("reasons"),
            pl.col("proposed_target").drop_nulls().first(),
        )
        .sort("suspicion", "question_id", descending=[True, False])
        .cast(pl.Schema(SUSPECTS))
        .select(SUSPECTS.keys())
    )

"""Signals that doubt a label, what they add up to, the gate and the review. Pure: no I/O, no Dagster, no model."""

import polars as pl

from evalpipe.labels.duplicates.signal import SIGNAL as DUPLICATE
from evalpipe.labels.duplicates.signal import conflicting_duplicates
from evalpipe.labels.schema import DOUBTS, SUSPECTS, Bank, Batches, Doubt, Signal, doubts_frame
from evalpipe.labels.solutions.signal import SIGNAL as WORKED_SOLUTION
from evalpipe.labels.solutions.signal import contradicted_targets
from evalpipe.labels.weighing.suspects import COMMITTEE, NEIGHBOUR, Doubted, doubted

__all__ = [
    "COMMITTEE",
    "DOUBTS",
    "NEIGHBOUR",
    "SIGNALS",
    "SUSPECTS",
    "Bank",
    "Batches",
    "Doubt",
    "Doubted",
    "Signal",
    "doubted",
    "doubts",
    "doubts_frame",
]

# The signals that need the questions alone; a new one is a file, a test and a line here. The committee's answers and
# the neighbours' labels weigh in where all are put together, in `labels.weighing.suspects`.
SIGNALS: dict[str, Signal] = {
    DUPLICATE: conflicting_duplicates,
    WORKED_SOLUTION: contradicted_targets,
}


def doubts(bank: Bank) -> pl.DataFrame:
    """The doubts of all signals about a drop (schema DOUBTS): one row per doubted question and signal."""
    return pl.concat([pl.DataFrame(schema=DOUBTS), *(signal(bank) for signal in SIGNALS.values())])

"""Questions as signals get them: frames in batches."""

import polars as pl
import pytest

from evalpipe.labels.schema import Bank

SCHEMA = {
    "question_id": pl.String,
    "text": pl.String,
    "kind": pl.String,
    "choices": pl.List(pl.String),
    "targets": pl.List(pl.String),
    "worked_solution": pl.String,
}


@pytest.fixture
def bank_of():
    """Rows (text, kind, choices, targets, worked solution or none) in batches of `size`; ids are q0, q1, ..."""

    def build(*rows, size=2):
        frame = pl.DataFrame(
            [(f"q{at}", *row, *([None] * (5 - len(row)))) for at, row in enumerate(rows)], schema=SCHEMA, orient="row"
        )
        return Bank(lambda: frame.iter_slices(size))

    return build

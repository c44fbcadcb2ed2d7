"""Subjects drawn towards their mean: how much each is worth before it is drawn."""

import polars as pl
import pytest

from evalpipe.core.stats import accuracy
from evalpipe.line.shrunk import with_shrunk

MIXED = pl.Series([1.0, 0.0] * 10)


def _rows(first: pl.Series, cluster: pl.Series | None) -> pl.DataFrame:
    found = [accuracy(first, cluster), *(accuracy(MIXED) for _ in range(4))]
    facts = {"accuracy": "value", "stderr": "stderr", "ci95_low": "low", "ci95_high": "high"}
    rows = pl.DataFrame({name: [getattr(each, field) for each in found] for name, field in facts.items()})
    return rows.with_columns(model=pl.lit("m"), bank=pl.lit("b"), subject=pl.Series(list("abcde")), n=pl.lit(20))


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_a_subject_of_few_passages_is_drawn_far_even_where_all_are_right(score):
    """Four passages, all right (or all wrong), are worth four questions, not the twenty that they hold."""
    same = pl.Series([score] * 20)
    passages = with_shrunk(_rows(same, pl.Series([at // 5 for at in range(20)])))
    alone = with_shrunk(_rows(same, None))
    assert abs(passages["shrunk"][0] - score) > 1.5 * abs(alone["shrunk"][0] - score)
    assert passages["shrunk_ci95_high"][0] - passages["shrunk_ci95_low"][0] > 0.3

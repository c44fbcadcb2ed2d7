"""Subjects' accuracies drawn towards their mean: shown where it is asked for, and stored nowhere."""

import polars as pl

from evalpipe.core.stats import Z95, Estimate, shrink
from evalpipe.core.stats.shrinkage import FEWEST


def with_shrunk(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of table `leaderboard` with `shrunk` and its interval, `shrunk_ci95_low` and `_high`; null where a bank has
    fewer than four subjects with an accuracy, and for the whole bank.

    Where questions share passages, a subject counts as so many independent questions as have its standard error.
    """
    has_accuracy = pl.col("subject").is_not_null() & (pl.col("n") > 0)
    alone = pl.col("accuracy") * (1 - pl.col("accuracy")) / pl.col("stderr") ** 2
    # All right, or all wrong, shows no error: what Wilson's interval took it to be worth is what it ends at.
    end = pl.when(pl.col("accuracy") == 1).then(1 - pl.col("ci95_low")).otherwise("ci95_high")
    unseen = Z95**2 * (1 - end) / end
    edge = pl.col("accuracy").is_in([0.0, 1.0])
    seen = pl.when(edge).then(unseen).when(pl.col("stderr") > 0).then(alone).otherwise("n")
    worth = pl.min_horizontal(seen, pl.col("n").cast(pl.Float64))
    rows = rows.with_row_index("?at")
    subjects = rows.filter(has_accuracy).with_columns(worth=worth.cast(pl.Float64))
    found: dict[int, Estimate] = {}
    for part in subjects.partition_by("model", "bank", maintain_order=True):
        if part.height < FEWEST:
            continue
        n = part["worth"].to_numpy()
        shrunk = shrink(part["accuracy"].to_numpy() * n, n).subjects
        found.update(zip(part["?at"].to_list(), shrunk, strict=True))
    each = [found.get(at) for at in rows["?at"]]
    return rows.drop("?at").with_columns(
        pl.Series("shrunk", [one.value if one else None for one in each], dtype=pl.Float64),
        pl.Series("shrunk_ci95_low", [one.low if one else None for one in each], dtype=pl.Float64),
        pl.Series("shrunk_ci95_high", [one.high if one else None for one in each], dtype=pl.Float64),
    )

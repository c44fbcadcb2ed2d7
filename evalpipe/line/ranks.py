"""Ranks: who is before whom on the questions that all have answered, and which of it rests on doubted labels."""

import polars as pl

from evalpipe.labels.swaps import could_swap
from evalpipe.line.score import DENOMINATOR


def ranks(current: pl.DataFrame, n_questions: int, doubted: pl.Series) -> dict[str, dict[str, object]]:
    """`rank`, `accuracy_common`, `n_common` and `could_swap_with` by model, over the questions that all answered.

    Complete models are ranked. Where every model is partial, all are: on the questions that they have in common.

    Args:
        current: score rows of one bank, of today's versions.
        doubted: ids of the bank's questions whose label is open to doubt; they change no rank, only what is said of it.
    """
    asked = dict(current.group_by("model").agg(pl.col("question_id").n_unique()).iter_rows())
    complete = [model for model, n in asked.items() if n == n_questions]
    ranked = complete or list(asked)
    rows = current.filter(pl.col("model").is_in(ranked), pl.col("count").is_in(DENOMINATOR))
    counted = rows.group_by("model", "question_id").agg(score=pl.col("score").fill_null(0.0).mean())
    common = counted.group_by("question_id").len().filter(pl.col("len") == len(ranked))
    if common.is_empty():
        return {}
    table = (
        counted.join(common, on="question_id", how="semi")
        .group_by("model")
        .agg(accuracy_common=pl.col("score").mean())
        .with_columns(rank=pl.col("accuracy_common").rank("min", descending=True).cast(pl.Int64))
    )
    swaps = could_swap(rows.join(common, on="question_id", how="semi"), doubted)
    return {
        row["model"]: {
            "rank": row["rank"],
            "accuracy_common": row["accuracy_common"],
            "n_common": common.height,
            "could_swap_with": swaps[row["model"]],
        }
        for row in table.iter_rows(named=True)
    }

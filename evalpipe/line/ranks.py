"""Ranks: who is before whom on the questions that all have answered, and which of it rests on doubted labels."""

import math
from collections.abc import Mapping

import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.labels.weighing.swaps import could_swap
from evalpipe.line.score import DENOMINATOR

_QUESTION = "?question"  # beside columns named by model keys, which hold no question mark


def ranks(
    current: Mapping[str, pl.DataFrame],
    reduced: Mapping[str, pl.DataFrame],
    questions: pl.Series,
    doubted: pl.Series,
) -> dict[str, dict[str, object]]:
    """`rank`, `accuracy_common`, `n_common` and `could_swap_with` by model, over the questions that all answered.

    Complete models are ranked. Where every model is partial, all are: on the questions that they have in common.

    Args:
        current: by model its score rows of today's versions on one bank; of doubted questions, `answer` too.
        reduced: by model one score a question, `question_id` and `score`; null where it counts as nothing.
        questions: ids of the bank's standing questions.
        doubted: those of them whose label is open to doubt; they change no rank, only what is said of it.
    """
    asked = {model: n for model, rows in current.items() if (n := rows["question_id"].n_unique())}
    ranked = [model for model, n in asked.items() if n == len(questions)] or list(asked)
    counted = {model: current[model].filter(pl.col("count").is_in(DENOMINATOR)) for model in ranked}
    # One column a model: all models' rows in one frame took ten times the memory and six times the time.
    table = pl.DataFrame({_QUESTION: questions})
    for model in counted:
        scores = reduced[model].select(pl.col("question_id").alias(_QUESTION), pl.col("score").alias(model))
        table = table.join(scores, on=_QUESTION, how="left", maintain_order="left")
    table = table.drop_nulls()
    if not ranked or table.is_empty():
        return {}
    common = table[_QUESTION].filter(table[_QUESTION].is_in(doubted.to_list()))
    rows = [
        rows.filter(pl.col("question_id").is_in(common.to_list())).select("model", "question_id", "score", "answer")
        for rows in counted.values()
    ]
    points = {model: math.fsum(table[model]) for model in ranked}  # exactly, whatever the order: a replay compares bits
    swaps = could_swap(points, pl.concat(rows))
    means = pl.Series([points[model] / table.height for model in ranked], dtype=pl.Float64)
    places = means.rank("min", descending=True).cast(pl.Int64)
    return {
        model: {"rank": rank, "accuracy_common": mean, "n_common": table.height, "could_swap_with": swaps[model]}
        for model, rank, mean in zip(ranked, places, means, strict=True)
    }


def swapping_pairs(ranked: pl.DataFrame) -> list[tuple[str, str]]:
    """Names of the models of one bank whose order open suspects could turn, each pair once, best ranked first."""
    done: set[str] = set()
    pairs: list[tuple[str, str]] = []
    for model, others in ranked.select("model", "could_swap_with").iter_rows():
        done.add(model)
        pairs += [(from_key(model), from_key(other)) for other in others or [] if other not in done]
    return pairs

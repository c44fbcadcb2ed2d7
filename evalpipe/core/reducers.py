"""Several samples of one question made into one score: their mean, a vote among them, or whether one of k is right."""

import math
import re
from dataclasses import dataclass
from typing import Literal

import polars as pl


@dataclass(frozen=True, slots=True)
class Reducer:
    """`k` is that of pass@k, and 1 for the others: how many samples a question must have."""

    name: str
    kind: Literal["mean", "majority", "pass"]
    k: int = 1


MEAN = Reducer("mean", "mean")
_PASS = re.compile(r"pass@([1-9][0-9]{0,3})")


def reducer(name: str) -> Reducer:
    """The reducer of this name: `mean`, `majority`, or `pass@K` with K from 1 on.

    Raises: ValueError: there is none of this name.
    """
    if name == "mean":
        return MEAN
    if name == "majority":
        return Reducer(name, "majority")
    if found := _PASS.fullmatch(name):
        return Reducer(name, "pass", int(found[1]))
    raise ValueError("no such reducer. Allowed: mean, majority, pass@K with K from 1 to 9999, as in pass@5")


def reduce_samples(samples: pl.DataFrame, how: Reducer) -> pl.DataFrame:
    """One score a question, in the order of the questions' first samples.

    - `mean`: of the samples' scores.
    - `majority`: the score of the answer that most samples gave. Answers are the same where the scorer's keys are; a
      sample without one casts no vote; where several answers have most votes, the mean of their scores; without any
      vote the question earned nothing.
    - `pass@k`: the chance that of k samples drawn without replacement one is right, see `pass_at_k`. A sample is right
      with a score of 1; a question with fewer than k samples has none and is left out.

    Args:
        samples: a row per sample that counts: `question_id`, `score` (null: it earned nothing), and for `majority`
            `key` (null: nothing could be read).

    Returns: `question_id`, `score`; in [0, 1], no nulls.
    Source: Wang et al. 2022, "Self-consistency improves chain of thought reasoning in language models" (arXiv
        2203.11171), section 2, the unweighted vote; Chen et al. 2021, as in `pass_at_k`.
    """
    rows = samples.with_columns(pl.col("score").fill_null(0.0))
    match how.kind:
        case "mean":
            return rows.group_by("question_id", maintain_order=True).agg(pl.col("score").mean())
        case "majority":
            return _voted(rows)
        case "pass":
            return _passed(rows, how.k)


def _voted(rows: pl.DataFrame) -> pl.DataFrame:
    votes = (
        rows.drop_nulls("key")
        .group_by("question_id", "key", maintain_order=True)
        .agg(pl.col("score").mean(), votes=pl.len())
        .filter(pl.col("votes") == pl.col("votes").max().over("question_id"))
        .group_by("question_id", maintain_order=True)
        .agg(pl.col("score").mean())
    )
    asked = rows.select(pl.col("question_id").unique(maintain_order=True))
    return asked.join(votes, on="question_id", how="left", maintain_order="left").with_columns(
        pl.col("score").fill_null(0.0)
    )


def _passed(rows: pl.DataFrame, k: int) -> pl.DataFrame:
    counts = rows.group_by("question_id", maintain_order=True).agg(n=pl.len(), right=(pl.col("score") >= 1).sum())
    counts = counts.filter(pl.col("n") >= k)
    pairs = counts.select("n", "right").unique()
    chances = pairs.with_columns(
        score=pl.Series([pass_at_k(n, right, k) for n, right in pairs.iter_rows()], dtype=pl.Float64)
    )
    found = counts.join(chances, on=["n", "right"], how="left", maintain_order="left")
    return found.select("question_id", "score")


def pass_at_k(n: int, right: int, k: int) -> float:
    """The chance that of k samples, drawn from n of which some are right, at least one is: 1 - C(n-c, k) / C(n, k).

    Unbiased for the chance that k fresh samples hold a right one, which 1 - (1 - c/n)^k is not. As a product of shares
    it never makes a large number.

    Raises: ValueError: k is not within 1 to n, or the right ones not within 0 to n.
    Source: Chen et al. 2021, "Evaluating large language models trained on code" (arXiv 2107.03374), section 2.1.
    """
    if not (1 <= k <= n and 0 <= right <= n):
        raise ValueError(f"pass@{k} of {n} samples, {right} of them right: k is 1 to n, and right are 0 to n.")
    if n - right < k:
        return 1.0
    return 1.0 - math.prod(1.0 - k / drawn for drawn in range(n - right + 1, n + 1))

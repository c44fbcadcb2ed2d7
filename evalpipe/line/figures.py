"""The leaderboard's figures for one model on one bank or subject: counts, accuracy with its interval, what it cost."""

import math

import polars as pl

from evalpipe.core.stats import Estimate, accuracy, macro
from evalpipe.core.versions import digest
from evalpipe.line.score import COUNTS


def figures(questions: pl.DataFrame, current: pl.DataFrame, reduced: pl.DataFrame) -> dict[str, object]:
    """The columns of table `leaderboard` that are counts, accuracies and costs.

    Args:
        questions: the standing questions of the bank or subject.
        current: the model's score rows of today's versions on them; the counts are of these, several a question where
            it has several samples.
        reduced: the same reduced to one score a question (`line.reduced`); the accuracies are of these.
    """
    counts: dict[str, int] = dict(current.group_by("count").len().iter_rows())
    shown = {name: int(counts.get(name, 0)) for name in COUNTS}
    asked = current["question_id"].n_unique()
    counted = reduced.drop_nulls("score")
    micro, by_subject = _micro(counted), _macro(counted)
    # Equal questions were one request, paid for once. In stored order, and summed exactly: a replay compares the bits.
    requests = current.unique(["fingerprint", "sample"], keep="first", maintain_order=True)
    bounded = reduced.height > 0
    return {
        "n_questions": questions.height,
        "n": counted.height,
        **shown,
        "not_asked": questions.height - asked,
        "partial": asked < questions.height,
        "share_done": asked / questions.height,
        **_columns("", micro),
        "bound_low": _mean(reduced["low"].fill_null(0.0)) if bounded else None,
        "bound_high": _mean(reduced["high"].fill_null(1.0)) if bounded else None,
        "n_subjects": questions["subject"].n_unique(),
        **_columns("macro_", by_subject),
        "prompt_tokens": int(requests["prompt_tokens"].sum()),
        "completion_tokens": int(requests["completion_tokens"].sum()),
        "cost_usd": math.fsum(requests["cost_usd"].drop_nulls()),
        "questions_version": _version(questions, "question_version"),
        "labels_version": _version(questions, "label_version"),
    }


def _micro(counted: pl.DataFrame) -> Estimate | None:
    """Accuracy over the denominator: what could not be read, was cut off or refused has earned nothing."""
    if counted.is_empty():
        return None
    return accuracy(counted["score"], counted["cluster"] if counted["cluster"].is_not_null().any() else None)


def _macro(counted: pl.DataFrame) -> Estimate | None:
    """The mean over subjects; None where there are not several. Questions without one are one together."""
    if counted["subject"].n_unique() < 2:
        return None
    subject = counted.select(pl.coalesce("subject", pl.lit("\0none"))).to_series()
    return macro(counted["score"], subject, counted["cluster"] if counted["cluster"].is_not_null().any() else None)


def _columns(prefix: str, estimate: Estimate | None) -> dict[str, float | None]:
    return {
        f"{prefix}accuracy": estimate.value if estimate else None,
        f"{prefix}stderr": estimate.stderr if estimate else None,
        f"{prefix}ci95_low": estimate.low if estimate else None,
        f"{prefix}ci95_high": estimate.high if estimate else None,
    }


def _mean(values: pl.Series) -> float:
    return math.fsum(values) / len(values)


def _version(questions: pl.DataFrame, column: str) -> str:
    ordered = questions.sort("question_id")
    return digest(ordered["question_id"].to_list(), ordered[column].to_list())

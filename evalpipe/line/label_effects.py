"""What labels do to a score: the drift by reviewed ones, the bounds by doubted ones. Neither touches the score."""

import math

import polars as pl

from evalpipe.core.drift import label_drift
from evalpipe.core.stats import Estimate
from evalpipe.labels.weighing.bounds import doubt_bounds
from evalpipe.line.open_doubts import with_vote_of

# Where no label was reviewed, official and raw scores are the same by definition, on any questions.
_UNTOUCHED = Estimate(0.0, 0.0, 0.0, 0.0)


def label_effects(
    current: pl.DataFrame, counted: pl.DataFrame, doubts: pl.DataFrame, kin: list[str], *, reviewed: bool
) -> dict[str, object]:
    """The leaderboard's columns about labels, for one model on one bank or subject.

    Args:
        current: its score rows of today's versions (`line.standing`).
        counted: those of them that are in the denominator.
        doubts: the open doubts of the bank or subject (`line.open_doubts`).
        kin: the model and its family, by key.
        reviewed: whether a review holds for any question of the bank.
    """
    heard = current.filter(pl.col("outcome") != "failed")
    raw = heard["raw_label_score"].fill_null(0.0)
    drift = _drift(heard, raw, reviewed) if heard.height else None
    others = doubts.filter(~with_vote_of(kin))
    bounds = doubt_bounds(counted, doubts["question_id"])
    without_kin = doubt_bounds(counted, others["question_id"])
    return {
        "accuracy_raw_labels": math.fsum(raw) / heard.height if heard.height else None,
        "drift": drift.value if drift else None,
        "drift_ci95_low": drift.low if drift else None,
        "drift_ci95_high": drift.high if drift else None,
        "n_open_suspects": doubts.height,
        "n_open_own_family": doubts.height - others.height,
        "doubt_low": bounds.low if bounds else None,
        "doubt_high": bounds.high if bounds else None,
        "doubt_low_others": without_kin.low if without_kin else None,
        "doubt_high_others": without_kin.high if without_kin else None,
    }


def _drift(heard: pl.DataFrame, raw: pl.Series, reviewed: bool) -> Estimate | None:
    """Raw accuracy takes all that was heard; the official one leaves out what a review excluded."""
    if not reviewed:
        return _UNTOUCHED
    kept = pl.when(pl.col("count") != "excluded").then(pl.col("score").fill_null(0.0))
    clustered = heard["cluster"].is_not_null().any()
    passage = heard.select(pl.coalesce("cluster", pl.concat_str(pl.lit("\0"), "question_id"))).to_series()
    return label_drift(heard.select(kept).to_series(), raw, heard["question_id"], passage if clustered else None)

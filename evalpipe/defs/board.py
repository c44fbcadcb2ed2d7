"""What the leaderboard asset shows: the table, and per bank the figures about labels that the UI plots over time."""

from typing import Any

import dagster as dg
import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.defs.shown import markdown_table, rounded
from evalpipe.line.rank import LeaderboardSummary
from evalpipe.line.ranks import swapping_pairs
from evalpipe.line.score import COUNTS

_SCORES = (
    "rank",
    "model",
    "bank",
    "accuracy",
    "95% interval",
    "macro",
    "questions",
    "n",
    "right",
    "wrong",
    "unparsed",
    "truncated",
    "refused",
    "rejected",
    "failed",
    "excluded",
    "not asked",
    "drift",
    "drift 95%",
)
_LABELS = ("model", "bank", "raw labels", "accuracy", "if the open suspects are wrong", "without own family's")
_LABELS += ("open suspects", "own family's", "could swap with")


# Beside every judged score, where a bank has a judge.
_JUDGED = ("judge", "agrees with people", "agreement 95%", "labelled answers", "unjudged")


def board_metadata(summary: LeaderboardSummary) -> dict[str, Any]:
    """Two tables, and numbers a bank: `BANK: open suspects`, `BANK: largest drift`, `BANK: ranks that could swap`."""
    whole = summary.rows.filter(pl.col("subject").is_null()).sort("bank", "rank", nulls_last=True)
    rows = list(whole.iter_rows(named=True))
    judged = any(row["judge"] for row in rows)
    header = (*_SCORES, *_JUDGED) if judged else _SCORES
    return {
        "dagster/row_count": summary.rows.height,
        "changed": summary.changed,
        "leaderboard": markdown_table(header, [(*_scores(row), *(_judged(row) if judged else ())) for row in rows]),
        "labels": markdown_table(_LABELS, [_labels(row) for row in rows]),
        **_plotted(whole),
    }


def _plotted(whole: pl.DataFrame) -> dict[str, dg.MetadataValue]:
    found: dict[str, dg.MetadataValue] = {}
    for (bank,), rows in whole.group_by("bank", maintain_order=True):
        drifts = rows["drift"].drop_nulls()
        found[f"{bank}: open suspects"] = dg.MetadataValue.int(rows["n_open_suspects"].to_list()[0])
        found[f"{bank}: ranks that could swap"] = dg.MetadataValue.int(len(swapping_pairs(rows)))
        if drifts.len():
            # With its sign: whether reviews lift the scores or lower them is what one looks for.
            found[f"{bank}: largest drift"] = dg.MetadataValue.float(rounded(max(drifts.to_list(), key=abs)))
    return found


def _scores(row: dict[str, Any]) -> tuple[object, ...]:
    interval = _span(row["ci95_low"], row["ci95_high"])
    counts = (row[name] for name in ("n_questions", "n", *COUNTS, "not_asked"))
    drift = _span(row["drift_ci95_low"], row["drift_ci95_high"])
    bank = row["bank"] if row["reducer"] == "mean" else f"{row['bank']} ({row['reducer']})"
    names = (row["rank"], from_key(row["model"]), bank)
    return (*names, row["accuracy"], interval, row["macro_accuracy"], *counts, row["drift"], drift)


def _judged(row: dict[str, Any]) -> tuple[object, ...]:
    if row["judge"] is None:
        return (None,) * len(_JUDGED)
    names = ", ".join(from_key(each) for each in row["judge"].split(", "))
    agreement = "never compared" if row["judge_agreement"] is None else row["judge_agreement"]
    span = _span(row["judge_agreement_low"], row["judge_agreement_high"])
    return (names, agreement, span, row["n_judge_labelled"], row["n_unjudged"])


def _labels(row: dict[str, Any]) -> tuple[object, ...]:
    return (
        from_key(row["model"]),
        row["bank"],
        row["accuracy_raw_labels"],
        row["accuracy"],
        _span(row["doubt_low"], row["doubt_high"]),
        _span(row["doubt_low_others"], row["doubt_high_others"]),
        row["n_open_suspects"],
        row["n_open_own_family"],
        ", ".join(from_key(each) for each in row["could_swap_with"] or []) or None,
    )


def _span(low: float | None, high: float | None) -> str | None:
    return None if low is None or high is None else f"{low:.4f} to {high:.4f}"

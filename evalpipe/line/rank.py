"""leaderboard: per model and bank the accuracy with its interval, every denominator, and the rank on common ground."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from evalpipe.core.stats import Estimate, accuracy
from evalpipe.core.versions import digest
from evalpipe.line.models import model_version, scorers_version
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.score import COUNTS
from evalpipe.line.standing import standing_questions, standing_scores
from evalpipe.store.tables import TABLES

# What a question must count as to be in the denominator; `failed` and `excluded` are not.
DENOMINATOR = ("right", "wrong", "unparsed", "truncated", "refused", "rejected")


@dataclass(frozen=True, slots=True)
class LeaderboardSummary:
    rows: pl.DataFrame  # of table `leaderboard`
    changed: bool


def refresh_leaderboard(project: Project, made: MadeBy) -> LeaderboardSummary:
    """Compute the leaderboard from the lake and append it, unless it says what the last one said."""
    rows = compute_leaderboard(project, made)
    last = latest_leaderboard(project)
    told = [name for name in rows.columns if name not in _ORIGIN]
    changed = not rows.select(told).sort(told[:3]).equals(last.select(told).sort(told[:3]))
    if changed:
        project.lake.append("leaderboard", rows if not rows.is_empty() else _nothing(made))
    return LeaderboardSummary(rows, changed)


_ORIGIN = ("refreshed_at", "run_id", "code_version", "git_commit")


def latest_leaderboard(project: Project) -> pl.DataFrame:
    """The rows of the last refresh; empty before the first."""
    rows = project.lake.read("leaderboard")
    return rows.filter(pl.col("refreshed_at") == pl.col("refreshed_at").max(), pl.col("bank").is_not_null())


def compute_leaderboard(project: Project, made: MadeBy) -> pl.DataFrame:
    questions = standing_questions(project)
    scores = standing_scores(project, questions)
    refreshed_at = now()
    rows: list[dict[str, object]] = []
    for (bank,), bank_questions in questions.group_by("bank", maintain_order=True):
        bank_scores = scores.filter(pl.col("bank") == bank)
        ranks = _ranks(bank_scores.filter(pl.col("current")), bank_questions.height)
        for model in _models(project, str(bank), bank_scores):
            own = bank_scores.filter(pl.col("model") == model)
            for subject, asked, answered in _parts(bank_questions, own):
                rows.append(
                    {
                        "model": model,
                        "bank": bank,
                        "subject": subject,
                        **_figures(asked, answered),
                        **(ranks.get(model, {}) if subject is None else {}),
                        "model_version": model_version(project.config, model),
                        "scorers_version": scorers_version(project.config, str(bank), asked["kind"].to_list()),
                        "refreshed_at": refreshed_at,
                        **made.columns(),
                    }
                )
    return pl.DataFrame(rows, schema=TABLES["leaderboard"].columns)


def _nothing(made: MadeBy) -> pl.DataFrame:
    """The row without bank that says that nothing is ranked any more: the last drop was retired, say."""
    return pl.DataFrame([{"refreshed_at": now(), **made.columns()}], schema=TABLES["leaderboard"].columns)


def _models(project: Project, bank: str, scores: pl.DataFrame) -> list[str]:
    """Models that have scores on the bank, and those that are to be evaluated on it and have none yet."""
    scored = set(scores["model"])
    return [
        key
        for key, model in project.config.models.items()
        if key in scored or (model.automatic and project.config.evaluated(key, bank))
    ]


def _parts(questions: pl.DataFrame, scores: pl.DataFrame) -> Iterator[tuple[str | None, pl.DataFrame, pl.DataFrame]]:
    """The whole bank as subject None, then each subject, where there are several."""
    yield None, questions, scores
    subjects = questions["subject"].drop_nulls().unique().sort()
    for subject in subjects if subjects.len() > 1 else ():
        ids = questions.filter(pl.col("subject") == subject)
        yield subject, ids, scores.join(ids, on="question_id", how="semi")


def _figures(questions: pl.DataFrame, scores: pl.DataFrame) -> dict[str, object]:
    current = scores.filter(pl.col("current"))
    counts: dict[str, int] = dict(current.group_by("count").len().iter_rows())
    counted = current.filter(pl.col("count").is_in(DENOMINATOR))
    shown = {name: int(counts.get(name, 0)) for name in COUNTS}
    not_asked = questions.height - current["question_id"].n_unique()
    estimate = _estimate(counted)
    total, failed = counted.height, shown["failed"]
    requests = current.unique(["fingerprint", "sample"])  # equal questions were one request, paid for once
    points = float(counted["score"].sum())
    return {
        "n_questions": questions.height,
        **shown,
        "not_asked": not_asked,
        "other_versions": scores.height - current.height,
        "partial": not_asked > 0,
        "accuracy": estimate.value if estimate else None,
        "stderr": estimate.stderr if estimate else None,
        "ci95_low": estimate.low if estimate else None,
        "ci95_high": estimate.high if estimate else None,
        "bound_low": points / (total + failed) if total + failed else None,
        "bound_high": (points + failed) / (total + failed) if total + failed else None,
        "accuracy_raw_labels": _raw_accuracy(current),
        "prompt_tokens": int(requests["prompt_tokens"].sum()),
        "completion_tokens": int(requests["completion_tokens"].sum()),
        "cost_usd": float(requests["cost_usd"].sum()),
        "questions_version": _version(questions, "question_version"),
        "labels_version": _version(questions, "label_version"),
    }


def _estimate(counted: pl.DataFrame) -> Estimate | None:
    """Accuracy over the denominator: what could not be read, was cut off or refused has earned nothing."""
    if counted.is_empty():
        return None
    # A question without a cluster is a cluster of its own; so are the several samples of one question.
    own = counted.select(pl.coalesce("cluster", pl.concat_str(pl.lit("\0"), "question_id"))).to_series()
    clustered = counted["cluster"].is_not_null().any() or (counted["sample"] > 0).any()
    return accuracy(counted["score"].fill_null(0.0), own if clustered else None)


def _raw_accuracy(current: pl.DataFrame) -> float | None:
    """Accuracy by the labels as delivered: no review applied, nothing excluded, `failed` left out."""
    counted = current.filter(pl.col("outcome") != "failed")
    return float(counted["raw_label_score"].fill_null(0.0).sum()) / counted.height if counted.height else None


def _version(questions: pl.DataFrame, column: str) -> str:
    ordered = questions.sort("question_id")
    return digest(ordered["question_id"].to_list(), ordered[column].to_list())


def _ranks(current: pl.DataFrame, n_questions: int) -> dict[str, dict[str, object]]:
    """Rank over the questions that all ranked models answered.

    Complete models are ranked. Where every model is partial, all are: on the questions that they have in common.
    """
    asked = dict(current.group_by("model").agg(pl.col("question_id").n_unique()).iter_rows())
    complete = [model for model, n in asked.items() if n == n_questions]
    ranked = complete or list(asked)
    counted = (
        current.filter(pl.col("model").is_in(ranked), pl.col("count").is_in(DENOMINATOR))
        .group_by("model", "question_id")
        .agg(score=pl.col("score").fill_null(0.0).mean())
    )
    common = counted.group_by("question_id").len().filter(pl.col("len") == len(ranked))
    if common.is_empty():
        return {}
    table = (
        counted.join(common, on="question_id", how="semi")
        .group_by("model")
        .agg(accuracy_common=pl.col("score").mean())
        .with_columns(rank=pl.col("accuracy_common").rank("min", descending=True).cast(pl.Int64))
    )
    return {
        row["model"]: {"rank": row["rank"], "accuracy_common": row["accuracy_common"], "n_common": common.height}
        for row in table.iter_rows(named=True)
    }

"""leaderboard: per model and bank the accuracy with its interval, every denominator, and the rank on common ground."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from evalpipe.core.stats import Estimate, accuracy
from evalpipe.core.versions import digest
from evalpipe.line.judged_ranks import Judged
from evalpipe.line.label_effects import label_effects
from evalpipe.line.open_doubts import open_doubts
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.ranks import ranks
from evalpipe.line.score import COUNTS, DENOMINATOR
from evalpipe.line.standing import standing_questions, standing_scores
from evalpipe.line.terms import BoardTerms, todays_terms, written_terms
from evalpipe.store.moment import moment_of
from evalpipe.store.tables import TABLES


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
    # Rows from before `made_from` was kept could never be repeated.
    changed |= last.filter(pl.col("subject").is_null())["made_from"].null_count() > 0
    if changed:
        project.lake.append("leaderboard", rows if not rows.is_empty() else _nothing(made))
    return LeaderboardSummary(rows, changed)


# The tables' versions are part of `made_from`, and another version need not hold another row.
_ORIGIN = ("made_from", "refreshed_at", "run_id", "code_version", "git_commit")


def latest_leaderboard(project: Project) -> pl.DataFrame:
    """The rows of the last refresh; empty before the first."""
    rows = project.lake.read("leaderboard")
    return rows.filter(pl.col("refreshed_at") == pl.col("refreshed_at").max(), pl.col("bank").is_not_null())


_NEEDED = ("bank", "model", "question_id", "sample", "cluster", "outcome", "count", "current", "score")
_NEEDED += ("judged", "raw_label_score", "fingerprint", "prompt_tokens", "completion_tokens", "cost_usd")


def compute_leaderboard(project: Project, made: MadeBy, terms: BoardTerms | None = None) -> pl.DataFrame:
    """The rows of table `leaderboard`, as of now. Doubts give bounds; no accuracy and no rank knows of them.

    `terms`: what evalpipe.toml said when they were made; None: what it says today. With the terms that a row was made
    from, on a lake of its moment (`store.moment`), the same row comes out.
    """
    lake = moment_of(project.lake)
    project = replace(project, lake=lake)
    questions = standing_questions(project)
    terms = terms or todays_terms(project, questions)
    doubts = open_doubts(project, questions)
    every_score = _scores(project, questions, doubts, terms)
    refreshed_at = now()
    rows: list[dict[str, object]] = []
    for (bank,), bank_questions in questions.group_by("bank", maintain_order=True):
        bank_doubts = doubts.filter(pl.col("bank") == bank)
        # In one order always: a sum of floats in another order is another number, and would be told as a change.
        bank_scores = every_score.filter(pl.col("bank") == bank).sort("question_id", "sample")
        scores = {model: bank_scores.filter(pl.col("model") == model).collect() for model in terms.models}
        current = {model: rows.filter(pl.col("current")) for model, rows in scores.items()}
        places = ranks(current, bank_questions["question_id"], bank_doubts["question_id"])
        judged = Judged(project, str(bank))
        reviewed = bank_questions["review_ids"].list.len().sum() > 0
        for model, own in scores.items():
            if own.is_empty() and bank not in terms.models[model].listed:
                continue
            kin = list(terms.models[model].kin)
            for subject, asked in _parts(bank_questions):
                answered, doubted = (
                    each if subject is None else each.join(asked, on="question_id", how="semi", maintain_order="left")
                    for each in (own, bank_doubts)
                )
                current = answered.filter(pl.col("current"))
                counted = current.filter(pl.col("count").is_in(DENOMINATOR))
                rows.append(
                    {
                        "model": model,
                        "bank": bank,
                        "subject": subject,
                        **_figures(asked, current, counted),
                        "other_versions": answered.height - current.height,
                        **label_effects(current, counted, doubted, kin, reviewed=reviewed),
                        **(places.get(model, {}) if subject is None else {}),
                        **judged.columns(asked["kind"], current),
                        "model_version": terms.models[model].model_version,
                        "scorers_version": terms.scorers_version(str(bank), asked["kind"]),
                        "made_from": None
                        if subject is not None
                        else written_terms(terms, str(bank), model, lake.versions),
                        "refreshed_at": refreshed_at,
                        **made.columns(),
                    }
                )
    return pl.DataFrame(rows, schema=TABLES["leaderboard"].columns)


def _nothing(made: MadeBy) -> pl.DataFrame:
    """The row without bank that says that nothing is ranked any more: the last drop was retired, say."""
    return pl.DataFrame([{"refreshed_at": now(), **made.columns()}], schema=TABLES["leaderboard"].columns)


def _scores(project: Project, questions: pl.DataFrame, doubts: pl.DataFrame, terms: BoardTerms) -> pl.LazyFrame:
    """The score rows in few columns, and `answer`: what was read, of doubted questions alone, where it is asked for."""
    doubted = doubts.lazy().select("bank", "question_id", doubted=pl.lit(True))
    return (
        standing_scores(project, questions, terms)
        .join(doubted, on=["bank", "question_id"], how="left")
        .select(*_NEEDED, answer=pl.when("doubted").then("extracted"))
    )


def _parts(questions: pl.DataFrame) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """The whole bank as subject None, then each subject, where there are several."""
    yield None, questions
    subjects = questions["subject"].drop_nulls().unique().sort()
    for subject in subjects if subjects.len() > 1 else ():
        yield subject, questions.filter(pl.col("subject") == subject)


def _figures(questions: pl.DataFrame, current: pl.DataFrame, counted: pl.DataFrame) -> dict[str, object]:
    counts: dict[str, int] = dict(current.group_by("count").len().iter_rows())
    shown = {name: int(counts.get(name, 0)) for name in COUNTS}
    not_asked = questions.height - current["question_id"].n_unique()
    estimate = _estimate(counted)
    total, failed = counted.height, shown["failed"]
    # Equal questions were one request, paid for once. In stored order, and summed exactly: a replay compares the bits.
    requests = current.unique(["fingerprint", "sample"], keep="first", maintain_order=True)
    points = math.fsum(counted["score"].drop_nulls())
    return {
        "n_questions": questions.height,
        **shown,
        "not_asked": not_asked,
        "partial": not_asked > 0,
        "accuracy": estimate.value if estimate else None,
        "stderr": estimate.stderr if estimate else None,
        "ci95_low": estimate.low if estimate else None,
        "ci95_high": estimate.high if estimate else None,
        "bound_low": points / (total + failed) if total + failed else None,
        "bound_high": (points + failed) / (total + failed) if total + failed else None,
        "prompt_tokens": int(requests["prompt_tokens"].sum()),
        "completion_tokens": int(requests["completion_tokens"].sum()),
        "cost_usd": math.fsum(requests["cost_usd"].drop_nulls()),
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


def _version(questions: pl.DataFrame, column: str) -> str:
    ordered = questions.sort("question_id")
    return digest(ordered["question_id"].to_list(), ordered[column].to_list())

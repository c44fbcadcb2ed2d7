"""leaderboard: per model and bank the accuracy with its interval, every denominator, and the rank on common ground."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from evalpipe.core.reducers import MEAN, reducer
from evalpipe.line.figures import figures
from evalpipe.line.judged_ranks import Judged
from evalpipe.line.label_effects import label_effects
from evalpipe.line.open_doubts import open_doubts
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.ranks import ranks
from evalpipe.line.reduced import reduced_questions, with_keys
from evalpipe.line.score import DENOMINATOR
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

    `terms`: what evalpipe.toml said when they were made, and of which banks; None: what it says today of all. With the
    terms that a row was made from, on a lake of its moment (`store.moment`), the same row comes out.
    """
    lake = moment_of(project.lake)
    project = replace(project, lake=lake)
    questions = standing_questions(project)
    terms = terms or todays_terms(project, questions)
    questions = questions.filter(pl.col("bank").is_in(list(terms.reducers)))
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
        judged = Judged(lake, terms, str(bank))
        how = reducer(terms.reducers[str(bank)])
        if how.kind == "majority":
            current = {
                model: with_keys(lake, bank_questions, terms.scorers_of(str(bank)), rows)
                for model, rows in current.items()
            }
        subject = bank_questions.select("question_id", "subject")
        reduced = {
            model: reduced_questions(rows, how).join(subject, on="question_id", how="left", maintain_order="left")
            for model, rows in current.items()
        }
        places = ranks(current, reduced, bank_questions["question_id"], bank_doubts["question_id"])
        reviewed = bank_questions["review_ids"].list.len().sum() > 0
        for model, own in scores.items():
            if own.is_empty() and bank not in terms.models[model].listed:
                continue
            kin = list(terms.models[model].kin)
            for subject, asked in _parts(bank_questions):
                answered, todays, single, doubted = (
                    each if subject is None else each.join(asked, on="question_id", how="semi", maintain_order="left")
                    for each in (own, current[model], reduced[model], bank_doubts)
                )
                counted = todays.filter(pl.col("count").is_in(DENOMINATOR))
                if how != MEAN:  # what a question's samples earned together is what a verdict could change
                    earned = pl.when(~pl.col("unread")).then("score")
                    counted = single.drop_nulls("score").select("question_id", score=earned)
                rows.append(
                    {
                        "model": model,
                        "bank": bank,
                        "subject": subject,
                        "reducer": how.name,
                        **figures(asked, todays, single),
                        "other_versions": answered.height - todays.height,
                        **label_effects(todays, counted, doubted, kin, reviewed=reviewed),
                        **(places.get(model, {}) if subject is None else {}),
                        **judged.columns(asked["kind"], todays),
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
    """The score rows in few columns, and what was read only where it is asked for: `answer`, of doubted questions, and
    `extracted`, in banks whose samples vote.
    """
    voting = [bank for bank, name in terms.reducers.items() if reducer(name).kind == "majority"]
    doubted = doubts.lazy().select("bank", "question_id", doubted=pl.lit(True))
    return (
        standing_scores(project, questions, terms)
        .join(doubted, on=["bank", "question_id"], how="left")
        .select(
            *_NEEDED,
            answer=pl.when("doubted").then("extracted"),
            extracted=pl.when(pl.col("bank").is_in(voting)).then("extracted"),
        )
    )


def _parts(questions: pl.DataFrame) -> Iterator[tuple[str | None, pl.DataFrame]]:
    """The whole bank as subject None, then each subject, where there are several."""
    yield None, questions
    subjects = questions["subject"].drop_nulls().unique().sort()
    for subject in subjects if subjects.len() > 1 else ():
        yield subject, questions.filter(pl.col("subject") == subject)

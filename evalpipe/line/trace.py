"""Every number down to its origin: a leaderboard figure to runs and commits, a question to all that happened to it."""

from typing import Any

import polars as pl

from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key
from evalpipe.line.project import Project
from evalpipe.line.rank import latest_leaderboard
from evalpipe.line.reviews import settled_questions
from evalpipe.line.standing import standing_questions, standing_scores

_DOUBT = ["drop", "suspicion", "flagged", "targets", "proposed_target", "signals", "reasons", "evidence"]
_REVIEW = ["drop", "verdict", "correct_target", "by", "at", "why", "overrules", "picked", "question_version"]
_ANSWER = ["model", "outcome", "text", "error", "prompt_name", "answered_at", "run_id"]
_SCORE = ["model", "outcome", "score", "extracted", "rule", "reason", "label_version"]


def question_history(project: Project, question_id: str, bank: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """`questions`, `quarantine`, `doubts`, `reviews`, `answers`, `scores` of a question, as rows.

    Raises: UsageError: no drop ever held it.
    """
    here = pl.col("question_id") == question_id
    if bank is not None:
        here &= pl.col("bank") == bank

    def rows(table: str, columns: list[str] | None = None) -> list[dict[str, Any]]:
        return project.lake.read(table, here, columns).to_dicts()

    validated, scores = rows("questions"), rows("scores")
    drops = {row["drop"] for row in validated}
    raw = [{**row, "status": "not validated"} for row in rows("raw_questions") if row["drop"] not in drops]
    # Equal questions share one request, and the answer names the question that was asked first.
    shared = pl.col("fingerprint").is_in([row["fingerprint"] for row in scores])
    answers = project.lake.read("answers", here | shared, _ANSWER)
    found = {
        "questions": validated + raw,
        "quarantine": rows("quarantine", ["drop", "file", "line", "targets", "code", "reason"]),
        "doubts": rows("suspects", _DOUBT),
        "reviews": rows("label_reviews", _REVIEW),
        "answers": answers.to_dicts(),
        "scores": [{name: row[name] for name in _SCORE} for row in scores],
    }
    if not found["questions"] and not found["quarantine"]:
        raise UsageError(f"no question {question_id!r}{f' in bank {bank!r}' if bank else ''} in the lake.")
    settled = settled_questions(project, here) if found["reviews"] else {}
    for row in found["questions"]:
        judged = settled.get((row["drop"], row["question_id"]))
        row["review_state"] = judged.state if judged else "open"
    for name in ("answers", "scores"):
        found[name] = [{**row, "model": from_key(row["model"])} for row in found[name]]
    return found


def trace_number(project: Project, model: str, bank: str) -> dict[str, Any]:
    """The leaderboard row of a model and bank, and what it was made from: drops, answering runs, scoring runs.

    Raises: UsageError: the leaderboard has no such row.
    """
    board = latest_leaderboard(project).filter(
        pl.col("model") == model, pl.col("bank") == bank, pl.col("subject").is_null()
    )
    if board.is_empty():
        raise UsageError(f"the leaderboard has no row for model {from_key(model)!r} and bank {bank!r}.")
    questions = standing_questions(project).filter(pl.col("bank") == bank)
    scores = standing_scores(project, questions).filter(pl.col("model") == model, pl.col("current")).collect()
    answers = (
        project.lake.scan("answers")
        .filter(pl.col("model") == model)
        .select("fingerprint", "sample", "run_id", "code_version", "git_commit", "answered_at", "outcome")
        .join(
            scores.lazy().select("fingerprint", "sample", "answer_run_id", "outcome", "prompt_name", "prompt_hash"),
            left_on=["fingerprint", "sample", "run_id", "outcome"],
            right_on=["fingerprint", "sample", "answer_run_id", "outcome"],
        )
        .collect()
    )
    drops = project.lake.read("drops", pl.col("drop").is_in(questions["drop"].unique().to_list()))
    return {
        "leaderboard": {
            **(row := board.row(0, named=True)),
            "model": from_key(model),
            "could_swap_with": [from_key(each) for each in row["could_swap_with"] or []],
        },
        "drops": drops.select(
            "drop",
            "source",
            "licence",
            "revision",
            "content_digest",
            "raw_rows",
            "n_quarantined",
            "n_rejected",
            "run_id",
        ).to_dicts(),
        "answers": answers.group_by("run_id", "git_commit", "code_version", "prompt_name", "prompt_hash")
        .agg(answers=pl.len(), first=pl.col("answered_at").min(), last=pl.col("answered_at").max())
        .sort("first")
        .to_dicts(),
        "scores": scores.group_by("run_id", "git_commit", "code_version", "scorer", "scorer_version", "shard")
        .agg(scores=pl.len(), points=pl.col("score").sum())
        .sort("shard", "scorer")
        .to_dicts(),
    }

"""scores: one cell scored. Every question of the shard that was asked has one row; what failed stays null."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score
from evalpipe.line.answer import shard_row
from evalpipe.line.answered import answered_questions
from evalpipe.line.cell import no_questions, shard_questions
from evalpipe.line.judges import judges_of
from evalpipe.line.models import ReadyModel, ready_model, scorer_for, scorers_version
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.verdicts import Verdict, verdict_name, verdicts_on
from evalpipe.store.lease import lease
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Progress


@dataclass(frozen=True, slots=True)
class ScoreSummary:
    """Counts of one cell. `questions` = right + wrong + unparsed + truncated + refused + rejected + failed + excluded
    + not_asked; where a model has several samples, all but `questions` and `not_asked` count each of them.
    """

    model: str
    shard: str
    bank: str
    questions: int
    counts: dict[str, int]


def score_cell(project: Project, model: str, shard: str, made: MadeBy, progress: Progress) -> ScoreSummary:
    """Extract and score the answers that the cell's questions have today; replaces the cell's rows. Sends nothing.

    Raises: UsageError: the shard is not in the lake. ConfigError: the model's configuration does not fit.
    """
    with lease(project.lake, "cells", model, shard, on_wait=progress.note) as held:
        ready = ready_model(project, model)
        # Before the questions: were labels replaced in between, the cell would say the old version and be scored again.
        versions = shard_row(project.lake, shard)
        bank, total = str(versions["bank"]), int(str(versions["n_questions"]))
        progress.start(f"scoring {from_key(model)} · {shard}", total)
        frames = list(_scored(project, ready, shard, bank, made, progress))
        progress.finish()
        frame = pl.concat(frames) if frames else pl.DataFrame(schema=TABLES["scores"].columns)
        held.check()
        project.lake.replace("scores", frame, model=model, shard=shard)
        _mark_scored(project, model, versions, made)
    not_asked = total - frame["question_id"].n_unique()
    return ScoreSummary(model, shard, bank, total, {**count_outcomes(frame), "not_asked": not_asked})


def _scored(
    project: Project, ready: ReadyModel, shard: str, bank: str, made: MadeBy, progress: Progress
) -> Iterator[pl.DataFrame]:
    """The score rows of the shard, a batch of questions at a time: a shard may be larger than memory."""
    found, judges = False, judges_of(project, bank)
    for some in answered_questions(project.lake, ready, shard_questions(shard, bank), ready.samples):
        found = True
        scored: list[dict[str, object]] = []
        verdicts = verdicts_on(project.lake, judges, some) if judges else {}
        for each in some:
            for answer in each.answers:
                scored.append(_score_row(project, each.row, each.question, answer, ready.model_version, made, verdicts))
            progress.advance()
        yield pl.DataFrame(scored, schema=TABLES["scores"].columns)
    if not found:
        raise no_questions(f"shard {shard}")


# What a score row counts as; the order is that of the leaderboard's columns.
COUNTS = ("right", "wrong", "unparsed", "truncated", "refused", "rejected", "failed", "excluded")

# What a question must count as to be in the denominator; `failed` and `excluded` are not.
DENOMINATOR = ("right", "wrong", "unparsed", "truncated", "refused", "rejected")


def counted_as() -> pl.Expr:
    """The one count that a score row falls into.

    A fraction is not right, and has earned its part of the accuracy. Where a judge's verdict is missing or cannot be
    read, nobody knows what the answer is worth: it counts as failed, which is left out and bounded, not as unparsed.
    """
    answered = pl.col("outcome") == "answered"
    return (
        pl.when(pl.col("status") != "active")
        .then(pl.lit("excluded"))
        .when(answered & pl.col("judged").is_in(["failed", "unreadable"]))
        .then(pl.lit("failed"))
        .when(answered & pl.col("score").is_null())
        .then(pl.lit("unparsed"))
        .when(answered & (pl.col("score") >= 1))
        .then(pl.lit("right"))
        .when(answered)
        .then(pl.lit("wrong"))
        .otherwise(pl.col("outcome"))
    )


def count_outcomes(scores: pl.DataFrame) -> dict[str, int]:
    counted = dict(scores.group_by(counted_as().alias("count")).len().iter_rows())
    return {name: int(counted.get(name, 0)) for name in COUNTS}


def _score_row(
    project: Project,
    row: dict[str, object],
    question: Question,
    answer: dict[str, object],
    model_version: str,
    made: MadeBy,
    verdicts: Mapping[str, Verdict],
) -> dict[str, object]:
    scorer = scorer_for(project.config, str(row["bank"]), question.kind)
    text = answer["text"]
    answered = answer["outcome"] == "answered"
    verdict = verdicts.get(verdict_name(question, answer))
    if verdict:
        score = raw = verdict.score
        if row["targets"] != row["raw_targets"]:
            raw = verdicts[verdict_name(question, answer, delivered=True)].score
    elif answered and text is None:
        score = raw = Score(None, None, None, "the reply holds no text")
    elif answered:
        score = scorer.score(question, str(text))
        raw = score if row["targets"] == row["raw_targets"] else scorer.score(_delivered(row, question), str(text))
    else:
        score = raw = Score(None, None, None, str(answer["error"] or answer["outcome"]))
    return {
        **{name: row[name] for name in ("shard", "drop", "bank", "question_id", "subject", "cluster", "status")},
        **{name: row[name] for name in ("label_version", "question_version")},
        **{name: answer[name] for name in ("model", "sample", "outcome", "fingerprint", "prompt_tokens")},
        **{name: answer[name] for name in ("completion_tokens", "cost_usd", "prompt_name", "prompt_hash")},
        "score": score.value,
        "raw_label_score": raw.value,
        "extracted": score.extracted,
        "rule": score.rule,
        "reason": score.reason,
        "answer_run_id": answer["run_id"],
        "scorer": scorer.name,
        "scorer_version": scorer.version,
        "scorer_options": scorer.options or None,
        "judged": verdict.state if verdict else None,
        "judge_fingerprint": verdict.fingerprint if verdict else None,
        "model_version": model_version,
        "scored_at": now(),
        **made.columns(),
    }


def _delivered(row: dict[str, object], question: Question) -> Question:
    """The question with the label as the drop delivered it, before any review."""
    targets = row["raw_targets"]
    assert isinstance(targets, list)
    return replace(question, targets=tuple(targets))


def _mark_scored(project: Project, model: str, versions: dict[str, Any], made: MadeBy) -> None:
    """Write into the cell's row which labels and scorers its scores were made with."""
    shard = versions["shard"]
    cell = project.lake.read("cells", (pl.col("model") == model) & (pl.col("shard") == shard))
    if cell.is_empty():
        return  # scored without ever having been answered: nothing was asked, so nothing was made
    row = {
        **cell.row(0, named=True),
        "labels_version": versions["labels_version"],
        "scorers_version": scorers_version(project.config, versions["bank"], versions["kinds"]),
        "scored_at": now(),
        **made.columns(),
    }
    project.lake.replace("cells", pl.DataFrame([row], schema=TABLES["cells"].columns), model=model, shard=shard)

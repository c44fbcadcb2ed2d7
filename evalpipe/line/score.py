"""scores: one cell scored. Every question of the shard that was asked has one row; what failed stays null."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.line.answer import shard_row
from evalpipe.line.answered import answered_batches, one_by_one
from evalpipe.line.cell import no_questions, shard_questions
from evalpipe.line.judges import judges_of
from evalpipe.line.models import ReadyModel, ready_model, scorers_version
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.scoring import score_rows
from evalpipe.line.verdicts import verdicts_on
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
        frame = cell_scores(project, ready, shard, bank, made, progress)
        progress.finish()
        held.check()
        keep_scores(project, model, versions, frame, made)
    not_asked = total - frame["question_id"].n_unique()
    return ScoreSummary(model, shard, bank, total, {**count_outcomes(frame), "not_asked": not_asked})


def cell_scores(
    project: Project, ready: ReadyModel, shard: str, bank: str, made: MadeBy, progress: Progress
) -> pl.DataFrame:
    """The cell's score rows as they are today, written nowhere. The caller holds the cell's lease.

    Raises: UsageError: the shard has no questions.
    """
    frames: list[pl.DataFrame] = []
    judges = judges_of(project, bank)
    for batch in answered_batches(project.lake, ready, shard_questions(shard, bank), ready.samples):
        judged = verdicts_on(project.lake, judges, one_by_one(batch)) if judges else {}
        frames.append(score_rows(project.config, batch, ready.model_version, made, judged))
        progress.advance(batch.rows.height)
    if not frames:
        raise no_questions(f"shard {shard}")
    return pl.concat(frames)


def keep_scores(project: Project, model: str, versions: dict[str, object], frame: pl.DataFrame, made: MadeBy) -> None:
    """Put these rows in the place of the cell's. `versions`: the shard's row, read before they were made."""
    project.lake.replace("scores", frame, model=model, shard=str(versions["shard"]))
    _mark_scored(project, model, versions, made)


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

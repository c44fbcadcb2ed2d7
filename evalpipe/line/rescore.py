"""Cells scored again from the answers that the lake holds: by today's labels, extractors and scorers, asking nobody."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import polars as pl

from evalpipe.config import Config
from evalpipe.core.errors import EvalpipeError, UsageError
from evalpipe.core.keys import from_key
from evalpipe.line.answer import shard_row
from evalpipe.line.changes import CHANGE, changes
from evalpipe.line.drops import retired
from evalpipe.line.judge_versions import judged_version
from evalpipe.line.models import model_version, ready_model
from evalpipe.line.project import MadeBy, Project, made_by
from evalpipe.line.rank import refresh_leaderboard
from evalpipe.line.rescore_workers import done_by_workers
from evalpipe.line.score import cell_scores, keep_scores
from evalpipe.store.lease import lease
from evalpipe.telemetry.progress import Progress, Silent

# Why a cell is left as it is, in words that follow a number of cells.
NOT_CONFIGURED = "of a model that evalpipe.toml does not have any more"
RETIRED = "of a retired drop, which counts nowhere"
OTHER_VERSION = "answered by another version of the model or of the questions; `evalpipe run` asks them anew"
TOO_MANY_FAILED = "with more failed answers than `max_failed_fraction` allows; they are not scored until asked again"
NOT_JUDGED = "that lack verdicts of the judge as it is configured now; `evalpipe run` asks it"


@dataclass(frozen=True, slots=True)
class Task:
    """One cell to score again. `config`: evalpipe.toml, which a process of its own reads again."""

    config: str
    model: str
    shard: str
    made: MadeBy
    write: bool


@dataclass(frozen=True, slots=True)
class RescoredCell:
    """`verdicts`: what changed, as `line.changes.CHANGE` with `model` and `bank`. `trouble`: why it was not scored."""

    task: Task
    rows: int
    verdicts: pl.DataFrame
    read_otherwise: int
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Rescored:
    """`skipped`: number of cells by the reason why they were left. `board_changed`: None where none was refreshed."""

    cells: int
    rows: int
    verdicts: pl.DataFrame
    read_otherwise: int
    skipped: dict[str, int]
    trouble: tuple[str, ...]
    board_changed: bool | None


def rescore(
    project: Project,
    progress: Progress,
    *,
    models: Sequence[str] = (),
    bank: str | None = None,
    write: bool = True,
    workers: int | None = None,
) -> Rescored:
    """Score every cell again that has answers, by one process a core, and refresh the leaderboard. Sends no request.

    Each cell is replaced under its lease in one commit, as the asset `scores` does it; the rows are the same whatever
    the number of workers. One that cannot be scored is named in `trouble`, and the others go on.

    Args:
        models: by key; none: all. bank: only this one.
        write: False: the lake stays as it is, and the result says what would change.
        workers: how many processes; None: as many as there are cores, and this one alone where there is little to do.

    Raises: UsageError: there is no such cell.
    """
    made = made_by(f"rescore-{uuid4().hex[:8]}")
    cells = _cells(project, models, bank)
    why = _left(project, cells)
    skipped = {reason: why.count(reason) for reason in dict.fromkeys(filter(None, why))}
    chosen = cells.filter(pl.Series([reason is None for reason in why], dtype=pl.Boolean))
    path = str(project.config.path)
    tasks = [Task(path, model, shard, made, write) for model, shard in chosen.select("model", "shard").iter_rows()]
    done: list[RescoredCell] = []
    progress.start("scoring again" if write else "scoring again, writing nothing", int(chosen["n_questions"].sum()))
    try:
        sizes = dict(zip(chosen.select("model", "shard").iter_rows(), chosen["n_questions"], strict=True))
        for each in done_by_workers(project, tasks, _cell_rescored, progress.note, workers):
            done.append(each)
            progress.advance(sizes[each.task.model, each.task.shard], failed=each.trouble is not None)
    finally:
        progress.finish()
    changed = refresh_leaderboard(project, made).changed if write and done else None
    schema = {"model": pl.String(), "bank": pl.String(), **CHANGE}
    found = pl.concat([pl.DataFrame(schema=schema), *(each.verdicts for each in done)])
    return Rescored(
        cells=sum(each.trouble is None for each in done),
        rows=sum(each.rows for each in done),
        verdicts=found.sort("model", "bank", "question_id", "sample"),
        read_otherwise=sum(each.read_otherwise for each in done),
        skipped=skipped,
        trouble=tuple(sorted(each.trouble for each in done if each.trouble)),
        board_changed=changed,
    )


def _cell_rescored(project: Project, task: Task, note: Callable[[str], None]) -> RescoredCell:
    model, shard = task.model, task.shard
    try:
        with lease(project.lake, "cells", model, shard, on_wait=note) as held:
            ready = ready_model(project, model)
            versions = shard_row(project.lake, shard)  # before the questions, as in `score_cell`
            bank = str(versions["bank"])
            frame = cell_scores(project, ready, shard, bank, task.made, Silent())
            old = project.lake.read("scores", (pl.col("model") == model) & (pl.col("shard") == shard))
            if task.write:
                held.check()
                keep_scores(project, model, versions, frame, task.made)
    except EvalpipeError as error:
        nothing = pl.DataFrame(schema={"model": pl.String(), "bank": pl.String(), **CHANGE})
        return RescoredCell(task, 0, nothing, 0, f"{from_key(model)} on {shard}: {error}")
    found = changes(old, frame)
    verdicts = found.verdicts.select(pl.lit(model).alias("model"), pl.lit(bank).alias("bank"), *CHANGE)
    return RescoredCell(task, frame.height, verdicts, found.read_otherwise)


def _cells(project: Project, models: Sequence[str], bank: str | None) -> pl.DataFrame:
    every = project.lake.read("cells").sort("model", "shard")
    cells = every.filter(pl.col("model").is_in(list(models))) if models else every
    cells = cells.filter(pl.col("bank") == bank) if bank is not None else cells
    if cells.is_empty():
        banks = ", ".join(every["bank"].unique().sort()) or "none"
        raise UsageError(
            "nothing to score again: the lake holds no answers of "
            f"{', '.join(from_key(each) for each in models) or 'any model'}{f' on bank {bank!r}' if bank else ''}. "
            f"Banks with answers: {banks}."
        )
    return cells


def _left(project: Project, cells: pl.DataFrame) -> list[str | None]:
    """For each cell why it is left as it is; None: it is scored again."""
    return list(_reasons(project, cells))


def _reasons(project: Project, cells: pl.DataFrame) -> Iterator[str | None]:
    gone, config = retired(project), project.config
    now = {key: model_version(config, key) for key in cells["model"].unique() if key in config.models}
    shards = {row["shard"]: row for row in project.lake.read("shards").iter_rows(named=True)}
    limit = config.file.answers.max_failed_fraction
    for cell in cells.iter_rows(named=True):
        if cell["model"] not in now:
            yield NOT_CONFIGURED
        elif cell["drop"] in gone:
            yield RETIRED
        elif (shard := shards.get(cell["shard"])) is None or (cell["model_version"], cell["questions_version"]) != (
            now[cell["model"]],
            shard["questions_version"],
        ):
            yield OTHER_VERSION
        elif cell["n_failed"] > limit * cell["n_asked"]:
            yield TOO_MANY_FAILED
        elif _unjudged(config, cell, shard):
            yield NOT_JUDGED
        else:
            yield None


def _unjudged(config: Config, cell: Mapping[str, Any], shard: Mapping[str, Any]) -> bool:
    """Whether the asset `scores` would wait for the judge."""
    version = judged_version(config, shard["bank"], shard["kinds"], shard["labels_version"])
    if version is None or not cell["n_asked"]:
        return False
    too_many = (cell["n_unjudged"] or 0) > config.file.answers.max_failed_fraction * cell["n_asked"]
    return cell["judged_version"] != version or too_many

"""Verbs that work: run takes drops through the line in this process, demo does so from nothing, dev starts the UI."""

import json
import os
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import polars as pl
import typer

from evalpipe.cli.leaderboard import print_leaderboard
from evalpipe.cli.terminal import Bar, JsonFlag, print_table, say
from evalpipe.core.errors import EvalpipeError, UsageError
from evalpipe.core.keys import draw, drop_of, from_key, to_key
from evalpipe.line.doubt import gate_verdict
from evalpipe.line.drops import drop_state, retired
from evalpipe.line.project import Project, open_project
from evalpipe.line.taking import TakenReviews, take_landed
from evalpipe.line.wanted import cell_wishes, committee_wishes, ingest_needed
from evalpipe.store.landing import REVIEWS

if TYPE_CHECKING:
    from evalpipe.defs.local import LocalLine


def add_to(app: typer.Typer) -> None:
    for verb in (run, demo, dev):
        app.command()(verb)


def run(
    drop: Annotated[
        list[str] | None, typer.Option(help="Only these drops; by default all in the landing place.")
    ] = None,
    model: Annotated[list[str] | None, typer.Option(help="Only these models; by default the automatic ones.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Ask each model a random sample of so many questions of each drop.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Take drops through the whole line in this process: the same assets and checks, with a progress bar.

    Running it again asks only for what is missing; interrupted, it goes on where it stopped.
    """
    project = open_project()
    models = [project.model_key(name) for name in model or []] or _automatic(project)
    drops = _drops(project, drop or [])
    trouble = run_line(project, drops, models, limit)
    print_leaderboard(project, as_json=as_json)
    if trouble:
        for sentence in trouble:
            say(sentence)
        raise typer.Exit(1)


def run_line(project: Project, drops: list[str], models: list[str], limit: int | None = None) -> list[str]:
    """Every step of these drops for these models; returns the sentences of what failed, and goes on past it."""
    from evalpipe.defs.home import open_instance
    from evalpipe.defs.local import LocalLine
    from evalpipe.defs.partitions import cell_of
    from evalpipe.line.answer import Asking

    trouble: list[str] = []
    budgets = {key: model.max_requests for key, model in project.config.models.items()}
    with open_instance(project) as instance:
        line = LocalLine(project, instance, Bar())
        _take_landed(project)
        for drop in drops:
            trouble += _validated(line, drop, budgets, limit)
        if _take_landed(project, with_bad=True):  # verdicts that came together with their drop
            for drop in drops:
                if ingest_needed(project, drop) == "validate":
                    trouble += line.validate(drop).trouble
        for model in models:
            below = {drop: _below(project, drop, limit) for drop in drops}
            for wish in list(cell_wishes(project, [model], drops, go_on=True)):
                cell = cell_of(wish.key)
                if wish.what == "scores":
                    done = line.score(cell)
                elif budgets[model] == 0:
                    continue
                else:
                    done = line.answer(cell, Asking(below[drop_of(cell.shard)], budgets[model]))
                    _spend(project, budgets, model, done.run_id)
                trouble += [f"{from_key(model)} on {cell.shard}: {sentence}" for sentence in done.trouble]
        trouble += line.refresh().trouble
    return trouble


def _validated(line: "LocalLine", drop: str, budgets: dict[str, int | None], limit: int | None) -> list[str]:
    """A drop read, its labels doubted (by the committee too, where there is one), and validated."""
    project = line.project
    needed = ingest_needed(project, drop)
    trouble: list[str] = []
    if needed:
        say(f"{from_key(drop)}: {'reading and validating' if needed == 'ingest' else 'validating again'}")
    if project.config.committee:
        if needed == "ingest" and (unread := line.read(drop).trouble):
            return list(unread)
        trouble = _committee_asked(line, drop, budgets, limit)
        needed = ingest_needed(project, drop)  # what it said may be new
    if needed:
        done = line.ingest(drop) if needed == "ingest" else line.validate(drop)
        trouble += done.trouble
        for sentence in done.warnings or (() if done.trouble else (gate_verdict(project, drop).message,)):
            say(sentence)
    return trouble


def _committee_asked(line: "LocalLine", drop: str, budgets: dict[str, int | None], limit: int | None) -> list[str]:
    """Each member asked what it was not asked about the drop. One that fails is named, and the others go on."""
    from evalpipe.defs.partitions import seat_of
    from evalpipe.line.answer import Asking
    from evalpipe.line.committee import member_trouble

    project = line.project
    wanted = {wish.parts[0]: wish for wish in committee_wishes(project, [drop], go_on=True)}
    trouble: list[str] = []
    for member in project.config.committee:
        failed: tuple[str, ...] = ()
        if member in wanted and budgets[member] != 0:
            asking = Asking(_below(project, drop, limit), budgets[member])
            done = line.ask_committee(seat_of(wanted[member].key), asking)
            _spend(project, budgets, member, done.run_id)
            failed = done.trouble
        sentence = " ".join(failed) or member_trouble(project, member, drop)
        if sentence:
            trouble.append(f"committee member {from_key(member)} on {from_key(drop)}: {sentence}")
    return trouble


def _spend(project: Project, budgets: dict[str, int | None], model: str, run_id: str) -> None:
    """What a run has sent goes off the model's `max_requests`, which bounds the whole command."""
    budget = budgets[model]
    if budget is not None:
        sent = project.lake.read("answers", pl.col("run_id") == run_id, ["fingerprint"]).height
        budgets[model] = max(0, budget - sent)


def demo(
    questions: Annotated[int, typer.Option(min=10, max=10_000, help="How many sample questions.")] = 100,
    seed: Annotated[int, typer.Option(help="Which sample.")] = 7,
) -> None:
    """Generate a drop, let a real model on this CPU answer it, print the leaderboard and the label errors found."""
    from evalpipe.sample import write_sample

    project = open_project()
    name = f"sample-{questions}-{seed}"
    drop = to_key(name)
    truth = project.config.path.parent / "data" / "samples" / f"{name}.truth.jsonl"
    if drop not in project.landing.drops():
        folder = truth.parent / name
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            write_sample(folder, questions=questions, seed=seed)
        project.landing.copy_in(folder, name)
    say(f"{name}: {questions} generated questions, 8% of them with a planted label error")
    trouble = run_line(project, [drop], _automatic(project))
    print_leaderboard(project, as_json=False)
    _print_found(project, drop, truth)
    for sentence in trouble:
        say(sentence)
    say("Look at it in the browser with `make dev`; ask your own endpoint by editing evalpipe.toml (README.md).")
    if trouble:
        raise typer.Exit(1)


def dev(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Where the UI listens, on 127.0.0.1.")] = 3000,
) -> None:
    """Start Dagster's UI and daemon on 127.0.0.1: graph, runs, backfills; the sensors watch the landing place."""
    from evalpipe.defs.home import open_instance
    from evalpipe.defs.under_way import end_dead_runs

    project = open_project()
    project.landing.root.mkdir(parents=True, exist_ok=True)
    with open_instance(project) as instance:
        if dead := end_dead_runs(instance):
            say(f"{dead} runs died with the daemon before; they go on from what they had.")
    # There, `dagster dev` finds the one dagster.yaml that counts, and does not warn of another.
    os.chdir(os.environ["DAGSTER_HOME"])
    os.environ["EVALPIPE_CONFIG"] = str(project.config.path)
    say(f"http://127.0.0.1:{port}  ·  landing place: {project.landing.root}")
    module = ["-m", "evalpipe.definitions", "-h", "127.0.0.1", "-p", str(port)]
    # `dg dev`, which is to supersede it, wants a checkout with a pyproject.toml; this one runs from a wheel too.
    quiet = ["-W", "ignore:Function `dev_command` is superseded"]
    os.execv(sys.executable, [sys.executable, *quiet, "-m", "dagster", "dev", *module])  # noqa: S606  no shell


def _take_landed(project: Project, with_bad: bool = False) -> int:
    """Take the verdicts of the landing place, as the sensor does where a daemon runs; returns how many were new.

    `with_bad`: name what cannot be used. Before the drops are read, a verdict may be bad for want of its question.
    """
    every = take_landed(project)
    folder = project.landing.root / REVIEWS
    new = sum(each.new for each in every if isinstance(each, TakenReviews))
    if new:
        say(f"{folder}: new verdicts: {new:,}")
    for each in every if with_bad else []:
        if isinstance(each, UsageError):
            say(str(each))
        elif each.bad:
            look = f"evalpipe labels review {quote(str(folder / each.file))}"
            say(f"{folder / each.file}: lines that cannot be used: {len(each.bad):,}. What is wrong with each: {look}")
    return new


def _automatic(project: Project) -> list[str]:
    models = [key for key, model in project.config.models.items() if model.automatic]
    if not models and not project.config.committee:
        raise UsageError(f"{project.config.path}: no model has `automatic = true`. Name one: evalpipe run --model NAME")
    return models


def _drops(project: Project, names: list[str]) -> list[str]:
    """The drops to run: the named ones, or all that are there and not retired."""
    there, gone = project.landing.drops(), retired(project)
    if names:
        for name in names:
            if to_key(name) not in there and drop_state(project, to_key(name)) is None:
                project.landing.folder(to_key(name))
        return [to_key(name) for name in names]
    if not there:
        raise UsageError(f"{project.landing.root}: no drop is there. `evalpipe ingest PATH` brings one in.")
    return [drop for drop in there if drop not in gone]


def _below(project: Project, drop: str, limit: int | None) -> float:
    """The draw below which exactly `limit` of the drop's questions fall."""
    if limit is None:
        return 1.0
    ids = project.lake.read("raw_questions", pl.col("drop") == drop, ["question_id"])["question_id"]
    draws = sorted(draw(each) for each in ids)
    return draws[limit] if limit < len(draws) else 1.0


def _print_found(project: Project, drop: str, truth: Path) -> None:
    """How many of the planted errors the label checks found, and how many right labels they doubted."""
    if not truth.exists():
        raise EvalpipeError(f"{truth}: the truth of the sample is gone; delete the drop and run the demo again.")
    rows = [json.loads(line) for line in truth.read_text(encoding="utf-8").splitlines()]
    planted = {row["question_id"]: row["planted_kind"] for row in rows if row["planted_kind"]}
    suspects = project.lake.read("suspects", pl.col("drop") == drop)["question_id"]
    quarantined = project.lake.read("quarantine", pl.col("drop") == drop)["question_id"]
    marked = {*suspects, *quarantined}
    found = marked & set(planted)
    by_kind: dict[str, list[int]] = {}
    for question_id, kind in planted.items():
        counts = by_kind.setdefault(kind, [0, 0])
        counts[0] += 1
        counts[1] += question_id in marked
    print_table(
        f"label errors: {len(found)} of {len(planted)} planted ones found, {len(marked - set(planted))} false alarms",
        ("planted error", "planted", "found"),
        [(kind, *counts) for kind, counts in sorted(by_kind.items())],
    )

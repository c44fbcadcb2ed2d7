"""Verbs that bring questions in, and take drops out: sample, ingest, retire."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from evalpipe.cli.terminal import Bar, JsonFlag, print_json, print_table, say
from evalpipe.core.keys import from_key, to_key
from evalpipe.line.drops import RETIRE, decide
from evalpipe.line.project import open_project


def add_to(app: typer.Typer) -> None:
    for verb in (sample, ingest, retire):
        app.command()(verb)


def sample(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The drop to write; must not exist yet.")],
    questions: Annotated[int, typer.Option(min=1, max=10_000_000, help="How many questions.")] = 1000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same files.")] = 0,
    label_errors: Annotated[float, typer.Option(min=0, max=1, help="Share of labels to falsify.")] = 0.08,
    as_json: JsonFlag = False,
) -> None:
    """Write a drop of generated questions, some with planted label errors; the truth goes beside it, not into it."""
    from evalpipe.sample import write_sample

    bar = Bar()
    bar.start(f"writing {folder.name}", questions)
    try:
        report = write_sample(
            folder, questions=questions, seed=seed, label_errors=label_errors, on_progress=bar.advance
        )
    finally:
        bar.finish()
    figures = {
        "folder": str(folder),
        "truth": str(report.truth),
        "questions": report.questions,
        "by_kind": dict(report.by_kind),
        "planted": dict(report.by_planted),
        "languages": dict(report.by_language),
    }
    if as_json:
        print_json(figures)
        return
    print_table(f"{folder}: {report.questions:,} questions", ("kind", "questions"), list(report.by_kind.items()))
    print_table("planted label errors", ("error", "questions"), list(report.by_planted.items()))
    say(f"The truth is in {report.truth}, outside the drop.")


def ingest(
    path: Annotated[Path, typer.Argument(help="A file, or a folder of Parquet, JSONL or CSV files.")],
    name: Annotated[str | None, typer.Option(help="The drop's name; by default that of the file or folder.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Copy local files into the landing place as a drop, atomically. With the daemon running, the rest follows."""
    from evalpipe.defs.home import open_instance
    from evalpipe.defs.partitions import DROPS, register

    project = open_project()
    drop = project.landing.copy_in(path, name)
    with open_instance(project) as instance:
        register(instance, DROPS, [drop])
    if as_json:
        print_json({"drop": from_key(drop), "partition": drop, "folder": str(project.landing.folder(drop))})
        return
    say(f"{project.landing.folder(drop)}: the drop {from_key(drop)!r} is in.")
    say(f"`evalpipe run --drop {quote(from_key(drop))}` evaluates it now; a running daemon does so by itself.")


def retire(
    drop: Annotated[str, typer.Argument(help="The drop's name.")],
    by: Annotated[str, typer.Option(help="Who decides.")],
    why: Annotated[str, typer.Option(help="The reason; it is kept.")],
) -> None:
    """Take a drop out of every score from now on. Its rows and answers stay in the lake."""
    project = open_project()
    decide(project, to_key(drop), RETIRE, by, why)
    say(f"{drop!r} is retired. The leaderboard leaves it out from its next refresh.")

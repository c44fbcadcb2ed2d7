"""Verbs that make a number again without asking anybody: rescore by today's scorers, replay as it was."""

import time
from collections.abc import Iterator
from typing import Annotated, Any

import polars as pl
import typer
from rich.text import Text

from evalpipe.cli.terminal import Bar, JsonFlag, out, print_json, print_table, say
from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line
from evalpipe.line.changes import grouped
from evalpipe.line.project import open_project
from evalpipe.line.rescore import Rescored, rescore

SHOWN_QUESTIONS = 10  # of each group of changed verdicts; --json has all


def add_to(app: typer.Typer) -> None:
    app.command("rescore")(rescore_verb)


def rescore_verb(
    model: Annotated[list[str] | None, typer.Option(help="Only these models; by default all.")] = None,
    bank: Annotated[str | None, typer.Option(help="Only this bank; by default all.")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="List the questions whose verdict changed, by rule.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; say what would change.")] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="How many processes; by default as many as there are cores.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Score all answers again by today's labels, extractors and scorers. Sends no request.

    Exit codes: 0 done, 1 some cells could not be scored, 2 wrong use.
    """
    project = open_project()
    models = [project.model_key(name) for name in model or []]
    began = time.monotonic()
    done = rescore(project, Bar(), models=models, bank=bank, write=not dry_run, workers=workers)
    seconds = time.monotonic() - began
    if as_json:
        print_json({**_as_json(done, with_verdicts=diff), "written": not dry_run, "seconds": round(seconds, 3)})
    else:
        print_changes(done.verdicts, questions=diff)
        for sentence in _summary(done, dry_run, seconds):
            say(sentence)
    for sentence in done.trouble:
        say(one_line(sentence, 400))
    if done.trouble:
        raise typer.Exit(1)


def print_changes(verdicts: pl.DataFrame, *, questions: bool) -> None:
    """The groups of changed verdicts as a table; with `questions` those of each group below it."""
    groups = grouped(verdicts)
    if groups.is_empty():
        return
    rows = [
        [row["n"], row["why"], _from_to(row["old_rule"], row["new_rule"]), _verdicts(row)]
        for row in groups.iter_rows(named=True)
    ]
    print_table("verdicts that changed", ("verdicts", "through", "rule", "verdict"), rows, width=100)
    for group in groups.iter_rows(named=True) if questions else ():
        rule = _from_to(group["old_rule"], group["new_rule"])
        out.print(Text(one_line(f"{group['why']} · {rule} · {_verdicts(group)}", 200), style="bold"), soft_wrap=True)
        of_group = verdicts.filter(*(pl.col(name).eq_missing(pl.lit(group[name])) for name in _GROUPED))
        for row in of_group.head(SHOWN_QUESTIONS).iter_rows(named=True):
            out.print(Text(f"  {_question(row)}"), soft_wrap=True)
        if of_group.height > SHOWN_QUESTIONS:
            out.print(Text(f"  and {of_group.height - SHOWN_QUESTIONS:,} more; --json has all"))


_GROUPED = ("why", "old_rule", "new_rule", "old_verdict", "new_verdict")


def _question(row: dict[str, Any]) -> str:
    sample = f" (sample {row['sample']})" if row["sample"] else ""
    name = f"{from_key(row['model'])} / {row['bank']} / {row['question_id']}{sample}"
    read = [f"“{one_line(text, 60)}”" if text is not None else "nothing" for text in _read(row)]
    return f"{one_line(name, 120)}: read {read[0]}" + (f", now {read[1]}" if read[0] != read[1] else "")


def _read(row: dict[str, Any]) -> Iterator[str | None]:
    yield row["old_extracted"]
    yield row["new_extracted"]


def _from_to(old: str | None, new: str | None) -> str:
    return (old or "no rule") if old == new else f"{old or 'no rule'} → {new or 'no rule'}"


def _verdicts(row: dict[str, Any]) -> str:
    return f"{row['old_verdict'] or 'not scored'} → {row['new_verdict'] or 'not scored'}"


def _summary(done: Rescored, dry_run: bool, seconds: float) -> Iterator[str]:
    rate = done.rows / max(seconds, 1e-6)
    yield (
        f"{done.rows:,} answers of {done.cells:,} cells scored again in {seconds:.1f} s ({rate:,.0f}/s), none asked: "
        f"{done.verdicts.height:,} verdicts changed, {done.read_otherwise:,} read otherwise with the same verdict."
    )
    for reason, n in done.skipped.items():
        yield f"Left as they are: {n:,} cells {reason}."
    if dry_run:
        yield "Nothing was written (--dry-run)."
    elif done.board_changed is not None:
        yield "The leaderboard changed." if done.board_changed else "The leaderboard says what it said before."


def _as_json(done: Rescored, *, with_verdicts: bool) -> dict[str, Any]:
    return {
        "cells": done.cells,
        "rows": done.rows,
        "verdicts_changed": done.verdicts.height,
        "read_otherwise": done.read_otherwise,
        **changes_as_json(done.verdicts, with_verdicts=with_verdicts),
        "skipped": done.skipped,
        "trouble": list(done.trouble),
        "leaderboard_changed": done.board_changed,
    }


def changes_as_json(verdicts: pl.DataFrame, *, with_verdicts: bool) -> dict[str, Any]:
    """`groups`, largest first; with `with_verdicts` every changed verdict too."""
    groups = [
        {
            "why": row["why"],
            "rule": [row["old_rule"], row["new_rule"]],
            "verdict": [row["old_verdict"], row["new_verdict"]],
            "n": row["n"],
        }
        for row in grouped(verdicts).iter_rows(named=True)
    ]
    rows = [{**row, "model": from_key(row["model"])} for row in verdicts.iter_rows(named=True)]
    return {"groups": groups, **({"verdicts": rows} if with_verdicts else {})}

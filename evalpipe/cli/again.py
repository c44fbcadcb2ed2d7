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
from evalpipe.line.board_versions import board_at, board_versions, ranked_model
from evalpipe.line.changes import grouped
from evalpipe.line.project import open_project
from evalpipe.line.replay import Replay, replay
from evalpipe.line.rescore import Rescored, rescore

SHOWN_QUESTIONS = 10  # of each group of changed verdicts; --json has all


def add_to(app: typer.Typer) -> None:
    app.command("rescore")(rescore_verb)
    app.command("replay")(replay_verb)


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


def replay_verb(
    model: Annotated[str, typer.Option(help="The model.")],
    bank: Annotated[str, typer.Option(help="The bank.")],
    at: Annotated[
        str | None, typer.Option(help="A version of table `leaderboard`, a time (ISO), or `latest`. None: list them.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Make a leaderboard number again from the stored answers by today's code, and compare it bit for bit.

    Asks nobody and writes nothing; what evalpipe.toml says by now does not matter.
    Exit codes: 0 the same, 1 something differs, 2 wrong use.
    """
    project = open_project()
    key = ranked_model(project, model)
    if at is None:
        _print_versions(board_versions(project, key, bank), as_json=as_json)
        return
    done = replay(project, key, bank, board_at(project, key, bank, at))
    if as_json:
        print_json(_replay_as_json(done))
    else:
        _print_replay(done)
    if not done.same:
        raise typer.Exit(1)


def _print_versions(versions: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        print_json(versions)
        return
    header = ("version", "time (UTC)", "accuracy", "questions", "code", "commit")
    rows = [
        (
            str(row["version"]),
            f"{row['refreshed_at']:%Y-%m-%d %H:%M:%S}",
            row["accuracy"],
            row["n_questions"],
            row["code_version"],
            row["git_commit"],
        )
        for row in versions
    ]
    print_table("leaderboards", header, rows)
    say("Replay one: add --at VERSION, a time, or `latest`.")


def _print_replay(done: Replay) -> None:
    row = done.row
    accuracy = "no accuracy" if row["accuracy"] is None else f"accuracy {row['accuracy']!r}"
    say(f"{from_key(row['model'])} on {row['bank']}, {row['refreshed_at']:%Y-%m-%d %H:%M:%S} UTC: {accuracy}")
    for note in done.notes:
        say(f"Note: {note}.")
    print_changes(done.verdicts, questions=True)
    if done.figures:
        rows = [(each.subject or "all", each.figure, repr(each.then), repr(each.now)) for each in done.figures]
        print_table("figures that differ", ("subject", "figure", "then", "now"), rows)
    same = "Every verdict and every figure is the same, bit for bit." if done.same else "It is not the same:"
    differ = (
        f" {done.verdicts.height:,} verdicts, {len(done.figures):,} figures; {done.read_otherwise:,} answers are read "
        "otherwise with the same verdict."
    )
    say(f"{same}{'' if done.same else differ} Compared: {done.rows:,} verdicts, {done.figures_compared:,} figures.")


def _replay_as_json(done: Replay) -> dict[str, Any]:
    row = done.row
    kept = {name: row[name] for name in ("bank", "accuracy", "refreshed_at", "code_version", "git_commit")}
    return {
        "same": done.same,
        "model": from_key(row["model"]),
        **kept,
        "verdicts_compared": done.rows,
        "figures_compared": done.figures_compared,
        "verdicts_changed": done.verdicts.height,
        "read_otherwise": done.read_otherwise,
        **changes_as_json(done.verdicts, with_verdicts=True),
        "figures": [
            {"subject": each.subject, "figure": each.figure, "then": each.then, "now": each.now}
            for each in done.figures
        ],
        "notes": list(done.notes),
    }


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
    old, new = (
        f"read “{one_line(text, 60)}”" if text is not None else one_line(row[f"{when}_reason"] or "not scored", 80)
        for when, text in (("old", row["old_extracted"]), ("new", row["new_extracted"]))
    )
    return f"{one_line(name, 120)}: {old}" + (f"; now {new}" if old != new else "")


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

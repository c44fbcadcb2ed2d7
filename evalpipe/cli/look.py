"""Verbs that look and change nothing: show, trace, show-prompt, export."""

import json
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from evalpipe.cli.terminal import JsonFlag, out, print_json, print_table, say
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key
from evalpipe.core.quoting import csv_cell, one_line, printable
from evalpipe.labels.review.sheets import evidence_text
from evalpipe.line.models import ready_model, to_questions
from evalpipe.line.project import Project, open_project
from evalpipe.line.trace import question_history, trace_number
from evalpipe.store.tables import TABLES


def add_to(app: typer.Typer) -> None:
    app.command()(show)
    app.command()(trace)
    app.command("show-prompt")(show_prompt)
    app.command()(export)


def show(
    question_id: Annotated[str, typer.Argument(help="The question's id.")],
    bank: Annotated[str | None, typer.Option(help="Its bank, where several have this id.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """A question with every label, doubt, review, answer and score that it has."""
    found = question_history(open_project(), question_id, bank)
    if as_json:
        print_json(found)
        return
    for question in found["questions"]:
        out.print(
            printable(f"{question['bank']} / {question['question_id']}  ·  drop {from_key(question['drop'])}"),
            markup=False,
        )
        out.print(printable(f"\n{question['text']}\n"), markup=False, emoji=False)
        for letter, choice in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", question["choices"] or [], strict=False):
            out.print(printable(f"  {letter}. {choice}"), markup=False, emoji=False)
        if question["choices"]:
            out.print()
        label = ", ".join(question["targets"])
        out.print(
            printable(f"label: {label}   status: {question['status']}   version: {question['label_version']}\n"),
            markup=False,
        )
        if question["review_state"] == "disagreement":
            say("People disagree about this label, so it stays as delivered; one verdict with `overrules` settles it.")
    for doubt in found["doubts"]:
        _print_doubt(doubt)
    for name in ("quarantine", "reviews", "answers", "scores"):
        rows = [{key: _cell(value) for key, value in row.items()} for row in found[name]]
        if rows:
            print_table(name, list(rows[0]), [list(row.values()) for row in rows], width=80)


def _print_doubt(doubt: dict[str, Any]) -> None:
    """Why a label is doubted: a line for each reason, uncut, and one for who said what."""
    lines = [
        f"doubted in drop {from_key(doubt['drop'])}: label {', '.join(doubt['targets'])}, "
        f"proposed {doubt['proposed_target'] or 'nothing'}, suspicion {doubt['suspicion']:.3f}"
        f"{', flagged' if doubt['flagged'] else ''}",
        *(f"{signal}: {reason}" for signal, reason in zip(doubt["signals"], doubt["reasons"], strict=True)),
        *([f"said: {evidence_text(doubt['evidence'])}"] if doubt["evidence"] else []),
    ]
    for at, line in enumerate(lines):
        out.print("  " * (at > 0) + one_line(line, 1000), markup=False, emoji=False, soft_wrap=True)
    out.print()


def trace(
    model: Annotated[str, typer.Option(help="The model.")],
    bank: Annotated[str, typer.Option(help="The bank.")],
    as_json: JsonFlag = False,
) -> None:
    """A leaderboard number down to versions, prompt hash, drops, runs and commits."""
    project = open_project()
    found = trace_number(project, project.model_key(model), bank)
    if as_json:
        print_json(found)
        return
    print_table("leaderboard", ("what", "value"), list(found["leaderboard"].items()), width=100)
    for name in ("drops", "answers", "scores"):
        if found[name]:
            print_table(name, list(found[name][0]), [list(row.values()) for row in found[name]], width=100)


def show_prompt(
    model: Annotated[str, typer.Option(help="The model.")],
    question: Annotated[str, typer.Option(help="The question's id.")],
    bank: Annotated[str | None, typer.Option(help="Its bank, where several have this id.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """What would be sent for a question: the exact body, its fingerprint, the prompt's name and hash."""
    project = open_project()
    key = project.model_key(model)
    rows = _standing(project, question, bank)
    ready = ready_model(project, key)
    (question_asked,) = to_questions(rows)
    request = ready.maker().request(question_asked)
    facts = {
        "model": model,
        "question_id": question,
        "endpoint": ready.backend.identity,
        "prompt": ready.renderer.name,
        "prompt_hash": ready.renderer.prompt_hash,
        "fingerprint": request.fingerprint,
        "body": json.loads(request.content),
    }
    if as_json:
        print_json(facts)
        return
    body = facts.pop("body")
    print_table("request", ("what", "value"), list(facts.items()), width=100)
    messages = body.pop("messages", [])
    print_table("body", ("field", "value"), list(body.items()), width=100)
    for message in messages:
        out.rule(message["role"])
        out.print(printable(message["content"]), markup=False, emoji=False)


def export(
    table: Annotated[str, typer.Argument(help=f"One of: {', '.join(TABLES)}.")],
    file: Annotated[Path, typer.Argument(help="FILE.parquet or FILE.csv")],
) -> None:
    """Write a table of the lake to a file. CSV cells that a spreadsheet would run as a formula are neutralised."""
    if table not in TABLES:
        raise UsageError(f"no table {table!r}. Tables: {', '.join(TABLES)}.")
    if file.suffix not in (".parquet", ".csv"):
        raise UsageError(f"{file}: the name must end in .parquet or .csv.")
    rows = open_project().lake.scan(table)
    try:
        if file.suffix == ".parquet":
            rows.sink_parquet(file)
        else:
            _neutralised(rows.collect()).write_csv(file)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written ({error}).") from None
    say(f"{file}: table {table} written.")


def _neutralised(rows: pl.DataFrame) -> pl.DataFrame:
    """Lists joined with " | ", what has fields as JSON, and no cell that begins a formula."""
    lists = {name: kind.inner for name, kind in rows.schema.items() if isinstance(kind, pl.List)}
    fields = [name for name, inner in lists.items() if isinstance(inner, pl.Struct)]
    flat = rows.with_columns(pl.col(name).list.eval(pl.element().struct.json_encode()) for name in fields)
    joined = flat.with_columns(pl.col(name).list.join(" | ") for name in lists)
    texts = [name for name, kind in joined.schema.items() if kind == pl.String]
    return joined.with_columns(pl.col(name).map_elements(csv_cell, return_dtype=pl.String) for name in texts)


def _standing(project: Project, question_id: str, bank: str | None) -> pl.DataFrame:
    """The one question of this id that stands; of several drops the latest."""
    rows = project.lake.read("questions", pl.col("question_id") == question_id)
    rows = rows.filter(pl.col("bank") == bank) if bank else rows
    banks = rows["bank"].unique().sort().to_list()
    if not banks:
        raise UsageError(f"no validated question {question_id!r}{f' in bank {bank!r}' if bank else ''}.")
    if len(banks) > 1:
        raise UsageError(f"question {question_id!r} is in several banks; name one with --bank: {', '.join(banks)}.")
    order = project.lake.read("drops", columns=["drop", "ingested_at"])
    return rows.join(order, on="drop").sort("ingested_at").tail(1)


def _cell(value: object) -> object:
    return ", ".join(str(each) for each in value) if isinstance(value, list) else value

"""Verbs about labels: accept a drop that its gate stopped, take verdicts on suspects."""

from pathlib import Path
from typing import Annotated

import typer

from evalpipe.cli.terminal import JsonFlag, print_json, say
from evalpipe.core.keys import to_key
from evalpipe.line.drops import ACCEPT, decide
from evalpipe.line.project import open_project
from evalpipe.line.reviews import take_reviews

app = typer.Typer(help="What people decide about labels.", no_args_is_help=True)


@app.command()
def accept(
    drop: Annotated[str, typer.Argument(help="The drop's name.")],
    by: Annotated[str, typer.Option(help="Who decides.")],
    why: Annotated[str, typer.Option(help="The reason; it is kept.")],
) -> None:
    """Let a drop through its gate although too many of its labels are doubted."""
    project = open_project()
    decide(project, to_key(drop), ACCEPT, by, why)
    say(f"{drop!r} is accepted by {by}. A running daemon goes on with it; otherwise: evalpipe run --drop {drop}")


@app.command()
def review(
    file: Annotated[Path, typer.Argument(help="CSV or JSONL: bank, question_id, verdict, correct_target, by, why.")],
    as_json: JsonFlag = False,
) -> None:
    """Take verdicts on suspects: confirm, correct, ambiguous, exclude. Bad lines are named, the good ones taken."""
    taken = take_reviews(open_project(), file)
    bad = [{"line": each.line, "reason": each.reason} for each in taken.bad]
    if as_json:
        print_json({"file": taken.file, "new": taken.new, "known": taken.known, "bad": bad})
    else:
        say(f"{file}: {taken.new} new verdicts, {taken.known} known already, {len(bad)} bad lines.")
        for each in taken.bad:
            say(each.reason)
        if taken.new:
            say("A running daemon applies them; otherwise: evalpipe run")
    if bad:
        raise typer.Exit(1)

"""Verbs about labels: accept a drop that its gate stopped, list suspects, take verdicts on them."""

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from evalpipe.cli import suspects
from evalpipe.cli.terminal import JsonFlag, print_json, say
from evalpipe.core.keys import from_key, to_key
from evalpipe.line.drops import ACCEPT, decide, ingested
from evalpipe.line.project import Project, open_project
from evalpipe.line.taking import TakenReviews, take_reviews

app = typer.Typer(help="What people decide about labels.", no_args_is_help=True)
suspects.add_to(app)


def add_to(main: typer.Typer) -> None:
    main.add_typer(app, name="labels")


@app.command()
def accept(
    drop: Annotated[str, typer.Argument(help="The drop's name.")],
    by: Annotated[str, typer.Option(help="Who decides.")],
    why: Annotated[str, typer.Option(help="The reason; it is kept.")],
) -> None:
    """Let a drop through its gate although too many of its labels are wrong, or too many rows cannot be scored."""
    project = open_project()
    decide(project, to_key(drop), ACCEPT, by, why)
    if ingested(project, to_key(drop))["gate_passed"]:
        say(f"{drop!r}: its gate lets it through as it is. That {by} accepts it counts if it should be stopped later.")
    else:
        then = f"evalpipe run --drop {quote(drop)}"
        say(f"{drop!r} is accepted by {by}. A running daemon goes on with it; otherwise: {then}")


@app.command()
def review(
    file: Annotated[Path, typer.Argument(help="CSV, JSONL, or Label Studio's JSON; see docs/review.md.")],
    as_json: JsonFlag = False,
) -> None:
    """Take verdicts on suspects: confirm, correct, ambiguous, exclude. Bad lines are named, the good ones taken."""
    project = open_project()
    taken = take_reviews(project, file)
    if taken.new:
        _report(project, taken)
    drops = {from_key(drop): new for drop, new in taken.drops.items()}
    bad = [{"line": each.line, "reason": each.reason} for each in taken.bad]
    if as_json:
        counts = {"new": taken.new, "known": taken.known, "unjudged": taken.unjudged}
        print_json({"file": taken.file, **counts, "drops": drops, "bad": bad})
    else:
        say(
            f"{file}: new verdicts: {taken.new:,}, known already: {taken.known:,}, rows not yet judged: "
            f"{taken.unjudged:,}, bad lines: {len(bad):,}."
        )
        for each in taken.bad:
            say(each.reason)
        if taken.new:
            say("A running daemon applies them; otherwise: evalpipe run")
        elif not taken.known and not bad:
            say("No verdict is in it: write one into the column `verdict`, and who judged into `by` (docs/review.md).")
    if bad:
        raise typer.Exit(1)


def _report(project: Project, taken: TakenReviews) -> None:
    """To Dagster, whose lineage shows the verdicts then, as it shows those of the landing place."""
    from evalpipe.defs.home import open_instance
    from evalpipe.defs.reporting import report_reviews

    with open_instance(project) as instance:
        report_reviews(instance, taken)

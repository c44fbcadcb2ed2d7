"""Verbs for a reviewer: what to look at, a random sample, Label Studio's configuration, and what was said so far."""

import sys
from pathlib import Path
from shlex import quote
from typing import Annotated, Literal

import polars as pl
import typer

from evalpipe.cli.terminal import JsonFlag, print_json, print_table, say
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key, to_key
from evalpipe.labels.review.label_studio import labeling_config, tasks
from evalpipe.labels.review.reviews import holding
from evalpipe.labels.review.sheets import SheetRow, as_csv, as_jsonl
from evalpipe.line.project import open_project
from evalpipe.line.reviews import reviews_by_drop, settled_questions
from evalpipe.line.suspects import draw_sample, list_suspects

Format = Literal["table", "json", "csv", "jsonl", "label-studio"]

MOST_ROWS = 50  # of a table in a terminal: two screens; a sheet holds all
_WRITERS = {"csv": as_csv, "jsonl": as_jsonl, "label-studio": tasks}
_FORMAT_OF_SUFFIX: dict[str, Format] = {".csv": "csv", ".jsonl": "jsonl", ".json": "label-studio"}

ExportOption = Annotated[
    Path | None, typer.Option(help="Write a sheet to fill in: FILE.csv, FILE.jsonl, or FILE.json for Label Studio.")
]
ForceFlag = Annotated[bool, typer.Option("--force", help="Overwrite the file.")]


def add_to(app: typer.Typer) -> None:
    for verb in (suspects, sample, reviews):
        app.command()(verb)
    app.command("label-studio-config")(label_studio_config)


def suspects(
    drop: Annotated[str | None, typer.Option(help="Only this drop; by default all that are not retired.")] = None,
    bank: Annotated[str | None, typer.Option(help="Only this bank.")] = None,
    budget: Annotated[
        float | None, typer.Option(help="The share of the questions that you can look at, such as 0.08.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Those that were judged too, with their state.")] = False,
    export: ExportOption = None,
    force: ForceFlag = False,
    format: Annotated[
        Format | None, typer.Option(help="What to print, or to write where the name does not say.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """What a person should look at, the most suspicious first: the flagged suspects, or as many as --budget allows."""
    wanted = _export_format(export, format)
    found = list_suspects(open_project(), drop, bank, budget, every)
    if found.not_doubted:
        say(f"Not looked at yet: {', '.join(found.not_doubted)}.")
    share = len(found.sheet) / found.questions if found.questions else 0.0
    summary = (
        f"{found.open:,} open suspects among {found.questions:,} questions, {found.flagged:,} of them flagged. "
        f"Judged: {found.reviewed:,}; people disagree on: {found.disagreements:,}. "
        f"Listed here: {len(found.sheet):,} ({share:.1%} of the questions)."
    )
    if export is not None:
        if found.sheet:
            _write(export, found.sheet, wanted, force)
        else:
            say(f"{export}: not written, there is nothing to look at.")
        say(summary)
    elif wanted != "table" and wanted != "json":
        sys.stdout.write(_WRITERS[wanted](found.sheet))
        say(summary)
    elif as_json or wanted == "json":
        counts = {name: getattr(found, name) for name in ("questions", "open", "flagged", "reviewed", "disagreements")}
        print_json({**counts, "share": share, "suspects": found.sheet})
    else:
        _print(found.sheet, every)
        say(summary)
        say(
            "Why one is doubted: evalpipe show QUESTION_ID. To judge them: evalpipe labels suspects --export FILE.csv, "
            "fill in verdict and by, then evalpipe labels review FILE.csv. See docs/review.md."
        )


def sample(
    drop: Annotated[str, typer.Option(help="The drop's name.")],
    export: Annotated[Path, typer.Option(help="FILE.csv, FILE.jsonl, or FILE.json for Label Studio.")],
    n: Annotated[int, typer.Option("--n", min=1, help="How many questions.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed draws the same questions.")] = 0,
    force: ForceFlag = False,
) -> None:
    """Write questions of a drop drawn at random, to be judged: they tell how often labels, and the committee, err."""
    wanted = _export_format(export, None)
    drawn = draw_sample(open_project(), drop, n, seed)
    _write(export, drawn, wanted, force)
    if len(drawn) < n:
        say(f"The drop has {len(drawn):,} questions; all of them are in.")


def label_studio_config() -> None:
    """Print the labeling configuration that fits the tasks of `suspects --export FILE.json`."""
    sys.stdout.write(labeling_config())


def reviews(
    drop: Annotated[str | None, typer.Option(help="Only verdicts on this drop.")] = None,
    disagreements: Annotated[
        bool, typer.Option("--disagreements", help="Only questions on which people disagree.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """The verdicts that were taken, question by question, and which of them hold."""
    project = open_project()
    here = pl.col("drop").is_in([to_key(drop), drop]) if drop else None
    settled = settled_questions(project, here)
    rows: list[dict[str, object]] = []
    for key, by_question in sorted(reviews_by_drop(project, here).items()):
        for question_id, several in sorted(by_question.items()):
            state = settled[key, question_id].state if (key, question_id) in settled else "open"
            if disagreements and state != "disagreement":
                continue
            holds = {review.review_id for review in holding(several)}
            rows += [
                {
                    "bank": review.bank,
                    "drop": from_key(key),
                    "question_id": question_id,
                    "state": state,
                    "verdict": review.verdict,
                    "correct_target": review.correct_target,
                    "by": review.by,
                    "at": review.at,
                    "holds": review.review_id in holds,
                    "overrules": review.overrules,
                    "picked": review.picked,
                    "why": review.why,
                }
                for review in several
            ]
    if as_json:
        print_json(rows)
    elif rows:
        shown = [[*list(row.values())[:7], f"{row['at']:%Y-%m-%d %H:%M}", *list(row.values())[8:]] for row in rows]
        print_table("verdicts", list(rows[0]), shown, width=60)
    else:
        say("No verdict on which people disagree." if disagreements else "No verdict yet: evalpipe labels suspects")


def _print(sheet: list[SheetRow], with_state: bool) -> None:
    """A line each, without the reasons: to judge them, a person needs the sheet, or `evalpipe show`."""
    if not sheet:
        return
    every_flagged = all(row["flagged"] for row in sheet)
    columns = ["question_id", "suspicion", *([] if every_flagged else ["flagged"]), "targets", "proposed_target"]
    columns += ["state", "signals", "text"] if with_state else ["signals", "text"]
    rows = [[row[name] for name in columns] for row in sheet[:MOST_ROWS]]
    names = {"targets": "label", "proposed_target": "proposed", "signals": "doubted by"}
    print_table("suspects", [names.get(each, each) for each in columns], rows, width=200, rest="text")
    if len(sheet) > MOST_ROWS:
        say(f"… and {len(sheet) - MOST_ROWS:,} more; --export writes them all.")


def _export_format(export: Path | None, format: Format | None) -> Format:
    if export is None:
        return format or "table"
    wanted = format if format in _WRITERS else _FORMAT_OF_SUFFIX.get(export.suffix)
    if wanted is None:
        raise UsageError(f"{export}: the name must end in {', '.join(_FORMAT_OF_SUFFIX)} (Label Studio).")
    return wanted


def _write(file: Path, sheet: list[SheetRow], format: Format, force: bool) -> None:
    try:
        with file.open("w" if force else "x", encoding="utf-8", newline="") as opened:
            opened.write(_WRITERS[format](sheet))
    except FileExistsError:
        raise UsageError(f"{file}: is there already, and may hold verdicts. Choose another name, or --force.") from None
    except OSError as error:
        raise UsageError(f"{file}: cannot be written ({error}).") from None
    then = (
        "import it into Label Studio (`evalpipe labels label-studio-config`), export JSON, and type: evalpipe labels "
        "review EXPORT.json"
        if format == "label-studio"
        else f"fill in verdict and by, and type: evalpipe labels review {quote(str(file))}"
    )
    say(f"{file}: questions: {len(sheet):,}. Now {then}")

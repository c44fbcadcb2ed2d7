"""The verb that shows the leaderboard: the scores, and with --labels what reviewed and doubted labels do to them."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.text import Text

from evalpipe.cli.forest import accuracies_svg, refuse_other_kinds, write_plot
from evalpipe.cli.judged import judge_cell_text, judge_lines
from evalpipe.cli.terminal import JsonFlag, out, print_json, print_table, say
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line
from evalpipe.line.project import Project, open_project
from evalpipe.line.rank import latest_leaderboard
from evalpipe.line.ranks import swapping_pairs
from evalpipe.line.score import COUNTS
from evalpipe.line.shrunk import with_shrunk

_COUNTS = (*COUNTS, "not_asked", "other_versions")
_NAMED_PAIRS = 5  # of ranks that could swap, below the table; --labels names all


def add_to(app: typer.Typer) -> None:
    app.command()(leaderboard)


def leaderboard(
    bank: Annotated[str | None, typer.Option(help="Only this bank.")] = None,
    subjects: Annotated[bool, typer.Option("--subjects", help="One row per subject too.")] = False,
    labels: Annotated[
        bool, typer.Option("--labels", help="What reviewed and doubted labels do to each score, instead of outcomes.")
    ] = False,
    macro: Annotated[
        bool, typer.Option("--macro", help="The mean over subjects too, in which each subject counts alike.")
    ] = False,
    shrink: Annotated[
        bool,
        typer.Option("--shrink", help="With --subjects: each accuracy drawn towards the mean of its subjects too."),
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Draw accuracies with their intervals into this file.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """The last leaderboard: accuracy with its interval, every denominator, drift by reviewed labels, rank."""
    if shrink and not subjects:
        raise UsageError("--shrink is about subjects: add --subjects.")
    refuse_other_kinds(plot)
    print_leaderboard(
        open_project(),
        as_json=as_json,
        bank=bank,
        subjects=subjects,
        labels=labels,
        macro=macro,
        shrink=shrink,
        plot=plot,
    )


def print_leaderboard(
    project: Project,
    *,
    as_json: bool,
    bank: str | None = None,
    subjects: bool = False,
    labels: bool = False,
    macro: bool = False,
    shrink: bool = False,
    plot: Path | None = None,
) -> None:
    rows = latest_leaderboard(project).sort("bank", "rank", "model", "subject", nulls_last=[False, True, False, False])
    if bank is not None:
        rows = _of_bank(rows, bank)
    if plot is not None:
        write_plot(plot, accuracies_svg(rows.filter(pl.col("subject").is_null()).to_dicts()))
    rows = with_shrunk(rows) if shrink else rows
    rows = rows.filter(pl.col("subject").is_null()) if not subjects else rows
    if as_json:
        print_json([_as_json(row) for row in rows.iter_rows(named=True)])
        return
    if rows.is_empty():
        say("The leaderboard is empty: nothing was scored yet. `evalpipe run` evaluates what is in the landing place.")
        return
    header = ["rank", "model", "bank", *(["subject"] if subjects else []), "accuracy"]
    table: list[list[object]] = []
    more: list[list[object]] = []
    for row in rows.iter_rows(named=True):
        place = [_bank(row), *([row["subject"] or "all"] if subjects else [])]
        table.append([row["rank"], _model(row), *place, row["accuracy"]])
        more.append(_label_cells(row) if labels else _outcome_cells(row))
    added = _LABELS if labels else _OUTCOMES
    if labels and not rows["n_open_own_family"].sum():  # then these columns say nothing new
        added = (*_LABELS[:4], *_LABELS[6:])
        more = [[*cells[:4], *cells[6:]] for cells in more]
    if not labels and rows["judge"].is_not_null().any():
        added = (*added, "judge agrees (95%)")
        more = [[*cells, judge_cell_text(row)] for cells, row in zip(more, rows.iter_rows(named=True), strict=True)]
    for name, cells in _asked_for(rows, labels=labels, macro=macro, shrink=shrink):
        added = (*added, name)
        more = [[*before, cell] for before, cell in zip(more, cells, strict=True)]
    print_table("leaderboard", [*header, *added], [a + b for a, b in zip(table, more, strict=True)], width=200)
    whole = rows.filter(pl.col("subject").is_null())
    for line in (*judge_lines(whole), *_doubt_lines(whole)):
        out.print(Text(line), soft_wrap=True)


def _of_bank(rows: pl.DataFrame, bank: str) -> pl.DataFrame:
    """Raises UsageError: nothing of this bank is on the leaderboard."""
    found = rows.filter(pl.col("bank") == bank)
    if found.is_empty() and not rows.is_empty():
        there = ", ".join(one_line(each, 60) for each in rows["bank"].unique().sort())
        raise UsageError(f"--bank {one_line(bank, 60)}: the leaderboard has no such bank. There are: {there}.")
    return found


_OUTCOMES = ("95% interval", "questions", "n", "outcomes", "drift (95%)")
_LABELS = ("raw", "drift (95%)", "doubted", "if all wrong", "own family", "if others wrong", "could swap with")


def _model(row: dict[str, Any]) -> str:
    """The model's name; partial ones with the share of questions that has an outcome, rounded down: 100% is whole."""
    done = row["share_done"]
    share = f", {int(done * 100 + 1e-9)}% done" if done is not None else ""  # null: written by an earlier version
    return from_key(row["model"]) + (f" (partial{share})" if row["partial"] else "")


def _bank(row: dict[str, Any]) -> str:
    return row["bank"] if row["reducer"] in (None, "mean") else f"{row['bank']} ({row['reducer']})"


def _asked_for(
    rows: pl.DataFrame, *, labels: bool, macro: bool, shrink: bool
) -> Iterator[tuple[str, Sequence[object]]]:
    """Columns that are shown where they are asked for, or have something to say."""
    dicts = rows.to_dicts()
    if not labels and rows["failed"].sum():
        yield (
            "if failed were heard",
            [_span(row, "bound_low", "bound_high") if row["failed"] else None for row in dicts],
        )
    for wanted, name, value in ((macro, "macro", "macro_accuracy"), (shrink, "shrunk", "shrunk")):
        if wanted:
            spans = [_span(row, f"{name}_ci95_low", f"{name}_ci95_high") for row in dicts]
            known = zip(dicts, spans, strict=True)
            yield f"{name} (95%)", [f"{row[value]:.4f} ({span})" if span else None for row, span in known]
    if not labels and rows["cost_usd"].sum() > 0:
        yield "cost USD", rows["cost_usd"].to_list()


def _outcome_cells(row: dict[str, Any]) -> list[object]:
    counts = ", ".join(f"{row[name]:,} {name.replace('_', ' ')}" for name in _COUNTS if row[name])
    return [_span(row, "ci95_low", "ci95_high"), row["n_questions"], row["n"], counts, _drift(row)]


def _label_cells(row: dict[str, Any]) -> list[object]:
    return [
        row["accuracy_raw_labels"],
        _drift(row),
        row["n_open_suspects"],
        _span(row, "doubt_low", "doubt_high"),
        row["n_open_own_family"],
        _span(row, "doubt_low_others", "doubt_high_others"),
        ", ".join(from_key(each) for each in row["could_swap_with"] or []) or None,
    ]


def _span(row: dict[str, Any], low: str, high: str) -> str | None:
    return None if row[low] is None else f"{row[low]:.4f} to {row[high]:.4f}"


def _drift(row: dict[str, Any]) -> str | None:
    if row["drift"] is None:
        return None
    if row["drift_ci95_low"] == row["drift_ci95_high"]:
        return "0"  # no label was reviewed
    return f"{row['drift']:+.4f} ({row['drift_ci95_low']:+.4f} to {row['drift_ci95_high']:+.4f})"


def _doubt_lines(rows: pl.DataFrame) -> Iterator[str]:
    """A sentence per bank with open suspects: how many, which ranks rest on them, and what to do."""
    for (bank,), ranked in rows.group_by("bank", maintain_order=True):
        n_open = ranked["n_open_suspects"].max()
        if not isinstance(n_open, int) or not n_open:
            continue
        pairs = swapping_pairs(ranked)
        named = "; ".join(" and ".join(one_line(each, 60) for each in pair) for pair in pairs[:_NAMED_PAIRS])
        rest = f"; {len(pairs) - _NAMED_PAIRS:,} more pairs (--labels)" if len(pairs) > _NAMED_PAIRS else ""
        swap = f"Ranks that could swap: {named}{rest}." if pairs else "No rank rests on them."
        yield (
            f"{one_line(str(bank), 60)}: {n_open:,} doubted labels are not reviewed; they count as they are. {swap} "
            "See --labels, and review them: evalpipe labels suspects"
        )


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in row.items() if not name.endswith(("ci95_low", "ci95_high"))}
    intervals = {
        name: None if row[f"{name}_low"] is None else [row[f"{name}_low"], row[f"{name}_high"]]
        for name in ("ci95", "macro_ci95", "drift_ci95", "shrunk_ci95")
        if f"{name}_low" in row
    }
    shown["judge"] = None if row["judge"] is None else ", ".join(from_key(each) for each in row["judge"].split(", "))
    swaps = None if row["could_swap_with"] is None else [from_key(each) for each in row["could_swap_with"]]
    return {**shown, "model": from_key(row["model"]), "could_swap_with": swaps, **intervals}

"""How the verbs speak: figures to stdout (`--json` for machines), the rest to stderr, hostile text escaped."""

import json
import math
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Table
from rich.text import Text

from evalpipe.core.quoting import one_line, printable

JsonFlag = Annotated[bool, typer.Option("--json", help="Print JSON to stdout instead of a table.")]

# A pipe or a log has no width of its own; a table squeezed into 80 columns breaks within words.
WIDTH = None if sys.stdout.isatty() else 140

out = Console(highlight=False, width=WIDTH)
err = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """A remark to stderr; markup in it is shown, not obeyed."""
    err.print(Text(printable(text)), soft_wrap=True)


def print_json(value: object) -> None:
    sys.stdout.write(json.dumps(_plain(value), ensure_ascii=False, indent=2) + "\n")


def print_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[object]], width: int = 60, rest: str | None = None
) -> None:
    """A table for people. Numbers stand right; cells of hostile text are one escaped line.

    `rest` names a column that is cut to what the others leave of the line, so that each row is one line.
    """
    out.print(Text(title, style="bold"))  # a table would break its title at the table's own width
    table = Table(header_style="bold", expand=rest is not None)
    numeric = [bool(rows) and all(isinstance(row[i], int | float | None) for row in rows) for i in range(len(header))]
    for name, right in zip(header, numeric, strict=True):
        if name == rest:
            table.add_column(name, overflow="ellipsis", no_wrap=True, ratio=1, min_width=20)
        else:
            table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_shown(value, width)) for value in row))
    out.print(table)


def _shown(value: object, width: int) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int):
        return f"{value:,}"
    return one_line(str(value), width)


def _plain(value: object) -> object:
    """JSON has no NaN and no time; lone surrogates would break the reader's terminal or parser."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class Bar:
    """A progress bar on stderr for one piece of work after the other: done, rate, remaining, failures, cost.

    Where stderr is no terminal it prints a line every ten seconds instead.
    """

    LINE_EVERY_S = 10.0

    def __init__(self) -> None:
        self._terminal = err.is_terminal
        self._label = ""
        self._total: int | None = None
        self._done, self._failed, self._cost_usd = 0, 0, 0.0
        self._started = self._spoke = 0.0
        self._bar: RichProgress | None = None
        self._task: Any = None

    def start(self, label: str, total: int | None) -> None:
        self._label, self._total = printable(label), total
        self._done, self._failed, self._cost_usd = 0, 0, 0.0
        self._started = self._spoke = time.monotonic()
        if self._terminal:
            self._bar = RichProgress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[figures]}", markup=False),
                TimeRemainingColumn(),
                console=err,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self._label, total=total, figures="")

    def advance(self, done: int = 1, failed: int = 0, cost_usd: float = 0.0) -> None:
        self._done += done
        self._failed += failed
        self._cost_usd += cost_usd
        now = time.monotonic()
        if self._bar is not None:
            if now - self._spoke > 0.1:  # ten times a second is as fast as one can read
                self._spoke = now
                self._bar.update(self._task, completed=self._done, figures=self._figures(now))
        elif now - self._spoke > self.LINE_EVERY_S:
            self._spoke = now
            total = f"/{self._total:,}" if self._total else ""
            left = ""
            if self._total and self._done:
                left = f", {(self._total - self._done) * (now - self._started) / self._done:.0f} s left"
            say(f"{self._label}: {self._done:,}{total}{left}, {self._figures(now)}")

    def reach(self, done: int) -> None:
        """As `advance`, for work that says how far it is."""
        self.advance(done - self._done)

    def finish(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def note(self, text: str) -> None:
        say(text)

    def _figures(self, now: float) -> str:
        rate = self._done / max(now - self._started, 1e-6)
        failed = f", {self._failed} failed" if self._failed else ""
        cost = f", {self._cost_usd:.4f} USD" if self._cost_usd else ""
        return f"{rate:,.1f}/s{failed}{cost}"

"""Figures with their intervals as a picture: a line from the low to the high end of each, a dot at the figure.

SVG is written by hand, as text: a plotting library would be 50 MB for a few lines and circles.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from evalpipe.cli.terminal import say
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line
from evalpipe.core.stats import Interval
from evalpipe.line.compare import Compared

_ROW, _HEAD, _FOOT = 26, 40, 40  # pixels
_LEFT, _PLOT, _RIGHT = 260, 480, 170
_WIDTH = _LEFT + _PLOT + _RIGHT
_NAME = 32  # characters of a name that fit beside the plot
_TICKS = 5  # about as many


@dataclass(frozen=True, slots=True)
class Drawn:
    """One line of the picture, under the heading of its bank. `hollow`: not finished, or not significant. `could_be`:
    a thin line behind the interval.
    """

    bank: str
    name: str
    value: float
    interval: Interval
    figures: str
    hollow: bool = False
    could_be: Interval | None = None


def refuse_other_kinds(plot: Path | None) -> None:
    """Raises UsageError: the file's name says that it is no SVG. To be asked before anything is done."""
    if plot is not None and plot.suffix.lower() != ".svg":
        raise UsageError(f"--plot {one_line(str(plot), 200)}: only SVG is drawn. Let the file's name end in .svg.")


def write_plot(file: Path, svg: str) -> None:
    """Raises UsageError: the file cannot be written."""
    try:
        file.write_text(svg, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"--plot {one_line(str(file), 200)}: cannot be written ({error.strerror}).") from None
    say(f"Drawn: {file}")


def accuracies_svg(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of table `leaderboard`, in the order given; those without an accuracy are left out.

    Partial runs are drawn hollow. Where answers failed, a thin line shows what they could change.
    """
    return forest_svg("Accuracy with its 95% interval, by model", [*_accuracies(rows)])


def _accuracies(rows: Sequence[Mapping[str, Any]]) -> Iterator[Drawn]:
    for row in rows:
        if (accuracy := row["accuracy"]) is None:
            continue
        interval = Interval(row["ci95_low"], row["ci95_high"])
        figures = f"{accuracy:.3f} [{interval.low:.3f}, {interval.high:.3f}]"
        lowest, highest = (row["bound_low"], row["bound_high"]) if row["failed"] else (None, None)
        could_be = None if lowest is None or highest is None else Interval(lowest, highest)
        yield Drawn(row["bank"], from_key(row["model"]), accuracy, interval, figures, row["partial"], could_be)


def differences_svg(compared: Sequence[Compared]) -> str:
    """Differences of models in points, the first minus the second; hollow where they are not significant."""
    return forest_svg("Difference in points with its 95% interval", [_difference(each) for each in compared], at=0.0)


def _difference(each: Compared) -> Drawn:
    found, half = each.judged.comparison, _NAME // 2 - 1
    a, b = (one_line(from_key(key), half) for key in (each.a, each.b))
    name = f"{a} - {b}" if each.subject is None else each.subject
    interval = Interval(100 * found.ci.low, 100 * found.ci.high)
    figures = f"{100 * found.difference:+.2f} [{interval.low:+.2f}, {interval.high:+.2f}]"
    hollow = each.judged.verdict not in ("better", "worse")
    bank = each.bank if each.subject is None else f"{each.bank}: {a} - {b}"
    return Drawn(bank, name, 100 * found.difference, interval, figures, hollow)


def forest_svg(title: str, shown: Sequence[Drawn], at: float | None = None) -> str:
    """A self-contained SVG, bank by bank. No script, no font and no address is in it, and names are escaped.

    `at`: a value that the axis must show, with a darker line: no difference.
    """
    banks = list(dict.fromkeys(each.bank for each in shown))
    height = _HEAD * max(1, len(banks)) + _ROW * len(shown) + _FOOT
    spans = [span for each in shown for span in (each.interval, each.could_be) if span is not None]
    ends = [end for span in spans for end in (span.low, span.high)] + ([] if at is None else [at])
    axis = _axis(min(ends, default=0.0), max(ends, default=1.0))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="13" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            *_lines(shown, banks, axis, height, at),
            "</svg>\n",
        ]
    )


def _lines(
    shown: Sequence[Drawn], banks: Sequence[str], axis: list[float], height: int, at: float | None
) -> Iterator[str]:
    low, high = axis[0], axis[-1]

    def x(value: float) -> float:
        return round(_LEFT + _PLOT * (value - low) / (high - low), 1)

    for tick in axis:
        ink = "#999999" if tick == at else "#dddddd"
        yield f'<path d="M{x(tick)} {_HEAD - 14}V{height - _FOOT + 6}" stroke="{ink}"/>'
        yield f'<text x="{x(tick)}" y="{height - _FOOT + 22}" text-anchor="middle" fill="#555555">{tick:g}</text>'
    y = 0
    for bank in banks:
        yield f'<text x="12" y="{y + _HEAD - 14}" font-weight="bold">{_text(bank, 2 * _NAME)}</text>'
        y += _HEAD
        for each in shown:
            if each.bank == bank:
                yield from _row(each, y + _ROW / 2 - 4, x)
                y += _ROW


def _row(each: Drawn, y: float, x: Callable[[float], float]) -> Iterator[str]:
    yield f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end">{_text(each.name, _NAME)}</text>'
    for span, width in ((each.could_be, 1), (each.interval, 3)):
        if span is not None:
            yield f'<path d="M{x(span.low)} {y}H{x(span.high)}" stroke="#2563a8" stroke-width="{width}"/>'
    fill = "#ffffff" if each.hollow else "#2563a8"
    yield f'<circle cx="{x(each.value)}" cy="{y}" r="5" fill="{fill}" stroke="#2563a8" stroke-width="2"/>'
    yield f'<text x="{_LEFT + _PLOT + 14}" y="{y + 4}" fill="#555555">{each.figures}</text>'


def _axis(low: float, high: float) -> list[float]:
    """Round values from at most `low` to at least `high`, evenly spaced."""
    rough = max(high - low, 0.02) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(at * step, 6) for at in range(first, max(last, first + 1) + 1)]


def _text(name: str, length: int) -> str:
    return escape(one_line(name, length))

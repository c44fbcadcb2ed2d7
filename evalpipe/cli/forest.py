"""The leaderboard as a picture: a line per model from the low to the high end of its interval, a dot at its accuracy.

SVG is written by hand, as text: a plotting library would be 50 MB for a few lines and circles.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line

_ROW, _HEAD, _FOOT = 26, 40, 40  # pixels
_LEFT, _PLOT, _RIGHT = 260, 480, 170
_WIDTH = _LEFT + _PLOT + _RIGHT
_NAME = 32  # characters of a name that fit beside the plot
_TICKS = 5  # about as many


def forest_svg(rows: Sequence[Mapping[str, Any]]) -> str:
    """A self-contained SVG of rows of table `leaderboard` in the order given, bank by bank; without an accuracy none.

    Partial runs are drawn hollow. Where answers failed, a thin line shows what they could change. No script, no font
    and no address is in it, and names are escaped.
    """
    shown = [row for row in rows if row["accuracy"] is not None]
    banks = list(dict.fromkeys(row["bank"] for row in shown))
    height = _HEAD * max(1, len(banks)) + _ROW * len(shown) + _FOOT
    ends = [row[name] for row in shown for name in ("ci95_low", "ci95_high", *_bounds(row))]
    axis = _axis(min(ends, default=0.0), max(ends, default=1.0))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="13" role="img">',
            "<title>Accuracy with its 95% interval, by model</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            *_lines(shown, banks, axis, height),
            "</svg>\n",
        ]
    )


def _lines(shown: Sequence[Mapping[str, Any]], banks: Sequence[str], axis: list[float], height: int) -> Iterator[str]:
    low, high = axis[0], axis[-1]

    def x(value: float) -> float:
        return round(_LEFT + _PLOT * (value - low) / (high - low), 1)

    for tick in axis:
        yield f'<path d="M{x(tick)} {_HEAD - 14}V{height - _FOOT + 6}" stroke="#dddddd"/>'
        yield f'<text x="{x(tick)}" y="{height - _FOOT + 22}" text-anchor="middle" fill="#555555">{tick:g}</text>'
    y = 0
    for bank in banks:
        yield f'<text x="12" y="{y + _HEAD - 14}" font-weight="bold">{_text(bank)}</text>'
        y += _HEAD
        for row in shown:
            if row["bank"] == bank:
                yield from _row(row, y + _ROW / 2 - 4, x)
                y += _ROW


def _row(row: Mapping[str, Any], y: float, x: Any) -> Iterator[str]:  # noqa: ANN401  a function of one float
    accuracy = row["accuracy"]
    figure = f"{accuracy:.3f} [{row['ci95_low']:.3f}, {row['ci95_high']:.3f}]"
    yield f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end">{_text(from_key(row["model"]))}</text>'
    for name, width in (("bound_low", 1), ("ci95_low", 3)):
        if name == "ci95_low" or _bounds(row):
            ends = row[name], row[name.replace("low", "high")]
            yield f'<path d="M{x(ends[0])} {y}H{x(ends[1])}" stroke="#2563a8" stroke-width="{width}"/>'
    fill = "#ffffff" if row["partial"] else "#2563a8"
    yield f'<circle cx="{x(accuracy)}" cy="{y}" r="5" fill="{fill}" stroke="#2563a8" stroke-width="2"/>'
    yield f'<text x="{_LEFT + _PLOT + 14}" y="{y + 4}" fill="#555555">{figure}</text>'


def _bounds(row: Mapping[str, Any]) -> tuple[str, ...]:
    return ("bound_low", "bound_high") if row["failed"] and row["bound_low"] is not None else ()


def _axis(low: float, high: float) -> list[float]:
    """Round values from at most `low` to at least `high`, evenly spaced, within 0 and 1."""
    rough = max(high - low, 0.02) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(at * step, 6) for at in range(first, max(last, first + 1) + 1)]


def _text(name: str) -> str:
    return escape(one_line(name, _NAME))

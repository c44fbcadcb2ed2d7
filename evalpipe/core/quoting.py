"""Hostile text made safe to show: in a terminal, in Markdown, in a CSV cell."""

import html
import re

# C0 and C1 controls except newline and tab, and the marks that reorder what a terminal shows.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# The full-width ones too: spreadsheets of East Asian locales take them for the plain ones (OWASP, "CSV Injection").
_FORMULA = re.compile("[-=+@\t\r\n＝＋－＠]")
_GUARDED = re.compile("'+[-=+@\t\r\n＝＋－＠]")
_SIGNED_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def printable(text: str) -> str:
    """Text with control characters spelled out, so that it cannot move a cursor or set a colour."""
    return _CONTROLS.sub(lambda hit: f"\\u{ord(hit[0]):04x}", text)


def one_line(text: str, width: int = 120) -> str:
    """Printable text on one line, cut at `width` characters with an ellipsis."""
    flat = " ".join(printable(text).split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def markdown_cell(text: str, width: int = 120) -> str:
    """Text for a cell of a Markdown table: one line, no markup, no HTML."""
    return re.sub(r"([\\`*_{}\[\]|<>#])", r"\\\1", html.escape(one_line(text, width), quote=False))


def markdown_code(text: str, width: int = 120) -> str:
    """Text as a code span for a cell of a Markdown table, where no link, mention, HTML or markup can arise.

    A span and its cell end at a backtick and at a pipe, and a backslash would undo the escape of one: what stands in
    their place looks alike.
    """
    return f"`{one_line(text, width).replace('`', '´').replace(chr(92), '＼').replace('|', chr(92) + '|') or ' '}`"


def csv_cell(text: str) -> str:
    """Text for a CSV cell: one that a spreadsheet would run as a formula gets an apostrophe in front.

    A plain negative or signed number stays as it is. `uncsv_cell` takes exactly the apostrophe off again.
    """
    if _GUARDED.match(text) or (_FORMULA.match(text) and not _SIGNED_NUMBER.fullmatch(text)):
        return "'" + text
    return text


def uncsv_cell(cell: str) -> str:
    """The text that `csv_cell` was given."""
    return cell[1:] if _GUARDED.match(cell) else cell

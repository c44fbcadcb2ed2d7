"""What comes out of a drop: rows as a file has them, questions, and what could not be read."""

from dataclasses import dataclass

from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line

SHOWN_CHARACTERS = 80  # enough to find the place in an editor; a reason is read in a table
_TYPE_NAMES: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as its file has it. `line` is 1-based; in Parquet, and in no other format, it is the row's number."""

    file: str
    line: int
    fields: dict[str, object]


@dataclass(frozen=True, slots=True)
class Reject:
    """What could not be read, why, and what to do. `line` is None where the rest of the file is meant."""

    file: str
    line: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """A question that could be read; whether it can be scored is for `labels` to say.

    `row` is zero-based over all rows of the drop, files in sorted order, rejected rows counted too.
    """

    file: str
    line: int
    row: int
    question: Question


class UnreadableRowError(Exception):
    """Why a row cannot be read; becomes the reason of its Reject and never leaves `sources`."""


def shown(text: str) -> str:
    """Hostile text quoted for a reason: one line, no control characters, short."""
    return f"'{one_line(text[: SHOWN_CHARACTERS * 2], SHOWN_CHARACTERS - 2)}'"


def type_name(value: object) -> str:
    """What a person would call the type of a value."""
    return _TYPE_NAMES.get(type(value), f"of type {type(value).__name__}")

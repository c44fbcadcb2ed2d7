"""A record of the journal as one line of JSON, and back: equal, whatever texts it holds."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import cast

import orjson

Row = dict[str, object]


def to_line(row: Mapping[str, object]) -> bytes:
    """A record as one line of JSON."""
    try:
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError:  # half of a surrogate pair, as a model cut off within an emoji leaves it
        return json.dumps(row, default=datetime.isoformat).encode("ascii") + b"\n"


def read_line(line: bytes) -> Row | None:
    """The record of a whole line; None for what is none, as a crash of the machine can leave a block of zeros."""
    try:
        row: object = orjson.loads(line)
    except orjson.JSONDecodeError:
        row = _with_half_pairs(line)
    return cast("Row", row) if isinstance(row, dict) else None


def _with_half_pairs(line: bytes) -> object:
    """The same by the standard library, which reads half of a surrogate pair as well."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None

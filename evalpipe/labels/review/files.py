"""Verdict files: CSV, JSON lines, Label Studio's JSON. A line that cannot be used is named, the others are taken."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal, cast

from evalpipe.core.quoting import uncsv_cell
from evalpipe.labels.review.label_studio import task_rows
from evalpipe.labels.review.reviews import Review
from evalpipe.labels.review.rows import OPTIONAL, REQUIRED, BadLine, Row, review_of, unjudged

FileFormat = Literal["csv", "jsonl", "json"]
FORMAT_OF_SUFFIX: dict[str, FileFormat] = {".csv": "csv", ".jsonl": "jsonl", ".json": "json"}
MAX_MENDS = 100  # broken lines of one CSV file; each may be read to the end of a 131 kB field


@dataclass(frozen=True, slots=True)
class Found:
    """A verdict and the line, or the task, that it stands on."""

    line: int
    review: Review


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What a file holds: verdicts in its order, bad lines, and how many rows were not judged yet."""

    found: tuple[Found, ...]
    bad: tuple[BadLine, ...]
    unjudged: int


def read_reviews(name: str, text: str, format: FileFormat) -> Verdicts:
    """The verdicts in a file's text, those that bear a time each once, and the lines that are none.

    Fields: bank, question_id, verdict, by; correct_target for `correct`; at (ISO 8601; without offset it is UTC), why,
    question_version, drop, picked and overrules as wanted. Other fields are left alone. A row with neither verdict nor
    correct_target is not judged yet. `name` is the file's, for the reasons.
    """
    read = {"csv": _csv_rows, "jsonl": _json_rows, "json": task_rows}[format]
    found: list[Found] = []
    bad: list[BadLine] = []
    dated: set[str] = set()
    blank = 0
    for line, row in read(text.removeprefix("\ufeff")):
        if not isinstance(row, str) and unjudged(row):
            blank += 1
            continue
        review = row if isinstance(row, str) else review_of(row)
        if isinstance(review, str):
            bad.append(BadLine(line, f"{place(name, line, format)}: {review}"))
        elif review.at is None or review.said not in dated:
            dated.add(review.said)
            found.append(Found(line, review))
    return Verdicts(tuple(found), tuple(bad), blank)


def place(name: str, line: int, format: FileFormat) -> str:
    """Where a person finds it again."""
    return f"{name}: task {line}" if format == "json" else f"{name}:{line}"


def _csv_rows(text: str) -> Iterator[tuple[int, Row | str]]:
    """Rows by the line that they begin on. After a line that is no CSV, reading begins anew with the next."""
    lines = list(io.StringIO(text, newline=""))
    header: list[str] | None = None
    begin = read = mends = 0
    while begin < len(lines):
        reader = csv.reader(islice(lines, begin, None), strict=True)
        try:
            for cells in reader:
                line, read = read + 1, begin + reader.line_num
                if not any(cells):
                    continue
                if header is None:
                    header = [cell.strip() for cell in cells]
                    if missing := [column for column in REQUIRED if column not in header]:
                        yield line, f"the header lacks {', '.join(missing)}. It needs {', '.join(REQUIRED)}."
                        return
                elif len(cells) > len(header):
                    yield (
                        line,
                        f"{len(cells)} cells under a header of {len(header)}. Quote the cell that holds a comma.",
                    )
                else:
                    yield line, {column: uncsv_cell(cell) for column, cell in zip(header, cells, strict=False)}
            return
        except csv.Error as error:
            mends += 1
            yield read + 1, f"not CSV ({error}). Mend its quotes{'' if mends < MAX_MENDS else '; reading stops here'}."
            begin = read = read + 1 if mends < MAX_MENDS else len(lines)


def _json_rows(text: str) -> Iterator[tuple[int, Row | str]]:
    for line, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            row: object = json.loads(raw, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            yield line, "not JSON. One object a line."
            continue
        yield line, _texts(cast("Mapping[str, object]", row)) if isinstance(row, dict) else "not a JSON object."


def _texts(row: Mapping[str, object]) -> Row | str:
    """The fields that a verdict may have; numbers came as text already, and `overrules` may be a JSON boolean."""
    fields = {key: row[key] for key in (*REQUIRED, *OPTIONAL) if row.get(key) is not None}
    if isinstance(fields.get("overrules"), bool):
        fields["overrules"] = "yes" if fields["overrules"] else "no"
    odd = [key for key, value in fields.items() if not isinstance(value, str)]
    if odd:
        return f"{', '.join(odd)} must be text."
    return cast("Row", fields)

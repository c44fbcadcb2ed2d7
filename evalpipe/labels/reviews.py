"""A person's verdicts on suspects: read from a file's text, and settled into what counts as right.

A review is never overwritten: a later one supersedes it. A line that cannot be used is named, the others are taken.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Literal, cast, get_args

from evalpipe.core.questions import Status
from evalpipe.core.quoting import one_line
from evalpipe.core.versions import digest

Verdict = Literal["confirm", "correct", "ambiguous", "exclude"]
VERDICTS: tuple[str, ...] = get_args(Verdict)
REQUIRED = ("bank", "question_id", "verdict", "by")
OPTIONAL = ("correct_target", "at", "why", "question_version", "drop")
MAX_MENDS = 100  # broken lines of one CSV file; each may be read to the end of a 131 kB field
MAX_FIELD = 10_000  # characters; a verdict is a few words
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Review:
    """One verdict. `review_id` is the digest of everything else, so that reading a file twice adds nothing."""

    bank: str
    question_id: str
    verdict: Verdict
    by: str
    correct_target: str | None = None
    at: datetime | None = None  # aware; None: before every dated one
    why: str | None = None
    question_version: str | None = None  # None: whatever the question says
    drop: str | None = None  # None: every drop that holds the question
    review_id: str = field(init=False)

    def __post_init__(self) -> None:
        at = self.at.astimezone(UTC).isoformat() if self.at else None
        parts = (self.bank, self.question_id, self.verdict, self.by, self.correct_target, at, self.why)
        object.__setattr__(self, "review_id", digest(*parts, self.question_version, self.drop))


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a review file that could not be used, counted from 1, and what is wrong with it."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What counts as right after all reviews, and whether the question counts."""

    targets: tuple[str, ...]
    status: Status
    review_ids: tuple[str, ...]  # of the reviews that were heard, oldest first; the last one decided


def read_reviews(name: str, text: str, format: Literal["csv", "jsonl"]) -> tuple[list[Review], list[BadLine]]:
    """The verdicts in a file's text, each once, and the lines that are none.

    Fields: bank, question_id, verdict, by; correct_target for `correct`; at (ISO 8601; without offset it is UTC), why,
    question_version and drop as wanted. Other fields are left alone. `name` is the file's, for the reasons.
    """
    rows = _csv_rows(text.removeprefix("\ufeff")) if format == "csv" else _json_rows(text.removeprefix("\ufeff"))
    reviews: dict[str, Review] = {}
    bad: list[BadLine] = []
    for line, row in rows:
        review = row if isinstance(row, str) else _review(row)
        if isinstance(review, str):
            bad.append(BadLine(line, f"{name}:{line}: {review}"))
        else:
            reviews.setdefault(review.review_id, review)
    return list(reviews.values()), bad


def applies(review: Review, *, drop: str, question_version: str) -> bool:
    """A review holds for the drop that it names and the question version that it saw."""
    return review.drop in (None, drop) and review.question_version in (None, question_version)


def settle(targets: tuple[str, ...], reviews: Iterable[Review]) -> Settled:
    """Apply one question's reviews: the latest wins, by its time and then by its place."""
    heard = sorted(reviews, key=lambda review: review.at or _LONG_AGO)
    ids = tuple(review.review_id for review in heard)
    last = heard[-1] if heard else None
    if last is None or last.verdict == "confirm":
        return Settled(targets, "active", ids)
    if last.verdict == "correct" and last.correct_target is not None:
        return Settled((last.correct_target,), "active", ids)
    return Settled(targets, "ambiguous" if last.verdict == "ambiguous" else "excluded", ids)


def _csv_rows(text: str) -> Iterator[tuple[int, Mapping[str, str] | str]]:
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
                    yield line, {column: _unguarded(cell) for column, cell in zip(header, cells, strict=False)}
            return
        except csv.Error as error:
            mends += 1
            yield read + 1, f"not CSV ({error}). Mend its quotes{'' if mends < MAX_MENDS else '; reading stops here'}."
            begin = read = read + 1 if mends < MAX_MENDS else len(lines)


def _unguarded(cell: str) -> str:
    """A cell without the apostrophe that `csv_cell` puts before what a spreadsheet would run."""
    return cell[1:] if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


def _json_rows(text: str) -> Iterator[tuple[int, Mapping[str, str] | str]]:
    for line, raw in enumerate(text.split("\n"), start=1):
        if not raw.strip():
            continue
        try:
            row: object = json.loads(raw, parse_int=str, parse_float=str, parse_constant=str)
        except (ValueError, RecursionError):
            yield line, "not JSON. One object a line."
            continue
        if not isinstance(row, dict):
            yield line, "not a JSON object. One object a line."
            continue
        fields = {key: value for key, value in cast("dict[str, object]", row).items() if value is not None}
        odd = [key for key in (*REQUIRED, *OPTIONAL) if not isinstance(fields.get(key, ""), str)]
        if odd:
            yield line, f"{', '.join(odd)} must be text."
        else:
            yield line, {key: value for key, value in fields.items() if isinstance(value, str)}


def _review(row: Mapping[str, str]) -> Review | str:
    """The review that a row holds, or what is wrong with it."""
    values = {key: row.get(key, "").strip() for key in (*REQUIRED, *OPTIONAL)}
    for key, value in values.items():
        if key in REQUIRED and not value:
            return f"`{key}` is empty."
        if len(value) > MAX_FIELD or _broken(value):
            return f"`{key}` is too long (over {MAX_FIELD:,} characters) or broken Unicode."
    verdict = values["verdict"].lower()
    if verdict not in VERDICTS:
        return f"verdict {one_line(verdict, 40)!r} is none of {', '.join(VERDICTS)}."
    if (verdict == "correct") != bool(values["correct_target"]):
        need = "needs a correct_target" if verdict == "correct" else "takes no correct_target (only `correct` does)"
        return f"verdict `{verdict}` {need}."
    try:
        at = datetime.fromisoformat(values["at"]) if values["at"] else None
        at = at if at is None else (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return f"at {one_line(values['at'], 40)!r} is no ISO 8601 time, such as 2026-11-23T14:05:00Z."
    optional = {key: values[key] or None for key in ("correct_target", "why", "question_version", "drop")}
    return Review(values["bank"], values["question_id"], cast("Verdict", verdict), values["by"], at=at, **optional)


def _broken(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)

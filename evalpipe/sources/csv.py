"""CSV and TSV with a header line; plain or gzip. Quoted fields may span lines.

One quote that is never closed swallows all that follows. So a record whose quotes do not close costs its first line
only, and the lines that it swallowed are read again.
"""

import csv
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

from evalpipe.core.quoting import one_line
from evalpipe.sources.lines import MAX_LINE_BYTES, Line, numbered_lines
from evalpipe.sources.rows import Reject, SourceRow, UnreadableRowError, shown

MAX_RECORD_BYTES = 2**20  # of a record over several lines; a longer one is a quote that was not closed
MAX_REREAD_BYTES = 256 * 2**20  # a hostile file could have every line read again for each line before it
# What Python's csv module says, for a person.
_ERRORS = {
    "unexpected end of data": "a quote is not closed",
    "new-line character": "a carriage return stands inside a line",
}


class _QuoteError(UnreadableRowError):
    """The record's quotes do not close where they should, so that it is not known where it ends."""


class _Lines:
    """Lines for `csv.reader`, which asks for one record's lines; they can be given back."""

    def __init__(self, source: Iterator[Line | Reject]) -> None:
        self._source = source
        self._waiting: deque[Line | Reject] = deque()
        self._reread_bytes = 0
        self._taken_bytes = 0
        self._reread_to = 0
        self.taken: list[Line] = []

    def head(self) -> Line | Reject | None:
        """What comes next, left in its place."""
        if not self._waiting:
            following = next(self._source, None)
            if following is None:
                return None
            self._waiting.append(following)
        return self._waiting[0]

    def start_record(self) -> None:
        """Forget the record before."""
        self.taken = []
        self._taken_bytes = 0

    def pop(self) -> None:
        """Drop what comes next."""
        self._waiting.popleft()

    def give_back(self) -> bool:
        """Put back all lines of the record but its first; False if too much was read again already."""
        self._reread_bytes += self._taken_bytes
        if self._reread_bytes > MAX_REREAD_BYTES:
            return False
        self._waiting.extendleft(reversed(self.taken[1:]))
        self._reread_to = max(self._reread_to, self.taken[-1].number)
        return True

    def begins_inside_quotes(self) -> bool:
        """Whether the record is likely the end of a broken one: read again, and a quote in it has no partner."""
        quotes = sum(line.content.count(b'"') for line in self.taken)
        return self.taken[0].number <= self._reread_to and quotes % 2 == 1

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self.head()
        if not isinstance(line, Line) or (self.taken and self._taken_bytes > MAX_RECORD_BYTES):
            raise StopIteration  # in a strict reader this ends an open quote with csv.Error
        self.pop()
        self.taken.append(line)
        self._taken_bytes += len(line.content)
        return line.content.decode("utf-8", "surrogateescape")  # bytes that are not UTF-8 are found per record


def read_csv(path: Path, name: str) -> Iterator[SourceRow | Reject]:
    """Each record below the header, as a row of texts. Raises OSError: the file cannot be read."""
    csv.field_size_limit(MAX_LINE_BYTES)  # Python's own limit is 128 kB; this one is for the whole process
    lines = _Lines(numbered_lines(path, name))
    reader: Iterator[list[str]] | None = None
    header: list[str] = []
    while (head := lines.head()) is not None:
        if isinstance(head, Reject):
            lines.pop()
            yield head
            continue
        if not head.content.strip():
            lines.pop()
            continue
        if reader is None:
            reader = csv.reader(lines, delimiter=_delimiter(name, head.content), strict=True)
        lines.start_record()
        try:
            cells = _record(reader, lines, header)
            if header:
                yield SourceRow(name, lines.taken[0].number, {k: v for k, v in zip(header, cells, strict=True) if k})
            else:
                header = _header(cells)
        except UnreadableRowError as error:
            first = lines.taken[0].number
            yield Reject(name, first if header else None, str(error))
            if not header:
                return
            if isinstance(error, _QuoteError) and not lines.give_back():
                reason = f"lies in a quoted field that line {first} opens and does not close. Close it there."
                for line in lines.taken[1:]:
                    yield Reject(name, line.number, reason)


def _delimiter(name: str, header: bytes) -> str:
    """By the name; but a spreadsheet of many countries writes semicolons into its .csv."""
    if name.lower().removesuffix(".gz").endswith(".tsv"):
        return "\t"
    return next((mark for mark in (",", ";", "\t") if mark.encode() in header), ",")


def _record(reader: Iterator[list[str]], lines: _Lines, header: list[str]) -> list[str]:
    try:
        cells = next(reader)
    except csv.Error as error:
        said = "unexpected end of data" if len(lines.taken) > 1 else str(error)
        what = next((what for known, what in _ERRORS.items() if known in said), one_line(said, 60))
        reason = f"not CSV ({what}). Put text with quotes, commas or line ends in quotes, and double each quote in it."
        raise _QuoteError(reason) from error
    if lines.begins_inside_quotes():
        raise UnreadableRowError("the end of a record whose quotes do not close. Double each quote inside quotes.")
    if header and len(cells) != len(header):
        reason = f"{len(cells)} cells where the header has {len(header)}. Put text with commas in quotes."
        raise UnreadableRowError(reason)
    text = "".join(cells)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise UnreadableRowError("not UTF-8. Save the file as UTF-8.") from error
    return cells


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    twice = next((one for one, count in Counter(names).items() if one and count > 1), None)
    if twice is not None:
        raise UnreadableRowError(f"the header names column {shown(twice)} twice. Rename one.")
    if not any(names):
        raise UnreadableRowError("the header names no column. Begin the file with a line of column names.")
    return names

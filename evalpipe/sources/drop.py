"""A drop: its files in order, its rows as questions."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from evalpipe.core.quoting import one_line, printable
from evalpipe.sources.csv import read_csv
from evalpipe.sources.jsonl import read_jsonl
from evalpipe.sources.parquet import read_parquet
from evalpipe.sources.reading import question_of
from evalpipe.sources.rows import Delivered, Reject, SourceRow, UnreadableRowError
from evalpipe.sources.shapes import SNIFFED_ROWS, Shape, known_names, recognise, sniff
from evalpipe.sources.spec import FILE_NAME, DropSpec, id_pattern

Reader = Callable[[Path, str], Iterator[SourceRow | Reject]]

# A new format is one file, one test, and one line here.
READERS: dict[str, Reader] = {
    ".parquet": read_parquet,
    ".jsonl": read_jsonl,
    ".jsonl.gz": read_jsonl,
    ".ndjson": read_jsonl,
    ".ndjson.gz": read_jsonl,
    ".json": read_jsonl,
    ".json.gz": read_jsonl,
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".tsv": read_csv,
    ".tsv.gz": read_csv,
}
_PAPERS = ("readme", "license", "licence")  # what people put beside data
_MAX_SHAPES = 100  # JSON rows may each leave out something else


def read_drop(folder: Path, spec: DropSpec) -> Iterator[Delivered | Reject]:
    """Every row of the drop in order, as a question or with the reason why not; one broken row stops nothing.

    Memory is bounded by a batch of rows, not by the drop.
    """
    row = 0
    for path in _files(folder):
        for item in _read_file(path, printable(path.relative_to(folder).as_posix()), spec, row):
            row += isinstance(item, Delivered) or item.line is not None
            yield item


def nothing_readable(drop: str, rejects: Sequence[Reject]) -> str:
    """One sentence for a drop of which no row could be read."""
    name = one_line(drop)
    if not rejects:
        known = ", ".join(READERS)
        return f"drop `{name}` holds no row of any question file. Publish a drop with files ending in {known}."
    reason, count = Counter(one.reason for one in rejects).most_common(1)[0]
    first = next(one for one in rejects if one.reason == reason)
    place = one_line(first.file) + (f":{first.line}" if first.line is not None else "")
    others = f" ({count} of {len(rejects)} rejects say so)" if len(rejects) > 1 else ""
    return f"drop `{name}`: nothing in it can be read. {place}: {reason}{others} Mend it and publish it as a new drop."


def _files(folder: Path) -> list[Path]:
    """All files but hidden ones, papers and drop.toml, by relative name; also links to folders and folders that
    cannot be opened, to be rejected."""
    found: list[Path] = []
    for parent, folders, files in os.walk(folder, onerror=lambda error: found.append(Path(error.filename))):
        linked = [name for name in folders if Path(parent, name).is_symlink()]
        folders[:] = [name for name in folders if name not in linked and not name.startswith((".", "_"))]
        for name in (*files, *linked):
            if not name.startswith((".", "_")) and name != FILE_NAME and not name.lower().startswith(_PAPERS):
                found.append(Path(parent, name))
    return sorted(found, key=lambda path: path.relative_to(folder).as_posix())


def _read_file(path: Path, name: str, spec: DropSpec, first_row: int) -> Iterator[Delivered | Reject]:
    reader = next((READERS[one] for one in READERS if path.name.lower().endswith(one)), None)
    if not path.is_file():  # it may be a pipe, which would never end
        yield Reject(name, None, "not a file that can be opened. Put the file itself into the drop, not a link.")
    elif reader is None:
        yield Reject(name, None, f"unknown kind of file. Known are {', '.join(READERS)}.")
    else:
        try:
            yield from _questions(reader, path, name, spec, first_row)
        except OSError as error:
            yield Reject(name, None, f"cannot be read ({error.strerror or one_line(str(error), 80)}).")


def _questions(reader: Reader, path: Path, name: str, spec: DropSpec, first_row: int) -> Iterator[Delivered | Reject]:
    sniffed = sniff(islice(reader(path, name), SNIFFED_ROWS), spec)
    known = known_names(spec)
    pattern = id_pattern(spec.question_id) if spec.question_id else None
    shapes: dict[frozenset[str], Shape] = {}
    row = first_row
    for item in reader(path, name):
        if isinstance(item, Reject):
            yield item
            row += item.line is not None
            continue
        columns = sniffed.columns | (item.fields.keys() & known)
        try:
            shape = shapes.get(columns)
            if shape is None:
                if len(shapes) >= _MAX_SHAPES:
                    shapes.clear()
                shape = shapes[columns] = recognise(columns, sniffed, spec, item.fields)
            yield Delivered(name, item.line, row, question_of(item.fields, shape, spec, pattern, row))
        except UnreadableRowError as error:
            yield Reject(name, item.line, str(error))
        except RecursionError:
            yield Reject(name, item.line, "nested too deep to be read. Flatten it.")
        row += 1

"""The answer journal: what came back is on disk before it counts as received.

A folder per cell, a segment per run: `<lake>/_journal/<model>/<shard>/<segment>.jsonl`, one record a line (and one per
member of the committee and drop, `committee_journal`). A run
appends to its own segment and deletes it after its commit to the answers table. A segment that is left over belongs to
a run that died; the next run of the cell takes it over. The cell's lease keeps two runs from doing so at once.

On S3, where nothing can be appended, a segment is a row of objects: `journal_objects`.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from evalpipe.core.errors import LakeError
from evalpipe.store.journal_lines import Row, read_line, to_line
from evalpipe.store.journal_objects import ObjectJournal, segment_sizes
from evalpipe.store.lake import Lake
from evalpipe.store.objects import Objects
from evalpipe.store.s3_place import S3Place


class Segment(Protocol):
    """One run's own part of a cell's journal, open for appending."""

    @property
    def name(self) -> str: ...

    def write(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Append rows; on S3 they are kept within two seconds. Raises LakeError: they cannot be kept."""
        ...

    def flush(self) -> None:
        """Returns when all that was written is kept. Raises LakeError: it cannot be."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...


class Journal(Protocol):
    """A cell's journal."""

    def segment(self, name: str) -> Segment:
        """Open a segment for appending. Raises LakeError: it cannot be made."""
        ...

    def leftovers(self) -> list[str]:
        """The names of all segments, oldest first."""
        ...

    def read(self, name: str) -> Iterator[Row]:
        """The whole records of a segment; one cut off by a crash was never received, and is left out."""
        ...

    def remove(self, names: Sequence[str]) -> None:
        """Delete segments whose rows are in the answers table."""
        ...


def cell_journal(lake: Lake, model: str, shard: str) -> Journal:
    place = lake.place / "_journal" / model / shard
    return ObjectJournal(Objects(place)) if isinstance(place, S3Place) else FolderJournal(place)


def committee_journal(lake: Lake, member: str, drop: str) -> Journal:
    """The journal of a member of the committee and a drop. No shard has its name: theirs end in a number."""
    return cell_journal(lake, member, f"{drop}.committee")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A segment that some run has not committed yet. `answers` is None where counting them would fetch them."""

    model: str
    shard: str
    name: str
    size_bytes: int
    answers: int | None


def waiting(lake: Lake) -> list[Waiting]:
    """All segments of all cells, of runs at work and of dead ones; for somebody who looks, without any lease."""
    place = lake.place / "_journal"
    if isinstance(place, S3Place):
        return [Waiting(*named, size, None) for named, size in segment_sizes(Objects(place)).items()]
    found: list[Waiting] = []
    for path in sorted(place.glob("*/*/*.jsonl")):
        with suppress(FileNotFoundError), path.open("rb") as lines:  # its run may commit and delete it meanwhile
            sizes = [len(line) for line in lines if line.endswith(b"\n")]
            found.append(Waiting(path.parts[-3], path.parts[-2], path.stem, sum(sizes), len(sizes)))
    return found


@dataclass(frozen=True, slots=True)
class FolderJournal:
    """A journal in a local folder."""

    folder: Path

    def segment(self, name: str) -> "FileSegment":
        return FileSegment(self._path(name))

    def leftovers(self) -> list[str]:
        def age(path: Path) -> tuple[int, str]:
            return path.stat().st_mtime_ns, path.name

        return [path.stem for path in sorted(self.folder.glob("*.jsonl"), key=age)]

    def read(self, name: str) -> Iterator[Row]:
        with self._path(name).open("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    return
                if (row := read_line(line)) is not None:
                    yield row

    def remove(self, names: Sequence[str]) -> None:
        for name in names:
            self._path(name).unlink(missing_ok=True)
        with suppress(OSError):  # another segment is in it; or it is gone
            self.folder.rmdir()

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"


class FileSegment:
    """A segment in a file. `write` returns when the operating system has the bytes.

    Raises: LakeError: the folder cannot be made, or the disk is full; the lines before are whole.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise _unwritable(path, error) from error
        self._size_bytes = os.fstat(self._file).st_size

    @property
    def name(self) -> str:
        return self.path.stem

    def write(self, rows: Sequence[Mapping[str, object]]) -> None:
        lines = b"".join([to_line(row) for row in rows])
        rest = memoryview(lines)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            os.ftruncate(self._file, self._size_bytes)  # half a line would spoil the next one
            raise _unwritable(self.path, error) from error
        self._size_bytes += len(lines)

    def flush(self) -> None:
        """Nothing to do: `write` has handed all of it to the operating system."""

    def __enter__(self) -> "FileSegment":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._file)


def _unwritable(path: Path, error: OSError) -> LakeError:
    return LakeError(
        f"{path}: answers cannot be written to the journal ({error.strerror or error}), so none is asked for. Check "
        "that the lake is writable and has space, and run again: what came before is kept."
    )

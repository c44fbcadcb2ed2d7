"""The answer journal: what came back is on disk before it counts as received.

A folder per cell, a segment per run: `<lake>/_journal/<model>/<shard>/<run id>.jsonl`, one answer a line. A run appends
to its own segment and deletes it after its commit to the answers table. A segment that is left over belongs to a run
that died; the next run of the cell takes it over. The cell's lease keeps two runs from doing so at once.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from evalpipe.core.errors import LakeError
from evalpipe.store.lake import Lake

Row = dict[str, object]


def journal_folder(lake: Lake, model: str, shard: str) -> Path:
    return lake.root / "_journal" / model / shard


class Segment:
    """One run's own file, open for appending. `write` returns when the operating system has the bytes.

    Raises: LakeError: the folder cannot be made, or the disk is full; the lines before are whole.
    """

    def __init__(self, folder: Path, run_id: str) -> None:
        self.path = folder / f"{run_id}.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        self._size_bytes = os.fstat(self._file).st_size

    def write(self, row: Row) -> None:
        line = json.dumps(row, separators=(",", ":")).encode() + b"\n"
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            os.ftruncate(self._file, self._size_bytes)  # half a line would spoil the next one
            raise _unwritable(self.path, error) from error
        self._size_bytes += len(line)

    def __enter__(self) -> "Segment":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        os.close(self._file)


def segments(folder: Path) -> list[Path]:
    """All segments of a cell, oldest first."""
    return sorted(folder.glob("*.jsonl"), key=lambda path: (path.stat().st_mtime_ns, path.name))


def read_segment(path: Path) -> Iterator[Row]:
    """The whole lines of a segment; a line cut off by a crash was never received, and is left out."""
    with path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                return
            try:
                row = json.loads(line)
            except ValueError:
                continue  # a crash of the machine, not of the process, can leave a block of zeros
            if isinstance(row, dict):
                yield row


def remove(paths: list[Path]) -> None:
    """Delete segments whose rows are in the answers table, and the cell's folder when it is empty."""
    for path in paths:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in paths}:
        with suppress(OSError):  # another segment is in it; or it is gone
            folder.rmdir()


def _unwritable(path: Path, error: OSError) -> LakeError:
    return LakeError(
        f"{path}: answers cannot be written to the journal ({error.strerror or error}), so none is asked for. Check "
        "that the lake is writable and has space, and run again: what came before is kept."
    )

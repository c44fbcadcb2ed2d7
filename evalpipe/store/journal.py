"""The answer journal: what came back is on disk before it counts as received.

A folder per cell, a segment per run: `<lake>/_journal/<model>/<shard>/<run id>.jsonl`, one answer a line. A run appends
to its own segment and deletes it after its commit to the answers table. A segment that is left over belongs to a run
that died; the next run of the cell takes it over. The cell's lease keeps two runs from doing so at once.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from evalpipe.store.lake import Lake

Row = dict[str, object]


def journal_folder(lake: Lake, model: str, shard: str) -> Path:
    return lake.root / "_journal" / model / shard


class Segment:
    """One run's own file, open for appending. `write` returns when the operating system has the bytes."""

    def __init__(self, folder: Path, run_id: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{run_id}.jsonl"
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def write(self, row: Row) -> None:
        line = memoryview(json.dumps(row, separators=(",", ":")).encode() + b"\n")
        while line:
            line = line[os.write(self._file, line) :]

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
                yield json.loads(line)
            except ValueError:
                continue  # a crash of the machine, not of the process, can leave a block of zeros


def remove(paths: list[Path]) -> None:
    """Delete segments whose rows are in the answers table, and the cell's folder when it is empty."""
    for path in paths:
        path.unlink(missing_ok=True)

"""The journal on S3: a segment is a row of objects, `<lake>/_journal/<model>/<shard>/<segment>/<number>.jsonl`.

An object cannot be appended to, and one per answer would cost a request each. So a thread of its own puts what has come
every `FLUSH_S`, or sooner when `FLUSH_ROWS` have come: that is what a process that is killed can lose, and no more.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType

from evalpipe.core.errors import LakeError
from evalpipe.store.journal_lines import Row, read_line, to_line
from evalpipe.store.objects import Objects

FLUSH_S = 2.0
FLUSH_ROWS = 2_000


@dataclass(frozen=True, slots=True)
class ObjectJournal:
    """A cell's journal under a place on S3."""

    objects: Objects

    def segment(self, name: str) -> "ObjectSegment":
        return ObjectSegment(self.objects, name)

    def leftovers(self) -> list[str]:
        first: dict[str, datetime] = {}
        for each in self.objects.list():
            name, _, number = each.name.partition("/")
            if number.endswith(".jsonl"):
                first.setdefault(name, each.modified)
        return sorted(first, key=lambda name: (first[name], name))

    def read(self, name: str) -> Iterator[Row]:
        for each in _objects_of(self.objects, name):
            found = self.objects.get(each)
            for line in found.body.splitlines() if found else ():
                if (row := read_line(line)) is not None:
                    yield row

    def remove(self, names: Sequence[str]) -> None:
        self.objects.delete([each for name in names for each in _objects_of(self.objects, name)])


class ObjectSegment:
    """A segment on S3. `write` keeps rows in memory and returns at once; a thread flushes them, in order.

    Raises: LakeError: the place cannot be listed. `write` and the exit: an earlier, or the last, flush failed.
    """

    def __init__(self, objects: Objects, name: str, *, flush_s: float = FLUSH_S, flush_rows: int = FLUSH_ROWS) -> None:
        self._objects, self._name = objects, name
        self._flush_s, self._flush_rows = flush_s, flush_rows
        there = _objects_of(objects, name)
        self._number = int(_number(there[-1])) + 1 if there else 0
        self._lines: list[bytes] = []
        self._since = 0.0  # when the oldest of them came
        self._changed = threading.Condition()
        self._flushing = threading.Lock()  # one object after the other
        self._closing = False
        self._failure: LakeError | None = None
        # A daemon: a process that ends without leaving the segment must not hang on it.
        self._thread = threading.Thread(target=self._work, name=f"journal {name}", daemon=True)
        self._thread.start()

    @property
    def name(self) -> str:
        return self._name

    def write(self, rows: Sequence[Mapping[str, object]]) -> None:
        lines = [to_line(row) for row in rows]
        with self._changed:
            if self._failure is not None:
                raise self._failure
            if not self._lines:
                self._since = time.monotonic()
            self._lines += lines
            if len(self._lines) >= self._flush_rows or len(self._lines) == len(lines):
                self._changed.notify()

    def __enter__(self) -> "ObjectSegment":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Flush what is left, also after an error, and once more what failed before; the server may be back."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()
        try:
            self._flush()
        except LakeError as failure:
            if error is not None and not isinstance(error, Exception):
                error.add_note(str(failure))  # Ctrl-C stays Ctrl-C
                return
            raise failure from error

    def _work(self) -> None:
        while self._due():
            try:
                self._flush()
            except LakeError as failure:
                with self._changed:
                    self._failure = failure
                return

    def _due(self) -> bool:
        """Waits until there is something to flush; False once the segment is being left."""
        with self._changed:
            while not self._closing and len(self._lines) < self._flush_rows:
                left = self._since + self._flush_s - time.monotonic() if self._lines else None
                if left is not None and left <= 0:
                    return True
                self._changed.wait(left)
            return not self._closing

    def flush(self) -> None:
        """Returns when all that was written is there."""
        self._flush()

    def _flush(self) -> None:
        with self._flushing:
            self._put()

    def _put(self) -> None:
        """Put the lines of now as the next object. They leave the memory when they are there, not before."""
        with self._changed:
            lines, since = self._lines[:], time.monotonic()
        if not lines:
            return
        try:
            self._objects.put(f"{self._name}/{self._number:08}.jsonl", b"".join(lines))
        except LakeError as error:
            raise LakeError(
                f"{error} The last {len(lines):,} answers are not in the journal, so no more are asked for. Run again: "
                "what came before is kept."
            ) from None
        with self._changed:
            del self._lines[: len(lines)]
            self._number += 1
            self._since = since


def segment_sizes(journal: Objects) -> dict[tuple[str, str, str], int]:
    """Bytes of each segment under `<lake>/_journal`, by model, shard and name."""
    sizes: dict[tuple[str, str, str], int] = {}
    for each in journal.list():
        match each.name.split("/"):
            case [model, shard, name, number] if number.endswith(".jsonl"):
                sizes[model, shard, name] = sizes.get((model, shard, name), 0) + each.size_bytes
            case _:
                pass
    return sizes


def _objects_of(objects: Objects, segment: str) -> list[str]:
    """The names of its objects, in the order in which they were written."""
    return sorted((each.name for each in objects.list(f"{segment}/")), key=_number)


def _number(name: str) -> int:
    return int(name.rpartition("/")[2].removesuffix(".jsonl"))

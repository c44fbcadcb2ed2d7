"""Requests cut into files of at most so many lines and bytes, as a batch takes them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evalpipe.answering.batch_records import custom_id
from evalpipe.answering.requests import Request
from evalpipe.backends.batch_lines import to_line


@dataclass(frozen=True, slots=True)
class Chunk:
    """A file of requests. It is overwritten by the next: upload it first."""

    path: Path
    custom_ids: tuple[str, ...]


def cut(requests: Iterable[Request], path: Path, most_requests: int, most_bytes: int) -> Iterator[Chunk]:
    """Chunks in order, one after another in the file at `path`. A line beyond `most_bytes` must not be among them."""
    lines = ((each, to_line(custom_id(each.fingerprint, each.sample), each.content)) for each in requests)
    following = next(lines, None)
    while following is not None:
        written: list[str] = []
        size_bytes = 0
        with path.open("wb") as file:
            while following is not None and len(written) < most_requests:
                request, line = following
                size_bytes += len(line)
                if size_bytes > most_bytes and written:
                    break
                file.write(line)
                written.append(custom_id(request.fingerprint, request.sample))
                following = next(lines, None)
        yield Chunk(path, tuple(written))

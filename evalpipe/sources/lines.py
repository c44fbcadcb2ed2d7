"""Lines of a text file, plain or gzip, with their numbers and a bound on their length."""

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from evalpipe.sources.rows import Reject

MAX_LINE_BYTES = 16 * 2**20  # a question of 16 MB is a mistake; a file without line ends must not fill the memory
_BUFFER_BYTES = 2**18
_UTF8_MARK = b"\xef\xbb\xbf"
# How files begin that cannot be what their name says, with what to do about it.
_FOREIGN = {
    b"\xff\xfe": "it is UTF-16. Save it as UTF-8",
    b"\xfe\xff": "it is UTF-16. Save it as UTF-8",
    b"\x1f\x8b": "it is gzip. Let its name end in .gz",
    b"PK\x03\x04": "it is a zip archive or a spreadsheet. Unpack it, or export CSV",
    b"PAR1": "it is Parquet. Let its name end in .parquet",
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its line end, and its 1-based number."""

    number: int
    content: bytes


def numbered_lines(path: Path, name: str) -> Iterator[Line | Reject]:
    """Each line of a file. A line that is too long is rejected, and so is what lies behind a break in a gzip stream.

    Raises: OSError: the file cannot be opened or read.
    """
    number = 0
    try:
        with _opened(path) as stream:
            while content := stream.readline(MAX_LINE_BYTES + 1):
                number += 1
                if number == 1:
                    foreign = next((what for magic, what in _FOREIGN.items() if content.startswith(magic)), None)
                    if foreign:
                        yield Reject(name, None, f"the file is not what its name says: {foreign}.")
                        return
                    content = content.removeprefix(_UTF8_MARK)
                if len(content) > MAX_LINE_BYTES:
                    _skip_line(stream, content)
                    reason = f"the line has more than {MAX_LINE_BYTES // 2**20} MB. Write one question a line."
                    yield Reject(name, number, reason)
                else:
                    yield Line(number, content)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        reason = f"the gzip stream is broken or breaks off after line {number}. Compress and deliver the file again."
        yield Reject(name, None, reason)


def _opened(path: Path) -> BinaryIO:
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(path))  # a second buffer around it would lose lines before a break
    return path.open("rb", buffering=_BUFFER_BYTES)


def _skip_line(stream: BinaryIO, content: bytes) -> None:
    while content and not content.endswith(b"\n"):
        content = stream.readline(_BUFFER_BYTES)

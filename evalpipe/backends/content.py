"""The content of a local file as a name: two files with the same digest give the same answers."""

import hashlib
from functools import lru_cache
from pathlib import Path

from evalpipe.core.versions import DIGEST_BYTES


def file_digest(path: Path) -> str:
    """BLAKE2b of the file's bytes, as 32 hex digits; read once per process while size and time stay the same.

    Raises: OSError: the file cannot be read.
    """
    stat = path.stat()
    return _digest(path.resolve(), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _digest(path: Path, size_bytes: int, mtime_ns: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=DIGEST_BYTES)).hexdigest()

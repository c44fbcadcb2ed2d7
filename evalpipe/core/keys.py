"""Names become keys: of partitions, of folders, of predicates. Keys are `[A-Za-z0-9._-]` and reversible.

A byte outside that set becomes `.xHH`; a dot that would read as such an escape becomes `.x2E`:
`fcot_code002_NL+SL` <-> `fcot_code002_NL.x2BSL`, `text-unicorn@001` <-> `text-unicorn.x40001`.
"""

import re

from evalpipe.core.errors import UsageError
from evalpipe.core.versions import fraction

_UNSAFE = re.compile(rb"[^A-Za-z0-9._-]|\.(?=x[0-9A-F]{2})|^\.")
_ESCAPE = re.compile(rb"\.x([0-9A-F]{2})")
MAX_KEY_LENGTH = 200  # a file name may have 255 bytes, and a shard key adds its number


def to_key(name: str) -> str:
    """Escape a name. Raises UsageError: empty, or too long to be a file name."""
    if not fits_key(name):
        raise UsageError(f"name {name[:60]!r}: a name has 1 to {MAX_KEY_LENGTH} characters once escaped. Shorten it.")
    return _escaped(name)


def fits_key(name: str) -> bool:
    """Whether `to_key` takes the name."""
    return 0 < len(_escaped(name)) <= MAX_KEY_LENGTH


def from_key(key: str) -> str:
    """The name that `to_key` escaped."""
    return _ESCAPE.sub(lambda hit: bytes([int(hit[1], 16)]), key.encode("ascii")).decode("utf-8", "surrogatepass")


def shard_count(raw_rows: int, shard_size: int) -> int:
    """How many shards a drop of `raw_rows` delivered rows has: about `shard_size` questions each, at least one."""
    return max(1, round(raw_rows / shard_size))


def shard_key(drop: str, question_id: str, shards: int) -> str:
    """The shard a question belongs to: by a stable hash of its id, so each shard is a random sample of its drop."""
    return f"{drop}.{int(fraction('shard', question_id) * shards):04}"


def drop_of(shard: str) -> str:
    """The drop of a shard key."""
    return shard.rpartition(".")[0]


def draw(question_id: str) -> float:
    """A question's place in [0, 1) in the order in which `--limit` draws: random, stable, independent of its shard."""
    return fraction("draw", question_id)


def _escaped(name: str) -> str:
    return _UNSAFE.sub(lambda hit: b".x%02X" % hit[0][0], name.encode("utf-8", "surrogatepass")).decode("ascii")

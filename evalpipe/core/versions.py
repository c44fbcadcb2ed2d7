"""Hashes that stand for content. Two things with the same version are the same thing."""

import hashlib
import json

# 128 bits: among 10^9 things the chance of one collision is below 10^-20.
DIGEST_BYTES = 16


def digest(*parts: object) -> str:
    """Hash of JSON-like parts, as 32 hex digits; the same on every machine and Python version.

    Args:
        parts: str, int, float, bool, None, and lists, tuples or dicts of them. Keys of dicts are sorted.

    Raises: TypeError: a part that JSON cannot carry.
    """
    text = json.dumps(parts, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=DIGEST_BYTES).hexdigest()


def fraction(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts alone and is uniform over them."""
    return int(digest(*parts)[:13], 16) / 16**13

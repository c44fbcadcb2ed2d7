"""Which questions are worth comparing: MinHash over the letters of their words, in bands (locality-sensitive hashing).

What must agree exactly (numbers, marks, options) is hashed into every band: siblings of one template, which differ in
a number, never meet. So a band's rows can be few, and a typo in a short question is still met.
"""

import importlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import polars as pl

BANDS, ROWS = 16, 4  # meets 98% of pairs that share 70% of their grams, 89% at 60%: 1 - (1 - s^4)^16
GRAM = 3  # letters: one typo in a word of ten costs three grams of ten
CROWD = 40  # members of a band that are all compared with one another; of more, each with its nearest in order
CROWD_REACH = 3
_SEED = 7
_MIX = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio: an odd number without pattern


def band_keys(texts: Sequence[str], frames: "np.ndarray[tuple[int], np.dtype[np.uint64]]") -> np.ndarray:
    """One key per question and band, shape (n, BANDS), uint32. 32 bits: a false meeting costs one comparison.

    Args:
        texts: the words of each question, as they are compared.
        frames: hash of what must agree exactly, shape (n,).
    """
    if not texts:
        return np.empty((0, BANDS), np.uint32)
    rensa: Any = importlib.import_module("rensa")  # untyped, hence Any
    grams, ends = _grams(texts)
    matrix = rensa.RMinHash.digest_matrix_from_flat_token_hashes(grams, ends, BANDS * ROWS, _SEED)
    digests = np.array(matrix.to_rows(), np.uint64).reshape(len(texts), BANDS, ROWS)
    keys = np.repeat(frames[:, None], BANDS, axis=1)
    for row in range(ROWS):
        keys = (keys ^ digests[:, :, row]) * _MIX
        keys ^= keys >> np.uint64(29)
    return (keys >> np.uint64(32)).astype(np.uint32)


def _grams(texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Hashes of all runs of GRAM letters, and where each text's begin and end."""
    padded = [f"\x02{text}\x03\x03" for text in texts]  # so that the shortest has a gram, and ends count
    letters = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    grams = np.zeros(len(letters) - GRAM + 1, np.uint64)
    for at in range(GRAM):
        grams = (grams ^ letters[at : len(letters) - GRAM + 1 + at]) * _MIX
        grams ^= grams >> np.uint64(31)
    lengths = np.array([len(text) for text in padded])
    stops = np.cumsum(lengths)
    inside = np.ones(len(letters), bool)
    for at in range(1, GRAM):
        inside[stops - at] = False  # these begin in one text and end in the next
    ends = np.concatenate([[0], np.cumsum(lengths - GRAM + 1)]).astype(np.uint64)
    return grams[inside[: len(grams)]], ends


def candidate_pairs(keys: np.ndarray) -> pl.DataFrame:
    """Pairs of rows (`one` < `other`, UInt32) that share a band, each once.

    In a crowd, which a bank of one template makes, only neighbours in the order of the other bands are paired, so that
    no bank makes this square.
    """
    found = [pl.DataFrame(schema={"one": pl.UInt32, "other": pl.UInt32})]
    for band in range(keys.shape[1] if len(keys) else 0):
        second, third = keys[:, (band + 1) % BANDS], keys[:, (band + 7) % BANDS]
        order = np.lexsort((third, second, keys[:, band])).astype(np.uint32)
        found += _pairs_of(order, keys[order, band])
    both = pl.concat(found)
    lower, upper = pl.min_horizontal("one", "other"), pl.max_horizontal("one", "other")
    return both.select(one=lower, other=upper).unique(maintain_order=False).sort("one", "other")


def _pairs_of(order: np.ndarray, key: np.ndarray) -> Iterator[pl.DataFrame]:
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    sizes = np.diff(np.concatenate([starts, [len(key)]]))
    size = np.repeat(sizes, sizes)
    for step in range(1, min(CROWD, int(sizes.max()))):
        same = key[step:] == key[:-step]
        if step > CROWD_REACH:
            same &= size[step:] <= CROWD
        at = np.flatnonzero(same)
        if not len(at):
            break
        yield pl.DataFrame({"one": order[at], "other": order[at + step]})

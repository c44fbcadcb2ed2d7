"""Simulated comparisons of models that are alike, and of models that differ by a known amount."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from evalpipe.core.comparison import Comparison, compare_pairs

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Cell:
    """A bank as it is drawn: clusters of unequal sizes, how alike the questions of one are, the accuracy of both.

    `shared`: a passage is as hard for the one model as for the other; otherwise each has its own luck with it, which is
    what makes differences come in clusters.
    """

    clusters: int
    icc: float
    accuracy: float
    per_cluster: int = 10
    shared: bool = False


def cluster_sizes(rng: Rng, cell: Cell) -> np.ndarray:
    """(clusters,), 1 to some 100: log-normal with a coefficient of variation of about 0.9."""
    return np.maximum(1, np.round(cell.per_cluster * rng.lognormal(-0.3, 0.8, cell.clusters))).astype(int)


def alike(rng: Rng, cell: Cell) -> Comparison:
    """One comparison of two models of the same accuracy."""
    codes = np.repeat(np.arange(cell.clusters), cluster_sizes(rng, cell))
    a, b = _rights(rng, cell), _rights(rng, cell)
    if cell.shared:
        b = a
    scores = [pl.Series((rng.random(len(codes)) < each[codes]).astype(float)) for each in (a, b)]
    return compare_pairs(scores[0], scores[1], pl.Series(codes))


def _rights(rng: Rng, cell: Cell) -> np.ndarray:
    """(clusters,), the model's chance of a right answer in each: beta, with the intraclass correlation asked for."""
    if cell.icc == 0:
        return np.full(cell.clusters, cell.accuracy)
    strength = (1 - cell.icc) / cell.icc
    return rng.beta(cell.accuracy * strength, (1 - cell.accuracy) * strength, cell.clusters)


def differing(
    rng: Rng, pairs: int, discordant: float, difference: float, clusters: int | None = None, icc: float = 0.0
) -> Comparison:
    """One comparison of models that truly differ by `difference` and disagree on a share `discordant` of the pairs.

    In clusters of equal size; each question shows its cluster's own difference with probability sqrt(icc), so that two
    of one cluster correlate by icc.
    """
    won, lost = (discordant + difference) / 2, (discordant - difference) / 2
    each = _signs(rng, pairs, won, lost)
    codes = None
    if clusters is not None:
        codes = np.arange(pairs) * clusters // pairs
        own = _signs(rng, clusters, won, lost)[codes]
        each = np.where(rng.random(pairs) < np.sqrt(icc), own, each)
    a, b = (each > 0).astype(float), (each < 0).astype(float)
    return compare_pairs(pl.Series(a), pl.Series(b), None if codes is None else pl.Series(codes))


def _signs(rng: Rng, n: int, won: float, lost: float) -> np.ndarray:
    drawn = rng.random(n)
    return np.where(drawn < won, 1, np.where(drawn < won + lost, -1, 0))

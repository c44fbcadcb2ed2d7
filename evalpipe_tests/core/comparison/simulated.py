"""Simulated comparisons: how often models that are alike alarm, and how often a difference of the stated size is found.

Runs are drawn as their clusters' differences, not question by question: that is all that the tests look at.
"""

from dataclasses import dataclass

import numpy as np

from evalpipe.core.comparison import design_effect, minimum_detectable_difference
from evalpipe.core.comparison.mcnemar import mcnemar
from evalpipe.core.comparison.paired import cluster_test
from evalpipe.core.comparison.units import Units

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
    per_cluster: float = 10
    shared: bool = False


def clusters_drawn(rng: Rng, cell: Cell, runs: int) -> tuple[np.ndarray, np.ndarray]:
    """Differences and sizes, both (runs, clusters), of two models of the same accuracy.

    Sizes are log-normal, from 1 to some 100 with a coefficient of variation of about 0.9; the chance of a right answer
    in a cluster is beta, with the intraclass correlation asked for.
    """
    shape = (runs, cell.clusters)
    sizes = np.maximum(1, np.round(cell.per_cluster * rng.lognormal(-0.3, 0.8, shape))).astype(int)
    a = _chances(rng, cell, shape)
    b = a if cell.shared else _chances(rng, cell, shape)
    return (rng.binomial(sizes, a) - rng.binomial(sizes, b)).astype(float), sizes.astype(float)


def _chances(rng: Rng, cell: Cell, shape: tuple[int, int]) -> np.ndarray:
    if cell.icc == 0:
        return np.full(shape, cell.accuracy)
    strength = (1 - cell.icc) / cell.icc
    return rng.beta(cell.accuracy * strength, (1 - cell.accuracy) * strength, shape)


def alarm_rate(rng: Rng, cell: Cell, runs: int) -> float:
    """The share of runs with p <= 0.05 although the models are alike."""
    drawn = zip(*clusters_drawn(rng, cell, runs), strict=True)
    return float(np.mean([cluster_test(Units(sums, sizes))[1] <= 0.05 for sums, sizes in drawn]))


def coverage(rng: Rng, cell: Cell, runs: int) -> float:
    """The share of runs whose 95% interval, by its formula alone, holds the true difference of 0."""
    drawn = zip(*clusters_drawn(rng, cell, runs), strict=True)
    return float(np.mean([Units(d, m).with_imagined().interval(0.95).holds(0.0) for d, m in drawn]))


def power_rate(rng: Rng, pairs: int, discordant: float, clusters: int | None, icc: float, runs: int) -> float:
    """The share of runs with p <= 0.05 where the models differ by exactly the minimum detectable difference.

    Clusters are of equal size; each question shows its cluster's own difference with probability sqrt(icc), so that two
    of one cluster correlate by icc.
    """
    effect = 1.0 if clusters is None else design_effect(pairs / clusters, icc)
    found = minimum_detectable_difference(pairs, discordant, design_effect=effect, clusters=clusters)
    assert found is not None
    won, lost = (discordant + found) / 2, (discordant - found) / 2
    if clusters is None:
        counts = rng.multinomial(pairs, [won, lost, 1 - discordant], runs)
        return float(np.mean([mcnemar(int(a), int(b))[1] <= 0.05 for a, b, _ in counts]))
    size = pairs // clusters
    shape = (runs, clusters)
    own = rng.choice((1, -1, 0), p=(won, lost, 1 - discordant), size=shape)
    copies = rng.binomial(size, np.sqrt(icc), shape)
    others = rng.multinomial(size - copies, [won, lost, 1 - discordant])
    sums = (own * copies + others[..., 0] - others[..., 1]).astype(float)
    sizes = np.full(clusters, float(size))
    return float(np.mean([cluster_test(Units(row, sizes))[1] <= 0.05 for row in sums]))

"""The bootstrap, for figures that have no formula: a median, a ratio, a rank, a macro F1."""

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evalpipe.core.stats.clusters import Floats, cluster_codes
from evalpipe.core.stats.estimate import Estimate

Statistic = Callable[[Floats], float]
_NORMAL = NormalDist()
_LEFT_OUT = 200  # groups for the jackknife at most: the acceleration is a small correction, and each costs a call


def bootstrap(
    values: Floats,
    statistic: Statistic,
    cluster: pl.Series | None = None,
    *,
    draws: int = 2000,
    seed: int = 0,
    confidence: float = 0.95,
    method: Literal["bca", "percentile"] = "bca",
) -> Estimate:
    """A statistic with its bootstrap standard error and interval. The same seed gives the same interval, bit for bit.

    Args:
        values: shape (n,) or (n, columns); rows are drawn with replacement, whole clusters where there are some.
        statistic: of such an array, a number; it is called `draws` times, and up to 200 times more for `bca`.
        cluster: shape (n,), or None. A null stands alone.
        draws: 2,000 keep the interval's own noise below a twentieth of its width.
        method: `bca` corrects for bias and skewness and is the better one from about 30 questions or clusters on;
            `percentile` takes the quantiles as they are.

    Raises: ValueError: fewer than two rows or clusters, lengths that differ, or a statistic that is no finite number.
    Source: Efron 1987, "Better bootstrap confidence intervals" (JASA 82); clusters drawn whole: Davison and Hinkley
        1997, "Bootstrap Methods and their Application", section 3.8.
    """
    codes = cluster_codes(cluster, len(values))
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes) if len(codes) else np.zeros(0, dtype=np.int64)
    if len(sizes) < 2:
        raise ValueError(f"{len(sizes)} rows or clusters: the bootstrap draws among two or more.")
    starts = np.cumsum(sizes) - sizes
    random = np.random.default_rng(seed)

    def rows(drawn: NDArray[np.int64]) -> Floats:
        """The rows of these clusters, each cluster's together."""
        lengths: NDArray[np.int64] = sizes[drawn]
        ends = np.cumsum(lengths)
        within = np.arange(int(ends[-1])) - np.repeat(ends - lengths, lengths)
        return values[order[np.repeat(starts[drawn], lengths) + within]]

    found = float(statistic(values))
    drawn = np.array([float(statistic(rows(random.integers(0, len(sizes), len(sizes))))) for _ in range(draws)])
    if not math.isfinite(found) or not np.isfinite(drawn).all():
        raise ValueError("the statistic is no finite number on some draw; give it a value for every set of rows.")
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    if method == "bca" and float(np.min(drawn)) < float(np.max(drawn)):
        below = (float(np.sum(drawn < found)) + float(np.sum(drawn == found)) / 2) / draws
        bias = _NORMAL.inv_cdf(min(max(below, 0.5 / draws), 1 - 0.5 / draws))
        acceleration = _acceleration([float(statistic(rows(kept))) for kept in _kept(len(sizes))])
        tails = tuple(_shifted(tail, bias, acceleration) for tail in tails)
    low, high = (float(np.quantile(drawn, tail)) for tail in tails)
    return Estimate(found, float(np.std(drawn, ddof=1)), low, high)


def _kept(count: int) -> list[NDArray[np.int64]]:
    """What is left without each cluster, or without each of `_LEFT_OUT` groups of them."""
    group = np.arange(count) % min(count, _LEFT_OUT)
    return [np.flatnonzero(group != left) for left in range(group.max() + 1)]


def _acceleration(without: list[float]) -> float:
    gaps = np.mean(without) - np.array(without)
    squares = float(np.sum(gaps**2))
    return float(np.sum(gaps**3)) / (6 * squares**1.5) if squares > 0 else 0.0


def _shifted(tail: float, bias: float, acceleration: float) -> float:
    z = bias + _NORMAL.inv_cdf(tail)
    return _NORMAL.cdf(bias + z / (1 - acceleration * z))

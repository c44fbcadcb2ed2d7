"""The mean of numbers that come in clusters, its standard error, and how much that error can be trusted."""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evalpipe.core.stats.estimate import Interval
from evalpipe.core.stats.quantiles import t_quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClusteredMean:
    """A mean over questions, with an error that comes from the clusters.

    `degrees`: of freedom of the standard error, at most `clusters` - 1, fewer where clusters differ in size.
    """

    value: float
    stderr: float
    degrees: float
    n: int
    clusters: int

    def interval(self, confidence: float = 0.95) -> Interval:
        """The t interval; it is not held within [0, 1], as the mean may be that of differences."""
        reach = t_quantile(self.degrees, (1 + confidence) / 2) * self.stderr
        return Interval(self.value - reach, self.value + reach)


def clustered_mean(values: pl.Series, cluster: pl.Series | None = None) -> ClusteredMean:
    """Mean of the values with its cluster-robust standard error (CR2) and its degrees of freedom.

    The mean weighs each question alike, so a large cluster counts more. Without clusters it is the ordinary standard
    error of a mean, with n - 1 degrees of freedom. Unbiased where clusters are alike, and nearly so where they are
    not; at few clusters of unequal size the fewer degrees of freedom are what keeps an interval honest.

    Args:
        values: shape (n,), any finite numbers (scores, differences of two models' scores), no nulls.
        cluster: shape (n,), or None. Questions that share a passage or a template share a value; a null stands alone.

    Raises: ValueError: no values, nulls, lengths that differ, or a single cluster, whose mean has no error to see.
    Source: Bell and McCaffrey 2002, "Bias reduction in standard errors for linear regression with multi-stage samples"
        (Survey Methodology 28); Imbens and Kolesar 2016, "Robust standard errors in small samples" (REStat 98). For a
        mean alone both have closed forms: each cluster's sum of residuals is divided by the root of 1 - its share.
    """
    if not len(values) or values.null_count():
        raise ValueError("no values, or a null among them: decide what a missing value counts as before asking.")
    numbers = values.cast(pl.Float64).to_numpy()
    codes = cluster_codes(cluster, len(values))
    value = math.fsum(numbers) / len(numbers)
    sizes = np.bincount(codes).astype(np.float64)
    sums = np.bincount(codes, numbers - value).astype(np.float64)
    if len(sizes) < 2:
        raise ValueError(f"all {len(numbers)} values are of one cluster; a standard error takes two or more.")
    return ClusteredMean(value, math.sqrt(variance(sums, sizes)), degrees(sizes), len(numbers), len(sizes))


def cluster_codes(cluster: pl.Series | None, n: int) -> NDArray[np.int64]:
    """Numbers from 0 for the clusters, in the order of their first question; each null is a cluster of its own.

    Raises: ValueError: `cluster` has not the length `n`.
    """
    if cluster is None:
        return np.arange(n)
    if len(cluster) != n:
        raise ValueError(f"{n} scores but {len(cluster)} clusters. Pass one cluster a score, null for none.")
    rows = pl.DataFrame({"cluster": cluster, "at": np.arange(n)})
    first = pl.col("at").first().over("cluster")
    named = rows.select(pl.when(pl.col("cluster").is_null()).then("at").otherwise(first)).to_series()
    return (named.rank("dense").to_numpy() - 1).astype(np.int64)


def variance(sums: Floats, sizes: Floats) -> float:
    """Of the mean, from the clusters' sums of residuals and their sizes, both of shape (clusters,)."""
    n = float(sizes.sum())
    return float(np.sum(sums**2 / (1 - sizes / n))) / n**2


def degrees(sizes: Floats) -> float:
    """Satterthwaite's degrees of freedom of `variance` were questions independent, from sizes of shape (clusters,)."""
    n = float(sizes.sum())
    weights = 1 / (1 - sizes / n)
    across = (np.sum(weights * sizes**2) ** 2 - np.sum(weights**2 * sizes**4)) / n**2
    return float(n**2 / (np.sum(sizes**2) + across))

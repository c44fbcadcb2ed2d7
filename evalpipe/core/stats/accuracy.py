"""An accuracy with its uncertainty."""

import math

import polars as pl

from evalpipe.core.stats.estimate import Z95, Estimate
from evalpipe.core.stats.quantiles import t_quantile


def accuracy(scores: pl.Series, cluster: pl.Series | None = None) -> Estimate:
    """Mean score, its standard error and its 95% interval.

    Args:
        scores: shape (n,), in [0, 1], no nulls.
        cluster: shape (n,), or None. Questions that share a passage or a template share a value; a null stands alone.
            It counts from two clusters on, where one of them holds more than one question.

    Returns: for scores of 0 and 1 the Wilson interval, which never shrinks to a point; for fractions the normal one.
        Clustered: the t interval over clusters, or Wilson with each cluster as one question when all agree.
        Intervals stay within [0, 1]. One fractional score has the largest error it could have, 0.5.
    Raises: ValueError: no scores, nulls, scores outside [0, 1], or lengths that differ.
    Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference" (JASA 22). Miller 2024,
        "Adding Error Bars to Evals" (arXiv 2411.00640), section 2.2, clustered standard errors; with the factor
        G/(G-1) for few clusters of Cameron and Miller 2015, "A Practitioner's Guide to Cluster-Robust Inference", VI.B.
    """
    _refuse_unusable(scores, cluster)
    values = [float(score) for score in scores.to_list()]
    n = len(values)
    mean = math.fsum(values) / n
    sums = _residual_sums(values, mean, cluster)
    if 2 <= len(sums) < n:
        return _clustered(mean, sums, n)
    if set(values) <= {0.0, 1.0}:
        return Estimate(mean, math.sqrt(mean * (1 - mean) / n), *_wilson(mean, n))
    if n == 1:
        return Estimate(mean, 0.5, 0.0, 1.0)
    stderr = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1) / n)
    return Estimate(mean, stderr, *_around(mean, Z95 * stderr))


def _refuse_unusable(scores: pl.Series, cluster: pl.Series | None) -> None:
    if not len(scores):
        raise ValueError("no scores: an accuracy over nothing is not 0. Leave the row out.")
    if scores.null_count() or not scores.is_between(0, 1).all():
        raise ValueError("a score is null or outside [0, 1]. Decide what the unparsed count as before asking.")
    if cluster is not None and len(cluster) != len(scores):
        raise ValueError(f"{len(scores)} scores but {len(cluster)} clusters. Pass one cluster a score, null for none.")


def _residual_sums(values: list[float], mean: float, cluster: pl.Series | None) -> list[float]:
    """Sum of deviations from the mean, per cluster; a question without a cluster is one of its own."""
    if cluster is None:
        return [value - mean for value in values]
    sums: dict[object, float] = {}
    for at, (value, name) in enumerate(zip(values, cluster.to_list(), strict=True)):
        key = (at,) if name is None else name
        sums[key] = sums.get(key, 0.0) + value - mean
    return list(sums.values())


def _clustered(mean: float, sums: list[float], n: int) -> Estimate:
    clusters = len(sums)
    stderr = math.sqrt(clusters / (clusters - 1) * math.fsum(total**2 for total in sums)) / n
    if mean in (0.0, 1.0):
        return Estimate(mean, stderr, *_wilson(mean, clusters))
    return Estimate(mean, stderr, *_around(mean, t_quantile(clusters - 1) * stderr))


def _wilson(mean: float, n: int) -> tuple[float, float]:
    squared = Z95**2
    centre = (mean + squared / (2 * n)) / (1 + squared / n)
    half = Z95 / (1 + squared / n) * math.sqrt(mean * (1 - mean) / n + squared / (4 * n * n))
    return (0.0 if mean == 0 else max(0.0, centre - half)), (1.0 if mean == 1 else min(1.0, centre + half))


def _around(mean: float, half: float) -> tuple[float, float]:
    return max(0.0, mean - half), min(1.0, mean + half)

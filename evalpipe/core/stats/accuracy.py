"""An accuracy with its uncertainty."""

import math

import numpy as np
import polars as pl

from evalpipe.core.stats.clusters import Floats, cluster_codes, degrees, variance
from evalpipe.core.stats.estimate import Z95, Estimate, Interval
from evalpipe.core.stats.proportion import wilson
from evalpipe.core.stats.quantiles import t_quantile

_NORMAL_KURTOSIS = 3.0
_DOUBT = 2.0  # how fast doubt in the design effect goes with evidence: 1, 2 and 4 measured (benchmarks/coverage.py)


def accuracy(scores: pl.Series, cluster: pl.Series | None = None) -> Estimate:
    """Mean score (micro average), its standard error and its 95% interval.

    What is random: the questions, a sample of the kind of questions that the bank stands for; not the bank's own mean,
    which a finished run knows.

    Args:
        scores: shape (n,), in [0, 1], no nulls.
        cluster: shape (n,), or None. Questions that share a passage or a template share a value; a null stands alone.
            It counts where one of them holds more than one question. A single cluster shows no spread: it counts as
            one question.

    Returns: as fractions, not per cent; the interval within [0, 1]. For right and wrong Wilson's interval, which never
        shrinks to a point. Clustered, or for fractions: `clustered_interval`. One fractional score has the largest
        error it could have, 0.5. The standard error is CR2's (`clusters.clustered_mean`), and for right and wrong
        without clusters that of a proportion.
    Raises: ValueError: no scores, nulls, scores outside [0, 1], or lengths that differ.
    Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference" (JASA 22). Miller 2024,
        "Adding Error Bars to Evals" (arXiv 2411.00640), section 2.2, why clusters count.
    """
    _refuse_unusable(scores)
    codes = cluster_codes(cluster, len(scores))
    values = scores.cast(pl.Float64).to_numpy()
    n = len(values)
    mean = math.fsum(values) / n
    sizes = np.bincount(codes).astype(np.float64)
    if len(sizes) == n:
        if bool(np.isin(values, (0.0, 1.0)).all()):
            plain = wilson(mean, n)
            return Estimate(mean, math.sqrt(mean * (1 - mean) / n), plain.low, plain.high)
        if n == 1:
            return Estimate(mean, 0.5, 0.0, 1.0)
        codes, sizes = np.arange(n), np.ones(n)
    if len(sizes) == 1:
        lone = wilson(mean, 1)
        return Estimate(mean, math.sqrt(mean * (1 - mean)), lone.low, lone.high)
    totals = np.bincount(codes, values).astype(np.float64)
    stderr = math.sqrt(variance(totals - mean * sizes, sizes))
    spread = float(np.mean((values - mean) ** 2))
    interval = clustered_interval(totals, sizes, spread)
    return Estimate(mean, stderr, interval.low, interval.high)


def clustered_interval(totals: Floats, sizes: Floats, spread: float) -> Interval:
    """95% interval of a mean score in [0, 1]: Wilson's on the effective number of questions, with Student's t.

    The effective number is that of independent right and wrong answers with the same variance as the clusters show
    (n / design effect). Three things go wrong where right (or wrong) answers are few, and each has its remedy:
    - the variance is itself known badly: t has the degrees of freedom that the clusters' own kurtosis allows (one
      cluster holds all right answers: about 2), and at most Satterthwaite's;
    - too few large clusters hold a right answer to show that clusters agree within: the variance is mixed with the
      largest it could be, each cluster one question, by a weight of exp(-2 K), K those clusters weighed by size;
    - all are right, or all wrong: each cluster is one question.
    It may be narrower than without clusters, where they happen to balance each other: held to be at least as wide, it
    covers 97% to 98% at ten clusters that mean nothing.

    Args:
        totals: shape (clusters,), the sum of scores of each cluster. sizes: shape (clusters,), its questions; two or
            more clusters.
        spread: the mean of (score - mean)^2; for right and wrong mean (1 - mean).

    Source: effective number and t in an interval for proportions: Korn and Graubard 1998, "Confidence intervals for
        proportions with small expected number of positive counts estimated from survey data" (Survey Methodology 24),
        and Dean and Pagano 2015, "Evaluating confidence interval methods for binomial proportions in clustered
        surveys" (J. Survey Statistics and Methodology 3), who find Wilson's the best of six. Variance and
        Satterthwaite: Bell and McCaffrey 2002. Degrees of freedom from the kurtosis, and the mixture, are ours;
        docs/statistics.md has the coverage that was measured with and without, and where it still falls short.
    """
    n, clusters = float(sizes.sum()), len(sizes)
    mean = min(1.0, max(0.0, math.fsum(totals) / n))
    lumped = float(np.sum(sizes**2)) / n  # the design effect if each cluster were one question
    if mean in (0.0, 1.0):
        return wilson(mean, n / lumped)
    residuals = totals - mean * sizes
    seen = variance(residuals, sizes)
    rare = (totals if mean <= 0.5 else sizes - totals) > 1e-9
    evidence = float(np.sum(sizes[rare] - 1)) / (lumped - 1) if lumped > 1 else math.inf
    doubt = math.exp(-_DOUBT * evidence)
    mixed = (seen + doubt * lumped * spread / n) / (1 + doubt)
    # By chance all clusters may have the same share; that is not certainty.
    design = max(mixed * n / (mean * (1 - mean)), 1 / clusters)
    freedom = min(degrees(sizes), _kurtosis_degrees(residuals / np.sqrt(1 - sizes / n)))
    return wilson(mean, n / design, reach=max(Z95, t_quantile(round(freedom, 2))))


def _kurtosis_degrees(residuals: Floats) -> float:
    """Degrees of freedom of a sum of squares of numbers with this kurtosis; the number - 1 where they are normal."""
    count = len(residuals)
    squares = float(np.sum(residuals**2))
    if squares <= 0:
        return count - 1.0
    excess = max(0.0, count * float(np.sum(residuals**4)) / squares**2 - _NORMAL_KURTOSIS)
    return 2 / (2 / (count - 1) + excess / count)


def _refuse_unusable(scores: pl.Series) -> None:
    if not len(scores):
        raise ValueError("no scores: an accuracy over nothing is not 0. Leave the row out.")
    if scores.null_count() or not scores.is_between(0, 1).all():
        raise ValueError("a score is null or outside [0, 1]. Decide what the unparsed count as before asking.")

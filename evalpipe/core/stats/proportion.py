"""Intervals for a share of right answers among independent questions."""

import math
from statistics import NormalDist

from evalpipe.core.stats.estimate import Interval
from evalpipe.core.stats.quantiles import beta_quantile


def wilson(share: float, n: float, confidence: float = 0.95, reach: float | None = None) -> Interval:
    """Wilson's score interval for a proportion: never a point, never outside [0, 1].

    Args:
        share: the proportion found, in [0, 1].
        n: questions, or the effective number of them, which need not be whole; more than 0.
        reach: the quantile to use in place of the normal one, of Student's t say.

    Raises: ValueError: a share outside [0, 1], or n not above 0.
    Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference" (JASA 22).
    """
    if not (0 <= share <= 1 and n > 0):
        raise ValueError(f"a share in [0, 1] of n > 0 is needed, not {share} of {n}.")
    z = NormalDist().inv_cdf((1 + confidence) / 2) if reach is None else reach
    squared = z**2
    centre = (share + squared / (2 * n)) / (1 + squared / n)
    half = z / (1 + squared / n) * math.sqrt(share * (1 - share) / n + squared / (4 * n * n))
    return Interval(0.0 if share == 0 else max(0.0, centre - half), 1.0 if share == 1 else min(1.0, centre + half))


def clopper_pearson(right: float, n: float, confidence: float = 0.95) -> Interval:
    """The exact interval, which covers at least as often as it says, and mostly more often.

    Args: right: the number of right ones, in [0, n]; with an effective n neither need be whole.
    Raises: ValueError: n not above 0, or right outside [0, n].
    Source: Clopper and Pearson 1934, "The use of confidence or fiducial limits" (Biometrika 26); as quantiles of beta
        distributions, for an effective n, Korn and Graubard 1998, "Confidence intervals for proportions with small
        expected number of positive counts estimated from survey data" (Survey Methodology 24).
    """
    if not 0 <= right <= n or not n > 0:
        raise ValueError(f"0 to n right ones of n > 0 are needed, not {right} of {n}.")
    tail = (1 - confidence) / 2
    low = 0.0 if right == 0 else beta_quantile(tail, right, n - right + 1)
    high = 1.0 if right == n else beta_quantile(1 - tail, right + 1, n - right)
    return Interval(low, high)

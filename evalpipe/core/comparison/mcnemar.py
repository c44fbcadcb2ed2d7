"""McNemar's test: of the pairs that disagree, does one model win more than half?

Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions" (Psychometrika 12);
exact and mid-p: Fagerland, Lydersen and Laake 2013, "The McNemar test for binary matched-pairs data: mid-p and
asymptotic are better than exact conditional" (BMC Medical Research Methodology 13:91).
"""

import math

from evalpipe.core.stats import beta_cdf

FEW = 25  # discordant pairs below which mid-p would alarm in up to 7% at the 5% level


def mcnemar(a_only: int, b_only: int) -> tuple[str, float]:
    """The name of the form that so many discordant pairs call for, and its two-sided p.

    Raises: ValueError: a negative count.
    """
    if a_only + b_only < FEW:
        return "McNemar exact", mcnemar_exact(a_only, b_only)
    return "McNemar mid-p", mcnemar_mid_p(a_only, b_only)


def mcnemar_exact(a_only: int, b_only: int) -> float:
    """Two-sided exact p: a fair coin for each pair of which one model alone is right. Never alarms too often.

    Raises: ValueError: a negative count.
    """
    n, fewer = _checked(a_only, b_only)
    return 1.0 if a_only == b_only else min(1.0, 2 * _at_most(fewer, n))


def mcnemar_mid_p(a_only: int, b_only: int) -> float:
    """The same, with what was seen counted half: nearer to the level that it says, on average over the counts.

    Raises: ValueError: a negative count.
    """
    n, fewer = _checked(a_only, b_only)
    if n == 0:
        return 1.0
    seen = math.exp(math.lgamma(n + 1) - math.lgamma(fewer + 1) - math.lgamma(n - fewer + 1) - n * math.log(2))
    return 1 - seen / 2 if a_only == b_only else max(0.0, 2 * _at_most(fewer, n) - seen)


def _checked(a_only: int, b_only: int) -> tuple[int, int]:
    if min(a_only, b_only) < 0:
        raise ValueError(f"counts of discordant pairs are not negative, as {a_only} and {b_only} are.")
    return a_only + b_only, min(a_only, b_only)


def _at_most(heads: int, tosses: int) -> float:
    """Probability of at most so many heads; as a beta tail it takes 150,000 tosses as easily as 15."""
    return beta_cdf(0.5, tosses - heads, heads + 1)

"""What a run can find: the smallest difference that it detects, and how many pairs a difference needs.

Only pairs on which the models disagree say which is better, so their share decides. It is known from a comparison of
two such models, or assumed.

Source: Miettinen 1968, "The matched pairs design in the case of all-or-none responses" (Biometrics 24); Connor 1987,
"Sample size for testing differences in proportions for the paired-sample design" (Biometrics 43). Clusters: Kish 1965,
"Survey Sampling", for the design effect; Bloom 1995, "Minimum detectable effects" (Evaluation Review 19), for Student's
t in the place of the normal distribution.
"""

import math
from statistics import NormalDist

from evalpipe.core.comparison.few_pairs import FEW_ENOUGH, Outcomes
from evalpipe.core.stats import t_quantile


def minimum_detectable_difference(
    pairs: float,
    discordant: float,
    *,
    alpha: float = 0.05,
    power: float = 0.80,
    one_sided: bool = False,
    design_effect: float = 1.0,
    clusters: int | None = None,
) -> float | None:
    """The true difference that a comparison finds with probability `power`, as a fraction.

    Args:
        pairs: questions that both models answer.
        discordant: the share of pairs on which they disagree, in (0, 1]; of fractional scores the mean squared
            difference.
        design_effect: by how much clusters make the variance larger; see `design_effect`.
        clusters: how many there are: few of them make the test's own error uncertain. None: questions are independent.

    Returns: None where no difference can be found: the models would have to differ on more pairs than they do.
    Raises: ValueError: a figure outside its range.
    """
    z_alpha, z_power = _quantiles(alpha, power, one_sided, clusters)
    _refuse_unusable(pairs, discordant, design_effect)
    if clusters is None and design_effect == 1.0 and pairs * discordant <= FEW_ENOUGH:
        return Outcomes(round(pairs), discordant, 2 * alpha if one_sided else alpha).difference(power)
    n = pairs / design_effect
    if clusters is not None:  # the spread of clusters is seen about their mean: d^2 = (t_a + t_b)^2 (psi - d^2) / n
        ratio = (z_alpha + z_power) ** 2 / n
        # Sign flips go in steps of two questions: half a step more, as in a correction for continuity.
        found = math.sqrt(discordant * ratio / (1 + ratio)) + 1 / pairs
        return found if found <= discordant else None
    # Connor's n = (z_a sqrt(psi) + z_b sqrt(psi - d^2))^2 / d^2, solved for d.
    square = n - z_alpha**2 + z_power**2
    if square <= 0:
        return None
    found = math.sqrt(discordant) * (math.sqrt(n) * z_alpha + z_power * math.sqrt(square)) / (n + z_power**2)
    return found if found <= discordant else None


def pairs_needed(
    difference: float,
    discordant: float,
    *,
    alpha: float = 0.05,
    power: float = 0.80,
    one_sided: bool = False,
    per_cluster: float = 1.0,
    icc: float = 0.0,
) -> int:
    """How many pairs find a true difference of this size with probability `power`; the inverse of the above.

    Args:
        difference: a fraction in (0, discordant].
        per_cluster: questions per cluster; 1: questions are independent.
        icc: how alike the *differences* within a cluster are, 0 to 1.

    Raises: ValueError: a figure outside its range, or a difference larger than the share of discordant pairs.
    """
    if not 0 < difference <= discordant:
        raise ValueError(f"a difference of {difference} cannot be found where the models disagree on {discordant}.")
    effect = design_effect(per_cluster, icc)
    _refuse_unusable(per_cluster, discordant, effect)
    if per_cluster <= 1 and (few := _few_pairs(difference, discordant, power, 2 * alpha if one_sided else alpha)):
        return few
    n = 0.0
    for _ in range(100):  # few clusters need more, which makes them less few
        clusters = max(2, math.ceil(n / per_cluster) if n else 30) if per_cluster > 1 else None
        z_alpha, z_power = _quantiles(alpha, power, one_sided, clusters)
        # Half a step of the sign flips, as above, and never more than half of the difference.
        sought = difference if clusters is None or not n else max(difference - 1 / n, difference / 2)
        seen = math.sqrt(discordant - sought**2)
        root = z_alpha * (math.sqrt(discordant) if clusters is None else seen) + z_power * seen
        # The mean with the last: between two and three clusters it would swing for ever.
        wanted = effect * (root / sought) ** 2
        if abs(wanted - n) <= 0.5:
            n = wanted
            break
        n = wanted if not n else (n + wanted) / 2
    return math.ceil(n)


def _few_pairs(difference: float, discordant: float, power: float, level: float) -> int | None:
    """The fewest pairs that find it, where they are few enough to be counted; None: it takes more."""
    low, high = 0, int(FEW_ENOUGH / discordant)
    if high < 1 or Outcomes(high, discordant, level).power(difference) < power:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if Outcomes(middle, discordant, level).power(difference) >= power else (middle, high)
    return high


def design_effect(per_cluster: float, icc: float, size_variation: float = 0.0) -> float:
    """By how much the variance of a mean grows because questions come in clusters: 1 + (m (1 + cv^2) - 1) icc.

    Args:
        per_cluster: m, the mean number of questions in a cluster, at least 1.
        icc: the intraclass correlation of the differences between the models, 0 to 1. Not that of the scores: a passage
            that is hard for both moves the difference little.
        size_variation: cv, the standard deviation of the clusters' sizes as a share of their mean.

    Raises: ValueError: a figure outside its range.
    Source: Kish 1965; sizes that vary: Eldridge, Ashby and Kerry 2006 (International Journal of Epidemiology 35).
    """
    if not (per_cluster >= 1 and 0 <= icc <= 1 and size_variation >= 0):
        raise ValueError(f"{per_cluster} questions a cluster (1 or more) with an icc of {icc} (0 to 1) cannot be.")
    return 1 + (per_cluster * (1 + size_variation**2) - 1) * icc


def _quantiles(alpha: float, power: float, one_sided: bool, clusters: int | None) -> tuple[float, float]:
    if not (0 < alpha < 1 and 0.5 < power < 1):
        raise ValueError(f"alpha lies between 0 and 1, power between 0.5 and 1; {alpha} and {power} do not.")
    if clusters is not None and clusters < 2:
        raise ValueError("one cluster has nothing that it could be compared with; two are the least.")
    level = 1 - (alpha if one_sided else alpha / 2)
    if clusters is None:
        return NormalDist().inv_cdf(level), NormalDist().inv_cdf(power)
    return t_quantile(clusters - 1, level), t_quantile(clusters - 1, power)


def _refuse_unusable(pairs: float, discordant: float, effect: float) -> None:
    if not (pairs >= 1 and 0 < discordant <= 1 and effect > 0):
        raise ValueError(
            f"{pairs} pairs (1 or more) with a discordant share of {discordant} (above 0, at most 1) cannot be."
        )

"""Two models' scores on the same questions: difference, interval, p, and which test gave it.

| scores | test |
| --- | --- |
| 0 and 1, questions independent | McNemar: exact below 25 discordant pairs, mid-p from there on |
| fractions, questions independent | paired t |
| clusters | sign flips of the clusters' differences, exact |
| more than 1,000 clusters that differ | t over clusters, as many differences are nearly normal |
"""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from evalpipe.core.comparison.mcnemar import mcnemar, mcnemar_exact, mcnemar_mid_p
from evalpipe.core.comparison.sign_flips import sign_flip_p
from evalpipe.core.comparison.units import Units
from evalpipe.core.stats import Interval

_BESIDE = 1e-9  # of 0, for an interval that must not hold it; far below a question of any bank
MANY = 1_000  # differing clusters from which sign flips and t agree to three digits, and flips take long


@dataclass(frozen=True, slots=True)
class Comparison:
    """Model A against model B on `n` pairs; all shares and differences as fractions, A minus B.

    `clusters`: None where questions count as independent. `only_a`: pairs on which A has more points than B, `only_b`
    the reverse; of scores of 0 and 1, A right and B wrong. `discordant`: the mean squared difference, of scores of 0
    and 1 the share of discordant pairs. `effect`: the variance over that of independent questions. `ci` at 95%;
    `ci_equivalence` at 1 - 2 alpha. `p_equivalent`: of two one-sided tests against the margin; `p_exact` and `p_mid`
    are McNemar's, where that is the test.
    """

    n: int
    clusters: int | None
    mean_a: float
    mean_b: float
    difference: float
    stderr: float
    ci: Interval
    test: str
    why: str
    p: float
    p_exact: float | None
    p_mid: float | None
    only_a: int
    only_b: int
    discordant: float
    effect: float
    margin: float
    ci_equivalence: Interval
    p_equivalent: float


def compare_pairs(
    a: pl.Series, b: pl.Series, cluster: pl.Series | None = None, *, margin: float = 0.01, alpha: float = 0.05
) -> Comparison:
    """Compare two models' scores, question by question.

    Args:
        a, b: shape (n,), in [0, 1], no nulls; the same question at the same place.
        cluster: shape (n,), or None. Questions that share a value share their luck; a null stands alone. It counts
            where one of them holds more than one question; a single cluster shows no spread, and says nothing.
        margin: a difference smaller than this, a fraction, does not matter.
        alpha: of the equivalence test; its interval has level 1 - 2 alpha.

    Returns: the interval holds 0 exactly where p > 0.05: where its formula and the test's differ at the edge, its end
        is put at 0, or just beside it.
    Raises: ValueError: no pairs, nulls, scores outside [0, 1], or lengths that differ.
    Source: difference and interval: Bonett and Price 2012, "Adjusted Wald confidence interval for a difference of
        binomial proportions based on paired data" (JEBS 37), see `units`. Equivalence: Schuirmann 1987, "A comparison
        of the two one-sided tests procedure" (J. Pharmacokinetics and Biopharmaceutics 15). Pairs and clusters: Miller
        2024, "Adding Error Bars to Evals" (arXiv 2411.00640), sections 2.2 and 4.2.
    """
    _refuse_unusable(a, b, cluster, margin, alpha)
    scores_a, scores_b = a.cast(pl.Float64).to_numpy(), b.cast(pl.Float64).to_numpy()
    each = scores_a - scores_b
    only_a, only_b = int((each > 0).sum()), int((each < 0).sum())
    binary = bool(np.isin(scores_a, (0.0, 1.0)).all() and np.isin(scores_b, (0.0, 1.0)).all())
    plain = Units(each, np.ones(len(each)))
    units = _clustered(each, cluster) or plain
    clustered = units is not plain
    imagine = binary or clustered or not each.any()
    # A single cluster shows no spread: it says nothing, and two imagined pairs must not make it speak.
    steady = units.with_imagined() if imagine and not (clustered and len(units.sums) < 2) else units
    p_exact = p_mid = None
    if clustered:
        test, p = cluster_test(units)
    elif binary:
        p_exact, p_mid = mcnemar_exact(only_a, only_b), mcnemar_mid_p(only_a, only_b)
        test, p = mcnemar(only_a, only_b)
    else:
        test, p = "paired t", steady.two_sided_p()
    return Comparison(
        n=len(each),
        clusters=len(units.sums) if clustered else None,
        mean_a=math.fsum(scores_a) / len(each),
        mean_b=math.fsum(scores_b) / len(each),
        difference=math.fsum(each) / len(each),
        stderr=units.stderr(),
        ci=_agreeing(steady.interval(0.95), p),
        test=test,
        why=_why(clustered, binary),
        p=p,
        p_exact=p_exact,
        p_mid=p_mid,
        only_a=only_a,
        only_b=only_b,
        discordant=math.fsum(plain.sums**2) / len(each),
        effect=units.variance() / plain.variance() if clustered and plain.variance() else 1.0,
        margin=margin,
        ci_equivalence=steady.interval(1 - 2 * alpha),
        p_equivalent=max(steady.above(-margin), steady.below(margin)),
    )


def cluster_test(units: Units) -> tuple[str, float]:
    """The name of the test that clusters call for, and its two-sided p."""
    if np.count_nonzero(units.sums) > MANY:
        return "t over clusters", units.two_sided_p()
    return "sign flips of clusters", sign_flip_p(units.sums)


def _why(clustered: bool, binary: bool) -> str:
    if clustered:
        return "questions share clusters, so a cluster is the unit"
    return "scores are 0 and 1 and no questions share a cluster" if binary else "scores are fractions, without clusters"


def _clustered(each: np.ndarray, cluster: pl.Series | None) -> Units | None:
    """Sums of differences by cluster; None where every question is a cluster of its own."""
    if cluster is None or not cluster.is_not_null().any():
        return None
    rows = pl.DataFrame({"cluster": cluster, "difference": each}).with_row_index("at")
    alone = pl.when(pl.col("cluster").is_null()).then("at")
    # In the order of the rows: a sum of floats in another order is another number.
    found = rows.group_by("cluster", alone.alias("alone"), maintain_order=True).agg(
        pl.col("difference").sum(), pl.len()
    )
    if found.height == len(each):
        return None
    return Units(found["difference"].to_numpy(), found["len"].cast(pl.Float64).to_numpy())


def _agreeing(interval: Interval, p: float) -> Interval:
    if (p <= 0.05) != interval.holds(0.0):
        return interval
    end = _BESIDE if p <= 0.05 else 0.0
    return Interval(end, interval.high) if interval.low + interval.high > 0 else Interval(interval.low, -end)


def _refuse_unusable(a: pl.Series, b: pl.Series, cluster: pl.Series | None, margin: float, alpha: float) -> None:
    if not len(a) or len(a) != len(b) or (cluster is not None and len(cluster) != len(a)):
        raise ValueError(
            f"{len(a)} scores of A and {len(b)} of B: one of each per question is needed, and one or more."
        )
    for scores in (a, b):
        if scores.null_count() or not scores.is_between(0, 1).all():
            raise ValueError("a score is null or outside [0, 1]. Decide what the unparsed count as before asking.")
    if not (0 <= margin <= 1 and 0 < alpha < 0.5):
        raise ValueError(f"a margin lies in [0, 1] and alpha between 0 and 0.5; {margin} and {alpha} do not.")

"""Every p and interval beside an independent implementation of the same formula."""

import itertools

import numpy as np
import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.weightstats import ttost_paired

from evalpipe.core.comparison import adjusted, compare_pairs, mcnemar_exact, mcnemar_mid_p, sign_flip_p
from evalpipe.core.stats import t_cdf, t_quantile


@pytest.mark.parametrize(
    ("a", "b"), [(0, 0), (1, 0), (5, 5), (1, 9), (30, 50), (700, 801), (75_600, 74_400), (0, 150_000)]
)
def test_mcnemar_is_that_of_statsmodels(a, b):
    """Exact p for counts from none to 150,000; the mid-p by its definition from scipy's binomial distribution."""
    exact = mcnemar([[0, a], [b, 0]], exact=True).pvalue if a + b else 1.0
    assert mcnemar_exact(a, b) == pytest.approx(exact, rel=1e-7, abs=1e-300)
    coin = stats.binom(a + b, 0.5)
    if a + b == 0:
        assert mcnemar_mid_p(a, b) == 1.0
        return
    further = 2 * coin.cdf(min(a, b) - 1) + coin.pmf(a) * (1 if a != b else 0.5)
    if a != b:
        assert mcnemar_mid_p(a, b) == pytest.approx(further, rel=1e-6, abs=1e-300)
    else:
        assert mcnemar_mid_p(a, b) == pytest.approx(1 - coin.pmf(a) / 2)


def test_flipping_single_questions_is_mcnemar():
    """A cluster of one question is a question: the same p."""
    ones = np.repeat([1.0, -1.0], (30, 50))
    assert sign_flip_p(ones) == pytest.approx(mcnemar_exact(30, 50), abs=1e-12)


@pytest.mark.parametrize(
    "differences",
    [[3, -1, 4, 1, -5, 9, 2, 6], [0.1, 0.2, -0.3, 0.4, 0.7, 0.6, -0.1], [0.25, -0.5, 1.75, 0.3, 0.31, -0.02, 2.4]],
)
def test_flips_are_those_that_one_would_count(differences):
    """All 2^n choices of signs enumerated; differences that are no whole numbers are off by less than 0.001."""
    sums = np.array([abs(np.dot(signs, differences)) for signs in itertools.product((1, -1), repeat=len(differences))])
    p = float(np.mean(sums >= abs(sum(differences)) - 1e-9))
    assert sign_flip_p(np.array(differences, float)) == pytest.approx(p, abs=1e-3)


def test_fractions_are_compared_by_the_paired_t_test():
    """p, interval and equivalence of scipy's ttest_rel and statsmodels' ttost_paired."""
    rng = np.random.default_rng(3)
    a = rng.random(80)
    b = np.clip(a + rng.normal(0.01, 0.1, 80), 0, 1)
    found, wanted = compare_pairs(pl.Series(a), pl.Series(b), margin=0.03), stats.ttest_rel(a, b)
    low, high = wanted.confidence_interval()
    assert found.test == "paired t"
    assert (found.p, found.ci.low, found.ci.high) == pytest.approx((wanted.pvalue, low, high))
    assert found.p_equivalent == pytest.approx(ttost_paired(a, b, -0.03, 0.03)[0])
    assert found.ci_equivalence.low == pytest.approx(wanted.confidence_interval(0.90).low)


def test_equal_clusters_are_as_many_numbers_to_a_t_test():
    """Clusters of one size: the interval is scipy's over the clusters' means, with the two imagined pairs within it."""
    rng = np.random.default_rng(4)
    a, b = (pl.Series((rng.random(4000) < share).astype(float)) for share in (0.7, 0.6))
    found = compare_pairs(a, b, pl.Series(np.arange(4000) // 100))
    means = (a - b).to_numpy().reshape(40, 100).mean(axis=1)
    low, high = stats.ttest_1samp(means, 0).confidence_interval()
    assert (found.ci.low, found.ci.high) == pytest.approx((low, high), abs=0.002)
    assert found.stderr == pytest.approx(stats.sem(means))
    assert found.clusters == 40


def test_equivalence_of_ones_and_zeros_holds_two_imagined_pairs():
    """TOST of statsmodels on the same pairs and two more, one won by each model."""
    a, b = np.ones(1000), np.r_[np.zeros(12), np.ones(988)]
    b[500:515], a[480:500] = 1, 0
    found = compare_pairs(pl.Series(a), pl.Series(b), margin=0.03)
    wanted = ttost_paired(np.r_[a, 1, 0], np.r_[b, 0, 1], -0.03, 0.03)[0]
    assert found.p_equivalent == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(("ours", "theirs"), [("holm", "holm"), ("bh", "fdr_bh")])
def test_corrections_are_those_of_statsmodels(ours, theirs):
    """Ties, a p of one and a single p among them."""
    for p in ([0.04], [0.01, 0.04, 0.03, 0.005], [0.02, 0.02, 1.0, 0.5, 0.001]):
        assert adjusted(p, ours) == pytest.approx(multipletests(p, method=theirs)[1])
    assert adjusted([0.2, 0.1], "none") == [0.2, 0.1]


@pytest.mark.parametrize("degrees", [1, 2, 3.5, 9, 499, 150_000])
def test_student_is_that_of_scipy(degrees):
    """Quantiles and tails, far ones too."""
    for probability in (0.6, 0.8, 0.975, 0.9999):
        assert t_quantile(degrees, probability) == pytest.approx(stats.t.ppf(probability, degrees), rel=1e-8)
        assert t_quantile(degrees, 1 - probability) == pytest.approx(stats.t.ppf(1 - probability, degrees), rel=1e-8)
    assert t_cdf(-6.0, degrees) == pytest.approx(stats.t.cdf(-6.0, degrees), rel=1e-7)

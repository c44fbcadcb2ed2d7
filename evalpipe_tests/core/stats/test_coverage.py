"""Coverage by simulation; the whole grid, and what else was tried, is in benchmarks/coverage.py."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from evalpipe.core.stats import accuracy, bootstrap, clustered_interval, clustered_mean, macro, wilson

DRAWS = 2000
LOW, HIGH = 0.935, 0.965


def coverage_of_wilson(n: int) -> np.ndarray:
    """Exactly, as the sum over all outcomes, for accuracies from .02 to .98."""
    rates = np.linspace(0.02, 0.98, 49)
    ends = [wilson(right / n, n) for right in range(n + 1)]
    low, high = np.array([end.low for end in ends]), np.array([end.high for end in ends])
    chances = [stats.binom.pmf(np.arange(n + 1), n, rate) for rate in rates]
    return np.array([chance[(low <= p) & (p <= high)].sum() for chance, p in zip(chances, rates, strict=True)])


@pytest.mark.parametrize(("n", "lowest"), [(20, 0.91), (100, 0.925), (500, LOW), (2000, LOW)])
def test_wilson_covers(n, lowest):
    """From 500 questions on everywhere; of fewer on average, as whole numbers of right answers allow no better."""
    covered = coverage_of_wilson(n)
    assert LOW <= covered.mean() <= HIGH
    assert covered.min() >= lowest
    assert n < 500 or covered.max() <= HIGH


@pytest.mark.parametrize(
    ("clusters", "size", "alike", "rate", "unequal"),
    [
        (12, 20, 0.0, 0.5, False),
        (30, 10, 0.1, 0.3, True),
        (30, 20, 0.3, 0.5, False),
        (100, 8, 0.5, 0.8, True),
        (300, 6, 0.2, 0.9, False),
    ],
)
def test_clustered_intervals_cover(clusters, size, alike, rate, unequal):
    """Passages that agree within by so much, of one size or of sizes that vary, from a dozen to 300."""
    random = np.random.default_rng([clusters, size, unequal])
    sizes = np.maximum(1, random.poisson(size, clusters) if unequal else np.full(clusters, size)).astype(float)
    rates = np.full((DRAWS, clusters), rate)
    if alike:
        rates = random.beta(rate * (1 / alike - 1), (1 - rate) * (1 / alike - 1), rates.shape)
    assert LOW <= share_held(random.binomial(sizes.astype(int), rates), sizes, rate) <= HIGH


def share_held(draws: np.ndarray, sizes: np.ndarray, rate: float) -> float:
    held = 0
    for totals in draws.astype(float):
        mean = totals.sum() / sizes.sum()
        found = clustered_interval(totals, sizes, mean * (1 - mean))
        held += found.low <= rate <= found.high
    return held / len(draws)


def test_few_right_answers_in_passages_that_agree_are_covered():
    """2% right, 30 passages of 20, correlation .3: a t interval over clusters holds the truth in 79% of draws."""
    draws = np.random.default_rng(8).binomial(
        20, np.random.default_rng(9).beta(0.02 * 7 / 3, 0.98 * 7 / 3, (DRAWS, 30))
    )
    assert share_held(draws, np.full(30, 20.0), 0.02) >= LOW


def test_the_t_interval_of_differences_covers():
    """Differences of two models' scores, clustered in passages of unequal size."""
    random = np.random.default_rng(9)
    cluster = np.repeat(np.arange(40), random.integers(1, 12, 40))
    names = pl.Series(cluster)
    held = 0
    for _ in range(DRAWS):
        values = random.choice([-1.0, 0.0, 1.0], len(cluster), p=[0.1, 0.8, 0.1]) + random.normal(0, 0.2, 40)[cluster]
        end = clustered_mean(pl.Series(values), names).interval()
        held += end.low <= 0 <= end.high
    assert LOW <= held / DRAWS <= HIGH


def test_intervals_of_fractions_and_of_macro_averages_cover():
    """Skewed fractions; and 20 subjects of different size and difficulty."""
    random = np.random.default_rng(10)
    fractions = [accuracy(pl.Series(random.beta(4, 1, 60))) for _ in range(DRAWS)]
    assert LOW <= np.mean([each.low <= 0.8 <= each.high for each in fractions]) <= HIGH
    sizes = random.integers(5, 60, 20)
    rates = random.beta(7, 3, 20)
    subject = pl.Series(np.repeat(np.arange(20), sizes))
    answers = (random.random((DRAWS, sizes.sum())) < np.repeat(rates, sizes)).astype(float)
    averages = [macro(pl.Series(each), subject) for each in answers]
    assert LOW <= np.mean([each.low <= rates.mean() <= each.high for each in averages]) <= HIGH


def test_the_bootstrap_covers():
    """A ratio of two means, by BCa; of 100 banks, as each takes 250 draws: 95% within their own noise."""
    random = np.random.default_rng(11)
    held = 0
    for seed in range(100):
        rows = np.stack([random.gamma(2.0, 1.0, 80), random.gamma(4.0, 0.5, 80)], axis=1)
        found = bootstrap(rows, lambda some: float(some[:, 0].sum() / some[:, 1].sum()), draws=250, seed=seed)
        held += found.low <= 1 <= found.high
    assert held / 100 >= 0.88

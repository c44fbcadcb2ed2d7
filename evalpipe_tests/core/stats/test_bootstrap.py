import numpy as np
import polars as pl
import pytest
from scipy import stats

from evalpipe.core.stats import bootstrap, clustered_mean

SKEWED = np.random.default_rng(4).gamma(1.5, 1.0, 80)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_it_is_scipys_bootstrap_up_to_the_draw(method):
    """A median-like figure of 80 skewed values: ends and error agree within the noise of 4,000 draws."""

    def trimmed(values):
        return float(np.mean(np.sort(values)[10:-10]))

    found = bootstrap(SKEWED, trimmed, draws=4000, method=method)
    theirs = stats.bootstrap(
        (SKEWED,), trimmed, n_resamples=4000, method=method, vectorized=False, rng=np.random.default_rng(9)
    )
    noise = theirs.standard_error / 8
    assert found.value == trimmed(SKEWED)
    assert found.stderr == pytest.approx(theirs.standard_error, rel=0.05)
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=noise)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=noise)


def test_clusters_are_drawn_whole():
    """The error of a mean by bootstrap over clusters is that of the formula, and not the one that ignores them."""
    random = np.random.default_rng(5)
    cluster = np.repeat(np.arange(60), random.integers(1, 9, 60))
    values = random.normal(size=60)[cluster] + random.normal(size=len(cluster)) / 4
    formula = clustered_mean(pl.Series(values), pl.Series(cluster))
    found = bootstrap(values, lambda rows: float(rows.mean()), pl.Series(cluster))
    assert found.stderr == pytest.approx(formula.stderr, rel=0.08)
    assert found.stderr > 1.5 * stats.sem(values)


def test_the_same_seed_is_the_same_interval():
    """Bit for bit; another seed is another one. Rows of several columns are drawn together."""
    rows = np.stack([SKEWED, SKEWED + 1], axis=1)

    def ratio(some):
        return float(some[:, 0].sum() / some[:, 1].sum())

    assert bootstrap(rows, ratio, seed=1, draws=200) == bootstrap(rows, ratio, seed=1, draws=200)
    assert bootstrap(rows, ratio, seed=1, draws=200) != bootstrap(rows, ratio, seed=2, draws=200)


def test_what_cannot_be_drawn_is_refused():
    """One cluster is no sample, and a figure that is no number on some draw has no interval."""
    with pytest.raises(ValueError, match="two or more"):
        bootstrap(SKEWED[:5], np.mean, pl.Series(["a"] * 5))
    with pytest.raises(ValueError, match="no finite number"):
        bootstrap(SKEWED[:5], lambda rows: float("nan"))

import math

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from scipy import linalg, stats

from evalpipe.core.stats import clustered_mean

SIZES = [1, 1, 2, 3, 5, 8, 13]


def draw(sizes, seed=0):
    random = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    return random.normal(size=len(sizes))[cluster] + random.normal(size=len(cluster)), cluster


def test_with_clusters_of_one_size_it_is_the_usual_one():
    """Where clusters are alike, CR2 is the usual clustered error, as in statsmodels, with G - 1 degrees of freedom."""
    values, cluster = draw([6] * 9)
    found = clustered_mean(pl.Series(values), pl.Series(cluster))
    theirs = sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": cluster}, use_t=True)
    assert found.value == pytest.approx(theirs.params[0])
    assert found.stderr == pytest.approx(theirs.bse[0])
    assert found.degrees == pytest.approx(8)
    low, high = theirs.conf_int()[0]
    assert (found.interval().low, found.interval().high) == (pytest.approx(low), pytest.approx(high))


def test_without_clusters_it_is_the_error_of_a_mean():
    """As scipy computes it, with its t interval."""
    values, _ = draw([30])
    found = clustered_mean(pl.Series(values))
    low, high = stats.t.interval(0.9, 29, np.mean(values), stats.sem(values))
    assert found.stderr == pytest.approx(stats.sem(values))
    assert (found.interval(0.9).low, found.interval(0.9).high) == (pytest.approx(low), pytest.approx(high))
    assert (found.n, found.clusters) == (30, 30)


def test_unequal_clusters_follow_bell_and_mccaffrey():
    """Variance and degrees of freedom as their matrices give them, computed with scipy in full."""
    values, cluster = draw(SIZES)
    n = len(values)
    hat = np.full((n, n), 1 / n)
    residuals = values - values.mean()
    leave = np.eye(n) - hat
    columns, meat = [], 0.0
    for each in range(len(SIZES)):
        at = np.flatnonzero(cluster == each)
        adjust = linalg.fractional_matrix_power(np.eye(len(at)) - hat[np.ix_(at, at)], -0.5)
        meat += float((adjust @ residuals[at]).sum() ** 2)
        columns.append(leave[:, at] @ adjust @ np.ones(len(at)) / n)
    spectrum = linalg.eigvalsh(np.stack(columns).T @ np.stack(columns))
    found = clustered_mean(pl.Series(values), pl.Series(cluster))
    assert found.stderr == pytest.approx(math.sqrt(meat) / n)
    assert found.degrees == pytest.approx(spectrum.sum() ** 2 / (spectrum**2).sum())
    assert found.degrees < len(SIZES) - 1


def test_order_and_names_of_clusters_do_not_matter():
    """Shuffled questions, and a null in place of a cluster that has one question."""
    values, cluster = draw(SIZES)
    expected = clustered_mean(pl.Series(values), pl.Series(cluster))
    order = np.random.default_rng(1).permutation(len(values))
    names = pl.Series([None if each < 2 else f"passage {each}" for each in cluster])
    found = clustered_mean(pl.Series(values[order]), names.gather(order))
    assert (found.value, found.clusters) == (expected.value, 7)
    assert found.stderr == pytest.approx(expected.stderr, rel=1e-12)


@pytest.mark.parametrize(
    ("values", "cluster", "message"),
    [
        ([], None, "no values"),
        ([1.0, None], None, "null"),
        ([1.0, 0.0], ["a", "a"], "one cluster"),
        ([1.0], None, "one"),
    ],
)
def test_a_mean_without_an_error_is_refused(values, cluster, message):
    """Nothing, a null, or a single cluster: an error, never a standard error of 0."""
    with pytest.raises(ValueError, match=message):
        clustered_mean(pl.Series(values, dtype=pl.Float64), None if cluster is None else pl.Series(cluster))

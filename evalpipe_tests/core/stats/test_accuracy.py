import math
import statistics

import polars as pl
import pytest
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from evalpipe.core.stats import accuracy, clopper_pearson, wilson


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (1, 1, 0.2065, 1.0),
        (0, 1, 0.0, 0.7935),
    ],
)
def test_wilson_interval_is_the_tabulated_one(right, n, low, high):
    """The interval of right and wrong agrees with Newcombe 1998 (method 3), and never shrinks to a point."""
    found = accuracy(pl.Series([1.0] * right + [0.0] * (n - right)))
    assert found.value == right / n
    assert found.stderr == pytest.approx(math.sqrt(right / n * (1 - right / n) / n))
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_fractions_have_wilsons_interval_on_their_own_spread():
    """Fractions count as so many right and wrong answers as would vary alike, with t for what is not known of that."""
    values = [0.5, 0.75, 1.0, 0.25, 0.5, 0.75]
    found = accuracy(pl.Series(values))
    assert found.stderr == pytest.approx(statistics.stdev(values) / math.sqrt(6))
    worth = found.value * (1 - found.value) / found.stderr**2
    t = stats.t.ppf(0.975, 5)
    expected = proportion_confint(found.value * worth, worth, alpha=2 * stats.norm.sf(t), method="wilson")
    assert (found.low, found.high) == (pytest.approx(expected[0], abs=1e-6), pytest.approx(expected[1], abs=1e-6))
    assert accuracy(pl.Series([0.9, 1.0, 0.4])).high <= 1.0


def test_fractions_that_are_all_the_same_are_no_certainty():
    """A hundred halves bound the mean, and not to a point."""
    found = accuracy(pl.Series([0.5] * 100))
    assert found.stderr == 0
    assert 0.48 < found.low < 0.495 < 0.505 < found.high < 0.52


@pytest.mark.parametrize("n", [1, 20, 199, 2000])
def test_wilson_and_clopper_pearson_are_those_of_statsmodels(n):
    """For every number of right answers that is tried, at two levels."""
    for right in {0, 1, n // 3, n // 2, n - 1, n}:
        for alpha in (0.05, 0.1):
            for name, ours in (
                ("wilson", wilson(right / n, n, 1 - alpha)),
                ("beta", clopper_pearson(right, n, 1 - alpha)),
            ):
                theirs = proportion_confint(right, n, alpha=alpha, method=name)
                assert (ours.low, ours.high) == (pytest.approx(theirs[0], abs=1e-9), pytest.approx(theirs[1], abs=1e-9))


def test_one_fraction_says_nothing():
    """A single fractional score bounds nothing: its interval is everything."""
    found = accuracy(pl.Series([0.5]))
    assert (found.stderr, found.low, found.high) == (0.5, 0.0, 1.0)


def test_clusters_that_agree_count_as_one_question_each():
    """Ten copies of each of ten questions are ten questions, and the formula gives the error of their means."""
    means = [1.0] * 6 + [0.0] * 4
    scores = pl.Series([mean for mean in means for _ in range(10)])
    cluster = pl.Series([f"c{number}" for number in range(10) for _ in range(10)])
    found = accuracy(scores, cluster)
    assert found.stderr == pytest.approx(statistics.stdev(means) / math.sqrt(10))
    worth = 0.6 * 0.4 / found.stderr**2
    assert found.low == pytest.approx(wilson(0.6, worth, reach=2.26216).low, abs=1e-5)  # t, 9 degrees of freedom
    assert found.stderr > 3 * accuracy(scores).stderr


@pytest.mark.parametrize(
    "cluster",
    [None, pl.Series(["a", "b", "c", "d"]), pl.Series([None] * 4, dtype=pl.String)],
)
def test_clusters_that_say_nothing_change_nothing(cluster):
    """No clusters, or a cluster for each question leave the plain interval."""
    scores = pl.Series([1.0, 0.0, 1.0, 1.0])
    assert accuracy(scores, cluster) == accuracy(scores)


def test_a_single_cluster_counts_as_one_question():
    """One passage with 40 questions says little of the next one, however many of them are right."""
    found = accuracy(pl.Series([1.0] * 30 + [0.0] * 10), pl.Series(["a"] * 40))
    assert found.value == 0.75
    assert found.high - found.low > 0.8


def test_clusters_all_right_still_have_an_interval():
    """Two passages, all right, do not prove perfection: each passage counts as one question."""
    found = accuracy(pl.Series([1.0] * 6), pl.Series(["a"] * 3 + ["b"] * 3))
    assert found.high == 1.0
    assert found.low == pytest.approx(accuracy(pl.Series([1.0, 1.0])).low)


def test_a_question_without_cluster_stands_alone():
    """A null is not one big cluster of everything that has none."""
    scores = pl.Series([1.0, 1.0, 0.0, 0.0, 1.0])
    named = accuracy(scores, pl.Series(["a", "a", "x", "y", "z"]))
    assert accuracy(scores, pl.Series(["a", "a", None, None, None])) == named


def test_one_right_of_many_is_not_narrower_than_without_clusters():
    """1 right of 199, in passages of about four: the upper end was .015 with t, and is .028 without clusters."""
    scores = pl.Series([1.0] + [0.0] * 198)
    plain = accuracy(scores)
    found = accuracy(scores, pl.Series([at // 4 for at in range(199)]))
    assert plain.high == pytest.approx(0.0279, abs=1e-4)
    assert plain.high < found.high < 0.12
    assert found.low <= plain.low


def test_shares_that_balance_by_chance_are_no_certainty():
    """Each of ten passages half right: no variance is seen, and the interval is no point."""
    found = accuracy(pl.Series([1.0, 0.0, 1.0, 0.0] * 10), pl.Series([at // 4 for at in range(40)]))
    assert found.stderr == 0
    assert found.high - found.low > 0.05


@pytest.mark.parametrize(
    ("scores", "cluster", "message"),
    [
        ([], None, "no scores"),
        ([1.0, None], None, "null"),
        ([1.0, 1.5], None, r"outside \[0, 1\]"),
        ([1.0, -0.1], None, r"outside \[0, 1\]"),
        ([1.0, math.nan], None, r"outside \[0, 1\]"),
        ([1.0, 0.0], ["a"], "2 scores but 1 clusters"),
    ],
)
def test_unusable_scores_are_refused(scores, cluster, message):
    """An accuracy over nothing, over nulls or over what is no score is an error, never a number."""
    with pytest.raises(ValueError, match=message):
        accuracy(pl.Series(scores, dtype=pl.Float64), None if cluster is None else pl.Series(cluster))

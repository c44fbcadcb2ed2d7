import math
import random
import statistics

import polars as pl
import pytest

from evalpipe.core.stats import accuracy


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


def test_fractions_have_a_normal_interval():
    """Scores between 0 and 1 use their own spread, and the interval stays within [0, 1]."""
    values = [0.5, 0.75, 1.0, 0.25]
    found = accuracy(pl.Series(values))
    stderr = statistics.stdev(values) / 2
    assert found.stderr == pytest.approx(stderr)
    assert (found.low, found.high) == (
        pytest.approx(0.625 - 1.959964 * stderr),
        pytest.approx(0.625 + 1.959964 * stderr),
    )
    assert accuracy(pl.Series([0.9, 1.0, 0.4])).high == 1.0


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
    assert found.low == pytest.approx(0.6 - 2.2622 * found.stderr, abs=1e-4)  # t, 9 degrees of freedom
    assert found.stderr > 3 * accuracy(scores).stderr


@pytest.mark.parametrize(
    "cluster",
    [None, pl.Series(["a", "b", "c", "d"]), pl.Series(["a"] * 4), pl.Series([None] * 4, dtype=pl.String)],
)
def test_clusters_that_say_nothing_change_nothing(cluster):
    """No clusters, one cluster, or a cluster for each question leave the plain interval."""
    scores = pl.Series([1.0, 0.0, 1.0, 1.0])
    assert accuracy(scores, cluster) == accuracy(scores)


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


@pytest.mark.parametrize("clusters", [2, 4, 12])
def test_clustered_interval_covers_the_truth(clusters):
    """Over 400 simulated banks whose passages differ, the 95% interval holds the truth at least 90% of the time."""
    draw = random.Random(clusters)
    held = 0
    for _ in range(400):
        passages = [draw.uniform(0.3, 0.9) for _ in range(clusters)]
        scores = [float(draw.random() < passage) for passage in passages for _ in range(25)]
        found = accuracy(pl.Series(scores), pl.Series([number for number in range(clusters) for _ in range(25)]))
        held += found.low <= 0.6 <= found.high
    assert held >= 360


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

from itertools import combinations

import polars as pl
import pytest

from evalpipe.core.reducers import pass_at_k, reduce_samples, reducer


def reduced(name, *samples):
    """The score of one question whose samples are (key, score)."""
    rows = pl.DataFrame(
        [{"question_id": "q", "key": key, "score": score} for key, score in samples],
        schema={"question_id": pl.String, "key": pl.String, "score": pl.Float64},
    )
    found = reduce_samples(rows, reducer(name))
    return found["score"].to_list()


@pytest.mark.parametrize(
    ("samples", "score"),
    [
        ([("7", 1.0), ("7", 1.0), ("8", 0.0)], 1.0),
        ([("7", 1.0), ("8", 0.0), ("8", 0.0)], 0.0),
        ([("7", 1.0), ("8", 0.0)], 0.5),
        ([("7", 1.0), ("8", 0.0), ("9", 0.0)], 1 / 3),
        ([("7", 1.0), (None, None), (None, None)], 1.0),
        ([(None, None), (None, None)], 0.0),
        ([("a b", 0.5), ("a b", 0.5), ("c", 1.0)], 0.5),
    ],
)
def test_the_majority_decides(samples, score):
    """Most votes win, ties share, what could not be read casts no vote, and no vote at all earns nothing."""
    assert reduced("majority", *samples) == [pytest.approx(score)]


def test_the_mean_counts_what_could_not_be_read_as_nothing():
    """One right, one half, one unread: a half."""
    assert reduced("mean", ("7", 1.0), ("7", 0.5), (None, None)) == [0.5]


@pytest.mark.parametrize("n", [1, 4, 6])
def test_pass_at_k_is_the_share_of_draws_that_hold_a_right_one(n):
    """Counted over all ways to draw k of n samples."""
    for right in range(n + 1):
        for k in range(1, n + 1):
            draws = [any(at < right for at in drawn) for drawn in combinations(range(n), k)]
            assert pass_at_k(n, right, k) == pytest.approx(sum(draws) / len(draws))


def test_pass_at_k_of_very_many_samples_is_exact():
    """1,000 samples, whose binomial coefficients are beyond a float."""
    assert pass_at_k(1000, 1, 500) == pytest.approx(0.5)
    assert pass_at_k(1000, 0, 1000) == 0.0
    assert pass_at_k(1000, 1000, 1) == 1.0


def test_pass_at_k_needs_k_samples_and_a_whole_right_one():
    """A question with fewer samples than k is left out, and most of a right answer is none."""
    assert reduced("pass@2", ("7", 1.0), ("8", 0.0), ("8", 0.9)) == [pytest.approx(2 / 3)]
    assert reduced("pass@4", ("7", 1.0), ("8", 0.0)) == []
    with pytest.raises(ValueError, match="k is 1 to n"):
        pass_at_k(2, 1, 3)


@pytest.mark.parametrize("name", ["", "median", "pass@0", "pass@", "pass@1.5", "pass@-1", "Mean", "pass@99999"])
def test_a_reducer_that_is_none_is_refused(name):
    """With those that there are."""
    with pytest.raises(ValueError, match="Allowed: mean, majority, pass@K"):
        reducer(name)

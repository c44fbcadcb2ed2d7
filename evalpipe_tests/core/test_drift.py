import math
import random

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalpipe.core.drift import label_drift


def drift(official, raw, question=None, cluster=None):
    question = pl.Series(range(len(raw)) if question is None else question)
    found = label_drift(pl.Series(official, dtype=pl.Float64), pl.Series(raw, dtype=pl.Float64), question, cluster)
    assert found is not None
    return found


def test_the_interval_of_right_and_wrong_is_the_published_one():
    """Of 48 pairs 26 change one way and 4 the other: the interval that the authors' own package prints."""
    found = drift([1.0] * 26 + [0.0] * 4 + [1.0] * 6 + [0.0] * 12, [0.0] * 26 + [1.0] * 4 + [1.0] * 6 + [0.0] * 12)
    assert found.value == pytest.approx(22 / 48)
    # R package statpsych, ci.prop.ps(.05, 12, 4, 26, 6): SE 0.09448809, 0.2548067 to 0.6251933
    assert found.stderr == pytest.approx(0.09448809, abs=1e-8)
    assert (found.low, found.high) == (pytest.approx(0.2548067, abs=1e-7), pytest.approx(0.6251933, abs=1e-7))


def test_without_any_change_the_interval_is_no_point():
    """None of 1,000 labels changed a score: the drift is 0, and about 0.28 points either way are left open."""
    found = drift([1.0, 0.0] * 500, [1.0, 0.0] * 500)
    assert found.value == 0.0
    assert (found.low, found.high) == (pytest.approx(-0.00277, abs=1e-5), pytest.approx(0.00277, abs=1e-5))


def test_a_question_left_out_leaves_the_official_mean_alone():
    """By hand: 3 of 4 right as delivered; the wrong one left out is 3 of 3, a drift of a quarter."""
    found = drift([1.0, 1.0, 1.0, None], [1.0, 1.0, 1.0, 0.0])
    assert found.value == pytest.approx(0.25)
    # Shares by hand: 0 + 1/4 - 1/4 each for the three, +3/4 for the one; centre 4 * 0.25 / 6.
    units = [0.0, 0.0, 0.0, 1.0]
    centre = sum(units) / 6
    squares = sum((unit - centre) ** 2 for unit in [*units, 1.0, -1.0])
    assert found.stderr == pytest.approx(math.sqrt(squares) / 6)


def test_nothing_left_has_no_drift():
    """Where a review leaves no question, there is no official accuracy, and no drift from it."""
    assert label_drift(pl.Series([None], dtype=pl.Float64), pl.Series([1.0]), pl.Series(["q"])) is None


def test_samples_of_a_question_are_one_question():
    """Five samples each, which a label moves together, say no more than one sample each."""
    one = drift([1.0, 0.0, 1.0, 1.0] * 20, [0.0, 0.0, 1.0, 1.0] * 20)
    five = drift(
        [score for score in [1.0, 0.0, 1.0, 1.0] * 20 for _ in range(5)],
        [score for score in [0.0, 0.0, 1.0, 1.0] * 20 for _ in range(5)],
        [number for number in range(80) for _ in range(5)],
    )
    assert (five.value, five.stderr) == (pytest.approx(one.value), pytest.approx(one.stderr))


def test_passages_with_one_wrong_key_count_as_passages():
    """Keys that go wrong by the passage are less certain than as many that go wrong alone."""
    official, raw = [1.0] * 100, [0.0] * 10 + [1.0] * 90
    alone = drift(official, raw)
    together = drift(official, raw, cluster=pl.Series([number // 10 for number in range(100)]))
    assert together.stderr > 2 * alone.stderr
    assert drift(official, raw, cluster=pl.Series(["all"] * 100)) == alone


@pytest.mark.parametrize(
    ("n", "gained", "lost", "excluded"),
    [(1000, 0.004, 0.0, 0.0), (1000, 0.03, 0.01, 0.0), (300, 0.05, 0.02, 0.05), (120, 0.02, 0.02, 0.0)],
)
def test_the_interval_covers_the_true_drift(n, gained, lost, excluded):
    """Over 300 simulated banks, some with four changed questions of 1,000, it holds the truth 93% of the time."""
    draw = random.Random(n)
    held = 0
    kept = 1 - excluded  # whatever its label; so the expected official accuracy is that of the others
    truth = kept * (0.7 + gained - lost) / kept - 0.7
    for _ in range(300):
        official, raw = [], []
        for _ in range(n):
            was, moved = draw.random() < 0.7, draw.random()
            now = (was or moved < gained / 0.3) and not (was and moved < lost / 0.7)
            raw.append(float(was))
            official.append(None if draw.random() < excluded else float(now))
        found = drift(official, raw)
        held += found.low <= truth <= found.high
    assert held >= 279


@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 1.0, None]), st.integers(0, 3)),
        min_size=1,
        max_size=30,
    )
)
def test_the_drift_lies_in_its_interval_and_that_within_bounds(rows):
    """Whatever the scores: low <= drift <= high, all within -1 and 1."""
    raw, official, cluster = (list(column) for column in zip(*rows, strict=True))
    for clusters in (None, pl.Series(cluster)):
        found = label_drift(pl.Series(official, dtype=pl.Float64), pl.Series(raw), pl.Series(range(len(raw))), clusters)
        if found:
            assert -1 <= found.low <= found.value + 1e-12
            assert found.value - 1e-12 <= found.high <= 1


@pytest.mark.parametrize(("official", "raw", "question"), [([], [], []), ([1.0], [1.0, 0.0], [1, 2])])
def test_unusable_scores_are_refused(official, raw, question):
    """No scores, or two lists of different questions, are an error, never a number."""
    with pytest.raises(ValueError, match="one of each"):
        label_drift(pl.Series(official, dtype=pl.Float64), pl.Series(raw, dtype=pl.Float64), pl.Series(question))

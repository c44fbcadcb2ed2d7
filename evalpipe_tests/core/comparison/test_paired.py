"""What a comparison says: which test, which verdict, and that interval and test never contradict one another."""

import numpy as np
import polars as pl
import pytest

from evalpipe.core.comparison import compare_pairs, judge


def pairs(both: int, only_a: int, only_b: int, neither: int) -> tuple[pl.Series, pl.Series]:
    counts = (both, only_a, only_b, neither)
    return pl.Series(np.repeat([1.0, 1.0, 0.0, 0.0], counts)), pl.Series(np.repeat([1.0, 0.0, 1.0, 0.0], counts))


@pytest.mark.parametrize(
    ("counts", "verdict", "negligible"),
    [
        ((800, 120, 60, 20), "better", False),
        ((800, 60, 120, 20), "worse", False),
        ((90_000, 500, 700, 8_800), "worse", True),
        ((90_000, 600, 600, 8_800), "equivalent", False),
        ((80, 10, 8, 2), "cannot tell", False),
        ((200, 0, 0, 0), "cannot tell", False),
        ((2_000, 0, 0, 0), "equivalent", False),
    ],
)
def test_verdicts(counts, verdict, negligible):
    """Significant wins over equivalent and is then called negligible; equal answers to few questions prove nothing."""
    (judged,) = judge([compare_pairs(*pairs(*counts))])
    assert (judged.verdict, judged.negligible) == (verdict, negligible)


def test_which_test_is_used_follows_from_the_scores():
    """Few discordant pairs: exact; more: mid-p; clusters: flips; fractions: t; clusters of one question are none."""
    few, many = pairs(80, 10, 5, 5), pairs(80, 20, 15, 5)
    assert compare_pairs(*few).test == "McNemar exact"
    assert compare_pairs(*few).p == compare_pairs(*few).p_exact
    assert compare_pairs(*many).test == "McNemar mid-p"
    assert compare_pairs(*many).p == compare_pairs(*many).p_mid
    assert compare_pairs(*many, pl.Series(np.arange(120) // 6)).test == "sign flips of clusters"
    assert compare_pairs(*many, pl.Series(np.arange(120))).test == "McNemar mid-p"
    assert compare_pairs(*many, pl.Series([None] * 120, dtype=pl.String)).clusters is None
    assert compare_pairs(pl.Series([0.5, 1.0, 0.25]), pl.Series([0.25, 0.5, 1.0])).test == "paired t"


def test_a_question_without_a_cluster_is_a_cluster_of_its_own():
    """Nulls are not one large cluster."""
    a, b = pairs(80, 20, 15, 5)
    cluster = pl.Series(["p", "p", *[None] * 118])
    assert compare_pairs(a, b, cluster).clusters == 119


def test_one_cluster_alone_says_nothing():
    """Its questions may all share one luck: any difference is possible."""
    (judged,) = judge([compare_pairs(*pairs(0, 100, 0, 0), pl.Series(["p"] * 100))])
    assert (judged.verdict, judged.comparison.p, judged.comparison.ci.low) == ("cannot tell", 1.0, -1.0)


def test_interval_and_test_agree_about_nothing_else_than_zero():
    """Over all small tables and some clustered ones: p > 0.05 exactly where the interval holds 0 within it."""
    for only_a in range(14):
        for only_b in range(14):
            found = compare_pairs(*pairs(10, only_a, only_b, 10))
            inside = found.ci.low < 0 < found.ci.high
            at_edge = 0.0 in (found.ci.low, found.ci.high)
            assert at_edge or inside == (found.p > 0.05)
            assert found.ci.low <= found.difference <= found.ci.high


def test_several_comparisons_must_each_find_more():
    """A p of 0.03 is a finding alone, and none among five; what can be found grows with their number."""
    found = compare_pairs(*pairs(800, 60, 40, 100))
    assert 0.01 < found.p < 0.05
    assert judge([found])[0].verdict == "better"
    several = judge([found] * 5)
    assert {each.verdict for each in several} == {"cannot tell"}
    assert several[0].detectable > judge([found])[0].detectable
    assert {each.verdict for each in judge([found] * 5, correction="bh")} == {"better"}


@pytest.mark.parametrize(
    ("a", "b"), [([], []), ([1.0], [1.0, 0.0]), ([1.0, None], [1.0, 0.0]), ([2.0], [1.0]), ([float("nan")], [1.0])]
)
def test_what_cannot_be_compared_is_refused(a, b):
    """No pairs, halves of pairs, nulls, and scores that are none."""
    with pytest.raises(ValueError, match=r"scores|score is null"):
        compare_pairs(pl.Series(a, dtype=pl.Float64), pl.Series(b, dtype=pl.Float64))

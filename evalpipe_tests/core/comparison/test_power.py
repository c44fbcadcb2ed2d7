"""What a run can find, checked against the published figure and against simulated runs."""

import numpy as np
import pytest
from scipy import stats

from evalpipe.core.comparison import design_effect, minimum_detectable_difference, pairs_needed
from evalpipe.core.comparison.mcnemar import mcnemar
from evalpipe_tests.core.comparison.simulated import Cell, alarm_rate, power_rate


def test_150000_pairs_find_a_fifth_of_a_point():
    """10% discordant, one-sided 5%, 80% power: 0.20 points."""
    assert minimum_detectable_difference(150_000, 0.10, one_sided=True) == pytest.approx(0.0020, abs=5e-5)


@pytest.mark.parametrize(("per_cluster", "icc"), [(1.0, 0.0), (10.0, 0.2), (50.0, 0.05)])
def test_pairs_needed_is_the_inverse(per_cluster, icc):
    """So many pairs find the difference, and a few less do not."""
    n = pairs_needed(0.02, 0.2, per_cluster=per_cluster, icc=icc)
    effect = design_effect(per_cluster, icc)
    for pairs, finds in ((n * 1.01, True), (n * 0.97, False)):
        clusters = round(pairs / per_cluster) if per_cluster > 1 else None
        found = minimum_detectable_difference(pairs, 0.2, design_effect=effect, clusters=clusters)
        assert (found <= 0.02) is finds


@pytest.mark.parametrize(("pairs", "discordant"), [(100, 0.1), (199, 0.3), (30, 1.0), (100_000, 0.0005)])
def test_few_discordant_pairs_are_counted_not_approximated(pairs, discordant):
    """The power at the stated difference, summed over all outcomes with scipy, is 80%; and so many pairs it takes."""
    found = minimum_detectable_difference(pairs, discordant)
    counts = np.arange(151)
    wins = [
        next((won for won in range((k + 1) // 2, k + 1) if mcnemar(won, k - won)[1] <= 0.05), k + 1) for k in counts
    ]
    won = stats.binom.sf(np.array(wins) - 1, counts, min(1.0, (discordant + found) / (2 * discordant)))
    assert float(np.sum(stats.binom.pmf(counts, pairs, discordant) * won)) == pytest.approx(0.8, abs=1e-3)
    assert pairs_needed(found, discordant) <= pairs


def test_models_that_hardly_disagree_cannot_be_told_apart():
    """The difference would have to be larger than the share of questions on which they differ."""
    assert minimum_detectable_difference(100, 0.01) is None
    assert minimum_detectable_difference(2, 0.5) is None
    with pytest.raises(ValueError, match="cannot be found"):
        pairs_needed(0.2, 0.1)


@pytest.mark.parametrize(
    "wrong", [{"pairs": 0}, {"discordant": 0}, {"discordant": 1.1}, {"alpha": 0}, {"power": 0.5}, {"clusters": 1}]
)
def test_figures_outside_their_range_are_refused(wrong):
    """Not turned into a number that looks like one."""
    with pytest.raises(ValueError, match=r"cannot be|lies between|one cluster"):
        minimum_detectable_difference(**{"pairs": 100, "discordant": 0.1} | wrong)


@pytest.mark.parametrize(
    "cell", [Cell(10, 0.5, 0.5), Cell(10, 0.0, 0.95), Cell(20, 0.2, 0.1), Cell(200, 0.3, 0.8, shared=True)]
)
def test_models_that_are_alike_rarely_alarm(cell):
    """At most 6% of 2,000 runs at the 5% level, in few clusters and in many; benchmarks/comparison.py has all cells."""
    assert alarm_rate(np.random.default_rng(11), cell, 2_000) <= 0.06


@pytest.mark.parametrize(
    ("pairs", "discordant", "clusters", "icc"),
    [(2_000, 0.1, None, 0), (600, 0.3, None, 0), (50, 0.3, None, 0), (4_000, 0.2, 100, 0.1), (150, 0.2, 30, 0.05)],
)
def test_the_stated_difference_is_found_in_four_of_five_runs(pairs, discordant, clusters, icc):
    """80% +- 3 of 2,000 runs, with and without clusters, and where few pairs disagree."""
    assert power_rate(np.random.default_rng(12), pairs, discordant, clusters, icc, 2_000) == pytest.approx(
        0.8, abs=0.03
    )

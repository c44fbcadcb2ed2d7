import numpy as np
import pytest
from scipy import stats

from evalpipe.core.stats import shrink

RIGHT, N = np.array([2.0, 9.0, 30.0, 55.0]), np.array([10.0, 10.0, 50.0, 60.0])


def test_the_posterior_is_scipys_beta():
    """Mean, deviation and ends are those of a beta distribution with the questions that are lent."""
    found = shrink(RIGHT, N)
    for each, right, n in zip(found.subjects, RIGHT, N, strict=True):
        lent = found.imagined
        posterior = stats.beta(right + lent * found.mean, n - right + lent * (1 - found.mean))
        assert each.value == pytest.approx(posterior.mean())
        assert each.stderr == pytest.approx(posterior.std())
        assert (each.low, each.high) == (pytest.approx(posterior.ppf(0.025)), pytest.approx(posterior.ppf(0.975)))


def test_what_is_lent_is_what_the_subjects_were_drawn_with():
    """Of 1,500 subjects the estimate finds the beta distribution that they came from."""
    random = np.random.default_rng(6)
    n = random.integers(5, 60, 1500).astype(float)
    found = shrink(random.binomial(n.astype(int), random.beta(12, 4, 1500)).astype(float), n)
    assert found.imagined == pytest.approx(16, rel=0.2)
    assert found.mean == pytest.approx(0.75, abs=0.01)


def test_it_errs_less_than_the_subjects_own_means():
    """On 57 small subjects, on average over 40 banks; and small ones move furthest."""
    random = np.random.default_rng(7)
    n = np.tile([5.0, 20.0, 80.0], 19)
    plain, shrunk = 0.0, 0.0
    for _ in range(40):
        true = random.beta(14, 6, 57)
        right = random.binomial(n.astype(int), true).astype(float)
        values = np.array([each.value for each in shrink(right, n).subjects])
        plain, shrunk = plain + ((right / n - true) ** 2).sum(), shrunk + ((values - true) ** 2).sum()
    assert shrunk < 0.6 * plain


def test_subjects_that_are_alike_become_one():
    """Where they differ by no more than chance, each is near the mean; where all are right, none is certain."""
    alike = shrink(np.full(40, 5.0), np.full(40, 10.0))
    assert [each.value for each in alike.subjects] == [pytest.approx(0.5)] * 40
    assert alike.imagined > 100
    assert all(each.low < 1 for each in shrink(N, N).subjects)


@pytest.mark.parametrize(("right", "n"), [([1.0, 2.0, 1.0], [2.0] * 3), ([1.0, 2.0, 3.0, 1.0], [2.0] * 4)])
def test_too_few_or_impossible_subjects_are_refused(right, n):
    """Three subjects have no spread worth the name, and 3 of 2 are no share."""
    with pytest.raises(ValueError, match="four subjects"):
        shrink(np.array(right), np.array(n))

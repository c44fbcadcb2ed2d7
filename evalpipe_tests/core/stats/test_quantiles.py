import pytest
from scipy import stats

from evalpipe.core.stats import beta_cdf, beta_quantile, t_cdf, t_quantile

DEGREES = [0.5, 1, 1.7, 2, 3, 9.25, 29, 100, 4999, 149_999, 1e6, 1e9]


@pytest.mark.parametrize("degrees", DEGREES)
def test_students_t_is_that_of_scipy(degrees):
    """Quantiles and probabilities to 1e-7, from half a degree of freedom to a thousand million."""
    for probability in (0.001, 0.025, 0.3, 0.5, 0.95, 0.975, 0.999):
        expected = stats.t.ppf(probability, degrees)
        assert t_quantile(degrees, probability) == pytest.approx(expected, rel=1e-7, abs=1e-9)
        assert t_cdf(expected, degrees) == pytest.approx(probability, abs=1e-8)


@pytest.mark.parametrize("a", [0.5, 1, 3.7, 150, 1e5])
@pytest.mark.parametrize("b", [0.5, 1, 20, 1e5])
def test_beta_is_that_of_scipy(a, b):
    """Quantiles and probabilities, of few and of very many."""
    for probability in (0.001, 0.025, 0.5, 0.975):
        expected = stats.beta.ppf(probability, a, b)
        assert beta_quantile(probability, a, b) == pytest.approx(expected, rel=1e-8)
        assert beta_cdf(expected, a, b) == pytest.approx(probability, abs=1e-8)
    assert (beta_cdf(-1, a, b), beta_cdf(2, a, b)) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: t_quantile(0), "no finite quantile"),
        (lambda: t_quantile(3, 1.0), "no finite quantile"),
        (lambda: t_quantile(3, 1.5), "between 0 and 1"),
        (lambda: t_cdf(1.0, -1), "positive"),
        (lambda: beta_quantile(0.5, 0, 1), "positive parameters"),
    ],
)
def test_what_has_no_quantile_is_refused(call, message):
    """No degrees of freedom, no probability: an error, never a number."""
    with pytest.raises(ValueError, match=message):
        call()

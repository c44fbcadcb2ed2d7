"""Student's t and the beta distribution to 1e-10, without scipy: 0.3 s of import is much for two quantiles.

Source: DLMF 8.17.22, the continued fraction of the incomplete beta function, by the modified Lentz method (Thompson and
Barnett 1986, "Coulomb and Bessel functions of complex arguments and order", J. Comput. Phys. 64).
"""

import math
from functools import lru_cache
from statistics import NormalDist

_TINY = 1e-300  # in place of 0, where a fraction would divide by it
_CLOSE = 1e-15
_STEPS = 100_000  # it needs about the square root of the larger parameter
_HALVINGS = 1100  # would reach the smallest number there is, did Newton never help
_NORMAL = 1e8  # degrees of freedom from which t and normal agree to 1e-8


def beta_cdf(x: float, a: float, b: float) -> float:
    """Probability that a beta variable with parameters `a`, `b` > 0 is at most `x`: I_x(a, b).

    Raises: ValueError: a parameter is not positive.
    """
    _refuse_shapeless(a, b)
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1.0 - _lower(1.0 - x, b, a)
    return _lower(x, a, b)


def _lower(x: float, a: float, b: float) -> float:
    """I_x(a, b) for x at most about the mean, where no digits cancel."""
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(scale) / a * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    value = c = 1.0
    d = 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _not_zero(1.0 + numerator * d)
            c = _not_zero(1.0 + numerator / c)
            change = c * d
            value *= change
        if abs(change - 1.0) < _CLOSE:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


@lru_cache(maxsize=4096)
def beta_quantile(probability: float, a: float, b: float) -> float:
    """The `x` with `beta_cdf(x, a, b)` = `probability`.

    Raises: ValueError: a parameter is not positive, or a probability outside [0, 1].
    """
    _refuse_shapeless(a, b)
    _refuse_improbable(probability)
    if probability in (0.0, 1.0):
        return probability
    low, high, x = 0.0, 1.0, a / (a + b)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    for _ in range(_HALVINGS):
        gap = beta_cdf(x, a, b) - probability
        low, high = (x, high) if gap < 0 else (low, x)
        density = math.exp(min(700.0, scale + (a - 1) * math.log(x) + (b - 1) * math.log1p(-x)))
        step = gap / density if density > 0 else math.inf
        # Newton's step where it stays between what is known to be too low and too high; else by halves.
        following = x - step if low < x - step < high else (low + high) / 2
        if abs(following - x) <= 1e-14 * x or not 0 < following < 1:
            return following
        x = following
    return x


def t_cdf(value: float, degrees: float) -> float:
    """Probability that Student's t with `degrees` > 0 of freedom is at most `value`.

    Raises: ValueError: degrees that are not positive.
    """
    if not degrees > 0:
        raise ValueError(f"Student's t has a positive number of degrees of freedom, not {degrees}.")
    if degrees > _NORMAL:
        return NormalDist().cdf(value)
    tail = beta_cdf(degrees / (degrees + value * value), degrees / 2, 0.5) / 2
    return 1.0 - tail if value > 0 else tail


@lru_cache(maxsize=4096)
def t_quantile(degrees: float, probability: float = 0.975) -> float:
    """The quantile of Student's t; by default the one that a 95% interval reaches to.

    Raises: ValueError: degrees that are not positive, or a probability that is not between 0 and 1.
    """
    _refuse_improbable(probability)
    if not degrees > 0 or probability in (0.0, 1.0):
        raise ValueError(f"Student's t with {degrees} degrees of freedom has no finite quantile at {probability}.")
    tail = min(probability, 1 - probability)
    value = NormalDist().inv_cdf(1 - tail)
    if degrees <= _NORMAL:
        scale = math.lgamma((degrees + 1) / 2) - math.lgamma(degrees / 2) - 0.5 * math.log(degrees * math.pi)
        # Newton's steps from the normal quantile, which is nearer to 0: on this side they never pass the root, so that
        # the first step that leads back is rounding.
        while (left := t_cdf(-value, degrees) - tail) > 0:
            step = left / math.exp(scale - (degrees + 1) / 2 * math.log1p(value * value / degrees))
            value += step
            if step < 1e-13 * value:
                break
    return math.copysign(value, probability - 0.5) if probability != 0.5 else 0.0


def _refuse_improbable(probability: float) -> None:
    if not 0 <= probability <= 1:
        raise ValueError(f"a probability lies between 0 and 1, not at {probability}.")


def _refuse_shapeless(a: float, b: float) -> None:
    if not (a > 0 and b > 0):
        raise ValueError(f"a beta distribution has positive parameters, not {a} and {b}.")

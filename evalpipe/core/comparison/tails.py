"""Tails of Student's t and of the beta distribution, without scipy, whose import costs a third of a second.

Source: DLMF 8.17.22, the continued fraction of the incomplete beta function, by Lentz's method.
"""

import math
from functools import lru_cache
from statistics import NormalDist

_TINY = 1e-300  # in place of 0, where the fraction would divide by it
_STEPS = 100_000  # it needs about the square root of the larger parameter
_NORMAL = 1e8  # degrees of freedom from which t and the normal distribution agree to 1e-8


def beta_cdf(x: float, a: float, b: float) -> float:
    """Probability that a beta variable with parameters `a`, `b` > 0 is at most `x`."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges fast on the other side
        return 1.0 - _below_mean(1.0 - x, b, a)
    return _below_mean(x, a, b)


def _below_mean(x: float, a: float, b: float) -> float:
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    c, d = 1.0, 1.0 / _not_zero(1.0 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        change = 1.0
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _not_zero(1.0 + numerator * d)
            c = _not_zero(1.0 + numerator / c)
            change = c * d
            value *= change
        if abs(change - 1.0) < 1e-15:
            break
    return math.exp(scale) / a * value


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def t_cdf(value: float, degrees: float) -> float:
    """Probability that Student's t with so many degrees of freedom is at most `value`."""
    if degrees > _NORMAL:
        return NormalDist().cdf(value)
    if math.isinf(value):
        return 1.0 if value > 0 else 0.0
    tail = beta_cdf(degrees / (degrees + value * value), degrees / 2, 0.5) / 2
    return 1.0 - tail if value > 0 else tail


@lru_cache(maxsize=4096)
def t_quantile(degrees: float, probability: float = 0.975) -> float:
    """The value that Student's t stays below with this probability, which lies between 0 and 1."""
    if not (degrees > 0 and 0 < probability < 1):
        raise ValueError(f"Student's t with {degrees} degrees of freedom has no quantile at {probability}.")
    if degrees > _NORMAL:
        return NormalDist().inv_cdf(probability)
    low, high = 0.0, 1.0
    upper = max(probability, 1 - probability)
    while t_cdf(high, degrees) < upper:
        low, high = high, high * 2
    while high - low > 1e-14 * high:  # by halves: it cannot go astray
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if t_cdf(middle, degrees) < upper else (low, middle)
    return math.copysign((low + high) / 2, probability - 0.5)

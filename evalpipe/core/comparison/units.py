"""A mean difference over units (questions, or clusters of them), its t statistic at any value, and its interval.

The statistic at d is sum(D - m d) over the root of the sum of (D - m d)^2: the spread about the value that is tested,
not about the mean that was seen. For units of equal size it turns into Student's t exactly; where few clusters hold
most questions it is smaller, as it should be, where the usual sandwich is too sure of itself.

Source: Efron 1969, "Student's t-test under symmetry conditions" (JASA 64), for the statistic and its tails; Bonett and
Price 2012 (JEBS 37) for the two imagined pairs, one won by each model, that keep an interval of few differences honest.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalpipe.core.stats import Interval, t_cdf, t_quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Units:
    """`sums`: (units,), of differences; `sizes`: (units,), questions in each."""

    sums: Floats
    sizes: Floats

    def with_imagined(self) -> "Units":
        """The same with two pairs more, one won by each model."""
        return Units(np.append(self.sums, (1.0, -1.0)), np.append(self.sizes, (1.0, 1.0)))

    def stderr(self) -> float:
        """Of the mean difference, about what was seen; 0 for a single unit. Source: Cameron and Miller 2015, VI.B."""
        return math.sqrt(self.variance())

    def variance(self) -> float:
        units, n = len(self.sums), float(self.sizes.sum())
        if units < 2:
            return 0.0
        residuals = self.sums - self.sizes * (float(np.sum(self.sums)) / n)
        return units / (units - 1) * float(np.sum(residuals**2)) / n**2

    def t(self, at: float) -> float:
        """Student's t, with units - 1 degrees of freedom, of the hypothesis that the true difference is `at`."""
        units = len(self.sums)
        off = self.sums - self.sizes * at
        total, squares = float(np.sum(off)), float(np.sum(off**2))
        if total == 0 or units < 2:
            return 0.0
        ratio = total * total / squares  # at most the number of units, by Cauchy and Schwarz
        if ratio >= units * (1 - 1e-12):
            return math.copysign(math.inf, total)
        return math.copysign(math.sqrt(ratio * (units - 1) / (units - ratio)), total)

    def below(self, at: float) -> float:
        """One-sided p against a true difference of `at` or more: small where the difference is surely less."""
        return t_cdf(self.t(at), len(self.sums) - 1) if len(self.sums) > 1 else 0.5

    def above(self, at: float) -> float:
        """The same against a true difference of `at` or less."""
        return t_cdf(-self.t(at), len(self.sums) - 1) if len(self.sums) > 1 else 0.5

    def two_sided_p(self) -> float:
        return min(1.0, 2 * t_cdf(-abs(self.t(0.0)), len(self.sums) - 1)) if len(self.sums) > 1 else 1.0

    def interval(self, confidence: float) -> Interval:
        """All differences that the t test does not reject at 1 - confidence, within [-1, 1]."""
        units = len(self.sums)
        if units < 2:
            return Interval(-1.0, 1.0)
        quantile = t_quantile(units - 1, (1 + confidence) / 2)
        reach = units * quantile**2 / (units - 1 + quantile**2)  # of the squared statistic
        n = float(self.sizes.sum())
        # total - n d at most the root of reach times the sum of (D - m d)^2: a parabola in d.
        square = n * n - reach * float(np.sum(self.sizes**2))
        if square <= 0:
            return Interval(-1.0, 1.0)  # one cluster holds nearly all questions: nothing is excluded
        total = float(np.sum(self.sums))
        middle = n * total - reach * float(np.sum(self.sums * self.sizes))
        least = total * total - reach * float(np.sum(self.sums**2))
        root = math.sqrt(max(0.0, middle * middle - square * least))
        return Interval(max(-1.0, (middle - root) / square), min(1.0, (middle + root) / square))

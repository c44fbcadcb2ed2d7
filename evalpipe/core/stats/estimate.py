"""What an estimate is: a value with its uncertainty."""

from dataclasses import dataclass
from statistics import NormalDist

Z95 = NormalDist().inv_cdf(0.975)  # 95%, two-sided


@dataclass(frozen=True, slots=True)
class Interval:
    """All that a figure could be, from `low` to `high`; fractions, not per cent."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its standard error and 95% interval [low, high]; fractions, not per cent."""

    value: float
    stderr: float
    low: float
    high: float

"""What the gate says of one rule."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Verdict = Literal["PASS", "FAIL", "INCONCLUSIVE"]
PASS: Verdict = "PASS"  # noqa: S105  a verdict, not a password
FAIL: Verdict = "FAIL"
INCONCLUSIVE: Verdict = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True)
class Ruling:
    """`found` and [low, high] are what the rule was about, `limit` what it was held against, all as fractions; null
    where nothing is known. `n`: questions or pairs behind it. `needed`: how many would probably settle it.
    """

    verdict: Verdict
    message: str
    limit: float
    found: float | None = None
    low: float | None = None
    high: float | None = None
    n: int | None = None
    needed: int | None = None


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """FAIL beats INCONCLUSIVE beats PASS."""
    said = set(verdicts)
    return FAIL if FAIL in said else INCONCLUSIVE if INCONCLUSIVE in said else PASS


def by_interval(low: float, high: float, limit: float) -> Verdict:
    """PASS if all of the interval is at or above the limit, FAIL if all is below, otherwise not known."""
    return PASS if low >= limit else FAIL if high < limit else INCONCLUSIVE

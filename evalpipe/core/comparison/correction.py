"""Several comparisons at once: p values adjusted so that one of many is not taken for a finding by chance."""

from collections.abc import Sequence
from typing import Literal

Correction = Literal["holm", "bh", "none"]
CORRECTIONS: tuple[Correction, ...] = ("holm", "bh", "none")


def adjusted(p: Sequence[float], correction: Correction = "holm") -> list[float]:
    """The p values, in their order, each to be held against alpha as if it stood alone.

    `holm` holds the chance of any false alarm at alpha, however the comparisons depend on one another. `bh` holds the
    expected share of false alarms among the alarms, for comparisons that are independent or rise and fall together.

    Source: Holm 1979, "A simple sequentially rejective multiple test procedure" (Scandinavian Journal of Statistics 6);
        Benjamini and Hochberg 1995, "Controlling the false discovery rate" (JRSS B 57).
    """
    if correction == "none":
        return list(p)
    n = len(p)
    order = sorted(range(n), key=lambda at: p[at])
    result = [1.0] * n
    if correction == "holm":
        reached = 0.0
        for place, at in enumerate(order):
            reached = max(reached, min(1.0, (n - place) * p[at]))
            result[at] = reached
        return result
    reached = 1.0
    for place in range(n - 1, -1, -1):
        at = order[place]
        reached = min(reached, n / (place + 1) * p[at])
        result[at] = reached
    return result

"""What a comparison lets one say: better, worse, equivalent, or that it cannot tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from evalpipe.core.comparison.correction import Correction, adjusted
from evalpipe.core.comparison.paired import Comparison
from evalpipe.core.comparison.power import minimum_detectable_difference

Verdict = Literal["better", "worse", "equivalent", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Judged:
    """A comparison's verdict on model A, held against alpha after correction for all that were judged together.

    `negligible`: better or worse, and yet surely within the margin: a difference that is real and does not matter.
    `detectable`: the true difference that such a comparison finds with probability 0.8; None: no difference can be
    found where the models disagree so rarely.
    """

    comparison: Comparison
    verdict: Verdict
    negligible: bool
    p_adjusted: float
    p_equivalent_adjusted: float
    detectable: float | None


def judge(comparisons: Sequence[Comparison], alpha: float = 0.05, correction: Correction = "holm") -> list[Judged]:
    """Judge several comparisons together, in their order.

    A is `better` or `worse` where the difference is significant, however small it is; where it is also within the
    margin it is `negligible`. `equivalent`: not significant, and both one-sided tests against the margin are, which is
    an interval of level 1 - 2 alpha within the margin. Otherwise the run was too small: `cannot tell`. The tests of
    difference and those of equivalence are corrected as two families.
    """
    differing = adjusted([each.p for each in comparisons], correction)
    alike = adjusted([each.p_equivalent for each in comparisons], correction)
    first = alpha / len(comparisons) if comparisons and correction != "none" else alpha  # what a lone finding must beat
    return [
        _judged(each, p, p_equivalent, alpha, first)
        for each, p, p_equivalent in zip(comparisons, differing, alike, strict=True)
    ]


def _judged(each: Comparison, p: float, p_equivalent: float, alpha: float, first: float) -> Judged:
    within = p_equivalent <= alpha
    verdict: Verdict = "equivalent" if within else "cannot tell"
    if p <= alpha and each.difference:
        verdict = "better" if each.difference > 0 else "worse"
    detectable = None
    if each.clusters is None or each.clusters > 1:
        discordant = max(each.discordant, 2 / (each.n + 2))  # at least the two imagined pairs
        detectable = minimum_detectable_difference(
            each.n, discordant, alpha=first, design_effect=each.effect or 1.0, clusters=each.clusters
        )
    return Judged(each, verdict, within and p <= alpha, p, p_equivalent, detectable)

"""Two models compared on the questions that both answered: pure functions, usable without Dagster."""

from evalpipe.core.comparison.correction import CORRECTIONS, Correction, adjusted
from evalpipe.core.comparison.mcnemar import mcnemar_exact, mcnemar_mid_p
from evalpipe.core.comparison.paired import Comparison, compare_pairs
from evalpipe.core.comparison.power import design_effect, minimum_detectable_difference, pairs_needed
from evalpipe.core.comparison.sign_flips import sign_flip_p
from evalpipe.core.comparison.verdict import Judged, Verdict, judge

__all__ = [
    "CORRECTIONS",
    "Comparison",
    "Correction",
    "Judged",
    "Verdict",
    "adjusted",
    "compare_pairs",
    "design_effect",
    "judge",
    "mcnemar_exact",
    "mcnemar_mid_p",
    "minimum_detectable_difference",
    "pairs_needed",
    "sign_flip_p",
]

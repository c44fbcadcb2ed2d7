"""The sign-flip test: McNemar's test with a cluster of questions in the place of a question.

Were two models alike, each cluster's difference could as well have had the other sign. All signs being equally
probable, the distribution of the sum of differences is known exactly, whatever the clusters' sizes and however alike
the questions within one are; so ten clusters of unequal sizes cannot alarm too often, as a t test over them can.

Source: Fisher 1935, "The Design of Experiments", section 21; with clusters, Canay, Romano and Shaikh 2017,
"Randomization tests under an approximate symmetry assumption" (Econometrica 85).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = 16_384  # other differences are rounded to this share of the sum of all: p moves by about 0.001
_MOST = 32_768  # steps up to which the distribution takes less than a second
_LEAST = 1e-12  # p below this is rounding of the transform; it is told as this much


def sign_flip_p(differences: Floats) -> float:
    """Two-sided p of the sum of differences, over all choices of their signs.

    Args:
        differences: shape (clusters,), a cluster's score of one model minus that of the other. Whole numbers, and the
            fractions that means of up to 100 samples have, are taken exactly; others are rounded to steps.

    Returns: p in (0, 1]; 1 where no cluster differs. With all clusters +-1 it is McNemar's.
    """
    there = differences[differences != 0]
    if not len(there):
        return 1.0
    steps = _in_steps(there)
    magnitudes = np.abs(steps)
    seen = abs(int(steps.sum()))
    chances = _of_positive_sums(magnitudes)
    sums = np.abs(2 * np.arange(len(chances)) - int(magnitudes.sum()))
    return min(1.0, max(_LEAST, float(chances[sums >= seen].sum())))


def _in_steps(differences: Floats) -> NDArray[np.int64]:
    """The differences as whole numbers of the largest step that fits them all, or else of a fine one."""
    total = float(np.abs(differences).sum())
    for parts in range(1, 101):
        if total * parts > _MOST:
            break
        scaled = differences * parts
        if np.allclose(scaled, np.round(scaled), rtol=0, atol=1e-7):  # sums of floats are off by less
            return np.round(scaled).astype(np.int64)
    return np.round(differences * (_STEPS / total)).astype(np.int64)


def _of_positive_sums(magnitudes: NDArray[np.int64]) -> Floats:
    """(total + 1,): probability of each sum of the magnitudes that got a plus, by the generating function
    prod (1 + x^m) / 2, multiplied out on the unit circle."""
    total = int(magnitudes.sum())
    points = 1 << total.bit_length()  # more than total, so that nothing wraps around
    turn = np.exp(-2j * np.pi * np.arange(points // 2 + 1) / points)
    product = np.ones(len(turn), np.complex128)
    for magnitude, times in zip(*np.unique(magnitudes, return_counts=True), strict=True):
        product *= ((1 + turn ** int(magnitude)) / 2) ** int(times)
    return np.clip(np.fft.irfft(product, points)[: total + 1], 0.0, 1.0)

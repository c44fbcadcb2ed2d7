"""How many labels of a bank are wrong, with a 95% interval, corrected for the mistakes of the committee itself.

A committee doubts right labels too: on hard questions all its members may choose the same wrong option. So the mean
suspicion says little about a bank. What corrects it are questions whose label is known:

- a trusted slice, whose labels somebody verified: it shows how much suspicion falls on right labels. How much falls on
  wrong ones is computed by giving the same questions other labels. (Rogan and Gladen 1978, "Estimating prevalence from
  the results of a screening test", with a score in place of a verdict.)
- questions that were reviewed because they were drawn at random: the suspicion predicts, the verdicts correct
  (Angelopoulos et al. 2023, "Prediction-powered inference").
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from evalpipe.labels.weighing.committee import how_many

Verdict = Literal["measured", "no committee", "no trusted slice", "committee too weak"]

MOST_ERRORS = 0.10  # of the committee on the trusted slice; beyond it, it says more about itself than about the labels
FEW_TRUSTED = 50  # verified labels; with fewer, the correction is a guess
FEW_REVIEWED = 100  # reviewed at random; the rate's standard error is then about two points
FEW_MEMBERS = 2
USUAL_RATE = 0.05  # of wrong labels, where the score starts from; the correction takes it out again
# Wrong labels are mostly any other answer, at times the one that looks most like a right one, and that hides better.
# The first figure is assumed, the two others make the interval wider on either side.
HIDDEN, HIDDEN_LEAST, HIDDEN_MOST = 0.4, 0.0, 0.7
STRATA = 5  # by how sure the committee is, so that easy and hard questions are compared with their like
Z95 = 1.959964


@dataclass(frozen=True, slots=True)
class ErrorRate:
    """Shares are fractions of the labels as delivered. `raw` is the uncorrected mean suspicion. `rate`, `low` and
    `high` are None where no label is known for sure; with a committee that is too weak they are there, and not to be
    relied on. `settled`: the share that reviews found wrong and took care of; what is left is `rate - settled`.
    `committee_error`: how often the committee's choice is not the label on the trusted slice; None without one.
    """

    verdict: Verdict
    n: int
    n_known: int
    raw: float
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    committee_error: float | None = None
    settled: float = 0.0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of N labels: `trusted` (N,) bool, verified as right; `reviewed` (N,) float, 1 wrong, 0 right, nan
    not reviewed, of questions that were drawn at random. `settled` (N,) bool: wrong ones that a review took care of,
    however it came upon them.
    """

    trusted: np.ndarray
    reviewed: np.ndarray
    settled: np.ndarray


def error_rate(
    likelihood: np.ndarray, options: np.ndarray, members: int, known: Known, part: np.ndarray | None = None
) -> ErrorRate:
    """The share of labels that were delivered wrong; those that somebody verified count as right.

    Args:
        likelihood: (N, codes), of the committee's votes by right answer; code 0 is the label (`committee.Opinion`).
        options: (N,), answers that each question admits.
        members: of the committee.
        known: about the same questions.
        part: (N,) bool, one subject; the others help to say how the committee errs where the subject's slice is small.
    """
    here = np.ones(len(likelihood), bool) if part is None else part
    delivered = _delivered(likelihood, options, members, known, here)
    return replace(delivered, settled=float(known.settled[here].mean()) if here.any() else 0.0)


def _delivered(likelihood: np.ndarray, options: np.ndarray, members: int, known: Known, here: np.ndarray) -> ErrorRate:
    score = _score(likelihood, options, np.zeros(len(likelihood), int))
    n, raw = int(here.sum()), float(score[here].mean()) if here.any() else 0.0
    reviewed = ~np.isnan(known.reviewed)
    n_known = int(((known.trusted | reviewed) & here).sum())
    sure = known.trusted | (known.reviewed == 0)
    voted = likelihood.max(axis=1) > likelihood.min(axis=1, where=how_many(options) > 0, initial=np.inf)
    asked = sure & voted
    chosen_other = likelihood[asked, 1:].max(axis=1, initial=0) > likelihood[asked, 0]
    errs = float(chosen_other.mean()) if asked.any() else None
    verdict: Verdict = "measured"
    if (reviewed & here).sum() >= FEW_REVIEWED:
        rate, spread = _by_reviews(score, known.reviewed, reviewed & here, here)
        low, high = rate - Z95 * spread, rate + Z95 * spread
        return ErrorRate("measured", n, n_known, raw, *_clipped(rate, low, high), errs)
    if members == 0:
        return ErrorRate("no committee", n, n_known, raw)
    if known.trusted.sum() < FEW_TRUSTED:
        return ErrorRate("no trusted slice", n, n_known, raw, committee_error=errs)
    if members < FEW_MEMBERS or errs is None or _surely_above(errs, int(asked.sum()), MOST_ERRORS):
        verdict = "committee too weak"
    open_ones = here & ~known.trusted
    if errs is None or not open_ones.any():
        return ErrorRate(verdict, n, n_known, raw, 0.0, 0.0, 0.0, errs)
    rates = _by_slice(likelihood, options, score, known.trusted, open_ones)
    rate, low, high = (each * float(open_ones.sum()) / n for each in rates)
    return ErrorRate(verdict, n, n_known, raw, rate, low, high, errs)


def _score(likelihood: np.ndarray, options: np.ndarray, label: np.ndarray) -> np.ndarray:
    """(N,), how probable the votes make it that the answer of code `label` is not right."""
    rows = np.arange(len(likelihood))
    own = likelihood[rows, label]
    total = (likelihood * how_many(options)).sum(axis=1)
    wrong = USUAL_RATE * np.maximum(total - own, 0) / (options - 1)
    return wrong / (wrong + (1 - USUAL_RATE) * own + 1e-300)


def _surely_above(share: float, n: int, limit: float) -> bool:
    return share - Z95 * np.sqrt(share * (1 - share) / n) > limit


def _by_reviews(score: np.ndarray, verdicts: np.ndarray, reviewed: np.ndarray, here: np.ndarray) -> tuple[float, float]:
    said = verdicts[reviewed]
    errors = said - score[reviewed]
    rate = float(score[here].mean() + errors.mean())
    # All verdicts alike: as if one more of each kind had been seen. A hundred right labels are no proof.
    seen = (said.sum() + 1) / (reviewed.sum() + 2)
    least = seen * (1 - seen) / reviewed.sum() if said.min() == said.max() else 0.0
    return rate, float(np.sqrt(score[here].var() / here.sum() + max(errors.var(ddof=1) / reviewed.sum(), least)))


def _by_slice(
    likelihood: np.ndarray, options: np.ndarray, score: np.ndarray, trusted: np.ndarray, open_ones: np.ndarray
) -> tuple[float, float, float]:
    """Rate and interval among the open ones, compared with the trusted ones of which the committee is as sure."""
    excess = variance = anyhow = hidden = 0.0
    stratum = _strata(likelihood, options, trusted)
    for each in np.unique(stratum[open_ones]):
        of_open, of_trusted = open_ones & (stratum == each), trusted & (stratum == each)
        weight = of_open.sum() / open_ones.sum()
        on_right, on_open = score[of_trusted], score[of_open]
        excess += weight * float(on_open.mean() - on_right.mean())
        variance += weight**2 * (_of_mean(on_open) + float(on_right.var() / of_trusted.sum()))
        wrong = _on_wrong(likelihood[of_trusted], options[of_trusted])
        anyhow += weight * (wrong[0] - float(on_right.mean()))
        hidden += weight * (wrong[1] - float(on_right.mean()))
    spread = Z95 * float(np.sqrt(variance))

    def rate(excess: float, share: float) -> float:
        return excess / max((1 - share) * anyhow + share * hidden, 0.05)

    # Nothing suspicious among n says that the share is below 3 / n, not that it is 0.
    least = 3 / float(min(open_ones.sum(), trusted.sum()))
    high = max(rate(excess + spread, HIDDEN_MOST), least)
    return _clipped(rate(excess, HIDDEN), rate(excess - spread, HIDDEN_LEAST), high)


def _of_mean(scores: np.ndarray) -> float:
    """Variance of the mean, as if two more had been seen, one of each kind: a subject of one question proves little."""
    seen = float(scores.sum() + 1) / (len(scores) + 2)
    return float((len(scores) * scores.var() + 2 * seen * (1 - seen)) / (len(scores) + 2)) / len(scores)


def _strata(likelihood: np.ndarray, options: np.ndarray, trusted: np.ndarray) -> np.ndarray:
    """(N,) int: how sure the committee is of any answer, whatever the label, in steps that hold trusted questions."""
    there = np.where(how_many(options) > 0, likelihood, 0.0)
    first_two = np.log(np.maximum(np.partition(there, -2, axis=1)[:, -2:], 1e-300))
    sure = first_two[:, 1] - first_two[:, 0]
    # Edges that are trusted questions' own, and none above which there is no other: every stratum holds one.
    inner = np.linspace(0, 1, STRATA + 1)[1:-1]
    edges = np.unique(np.quantile(sure[trusted], inner, method="higher"))
    edges = edges[edges < sure[trusted].max()]
    strata: np.ndarray = np.searchsorted(edges, sure, side="left")
    return strata


def _on_wrong(likelihood: np.ndarray, options: np.ndarray) -> tuple[float, float]:
    """The mean score that these questions had with a wrong label: any other answer, and the most tempting one."""
    many = how_many(options)
    many[:, 0] = 0.0
    columns = likelihood.shape[1]
    by_label = np.stack(
        [_score(likelihood, options, np.full(len(likelihood), code)) for code in range(columns)], axis=1
    )
    tempting = 1 + np.where(many[:, 1:] > 0, likelihood[:, 1:], -1.0).argmax(axis=1)
    anyhow = (by_label * many).sum(axis=1) / many.sum(axis=1)
    return float(anyhow.mean()), float(by_label[np.arange(len(likelihood)), tempting].mean())


def _clipped(rate: float, low: float, high: float) -> tuple[float, float, float]:
    inside = [float(np.clip(value, 0.0, 1.0)) for value in (rate, low, high)]
    return inside[0], inside[1], inside[2]

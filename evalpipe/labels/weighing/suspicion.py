"""From evidence to suspicion: how probable it is that a label is wrong, given what the committee and the signals say.

A label is either right, or it went wrong in one of four ways: it is any other answer; it is what a slip of the pen
makes of the right number; it is the answer of the question before or behind it; the labels of two neighbours are
exchanged. How often each happens is estimated from the drop itself by EM: where nobody swapped labels, a label that
would fit the neighbour is no evidence.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evalpipe.labels.weighing.ballots import MOST_OTHERS, Ballots
from evalpipe.labels.weighing.committee import PRIOR_LABELS, Opinion, how_many
from evalpipe.labels.weighing.slips import SLIPS_PER_LABEL, slip_of

UNSEEN = MOST_OTHERS + 1  # the column of any one answer that nobody gave
STEPS = 40
LIKELY = 0.5  # more probable than not
RARELY = 0.02  # labels that each special way is worth before anything is seen; nearly none, or it would be found
USUALLY = 20.0  # right labels, likewise
WORTH_A_LOOK = 0.05  # the usual share of wrong labels: a label no worse than the next one is not flagged
UNSURE = 0.001  # what the most certain signal leaves open: one of certainty would outweigh any committee
SURE = 4.0  # log odds (.982) beyond which members who share their mistakes add little; keeps the order, never says 1


WAYS = ("right", "any other answer", "slip of the pen", "a neighbour's answer", "exchanged with a neighbour")
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """What comes out for N questions: arrays of length N, in order.

    `suspicion`: probability in [0, 1) that the label is wrong. `flagged`: another answer has more evidence than the
    label. `best`: code of the answer that is most probable if the label is wrong. `exchanged` (N, 2): the probability
    that the label belongs to the question before (column 0) or behind (column 1). `ways`: share of labels by WAYS.
    """

    suspicion: Array
    flagged: NDArray[np.bool_]
    best: NDArray[np.int64]
    exchanged: Array
    ways: dict[str, float]


def judge(questions: pl.DataFrame, ballots: Ballots, opinion: Opinion, doubts: pl.DataFrame) -> Judged:
    """Weigh everything.

    Args:
        questions: question_id, position (in the drop), kind, `labels` (keys), n_options; sorted by position.
        ballots, opinion: of these questions.
        doubts: q (row), suspicion, proposed (a key that has a code in `ballots.answers`, or null), of other signals.
    """
    evidence = opinion.likelihood / opinion.likelihood.max(axis=1, keepdims=True, initial=1e-300)
    against = how_many(ballots.options)
    against[:, 0] = 0.0
    against *= evidence
    code = {(q, answer): c for q, c, answer in ballots.answers.iter_rows()}
    if doubts.height:
        evidence, against = _with_doubts(evidence, against, ballots.options - 1, doubts, code)
    any_other = against.sum(axis=1)
    nearby = _nearby(questions, ballots, evidence, code)
    singly = np.column_stack(
        [
            evidence[:, 0],
            any_other / (ballots.options - 1),
            _slips(questions, ballots, evidence),
            any_other * nearby.fitting,
        ]
    )
    if ballots.members:
        shares = _estimated(singly, nearby, float(np.clip(opinion.error_rate, 1e-4, 0.5)))
    else:
        eps = PRIOR_LABELS[1]
        shares = np.array([1 - eps, eps, 0.0, 0.0, 0.0])  # nothing says which answers are right, but the doubts
    parts, exchanged = _explained(singly, nearby, shares)
    wrong = parts[:, 1:].sum(axis=1)
    log_odds = np.log(np.maximum(wrong, 1e-300)) - np.log(np.maximum(parts[:, 0], 1e-300))
    beyond = np.maximum(log_odds - SURE, 0.0)
    suspicion = 1 / (1 + np.exp(-(np.minimum(log_odds, SURE) + np.log1p(beyond))))
    rival = evidence[:, 1:].max(axis=1, initial=0.0)
    return Judged(
        suspicion=suspicion,
        flagged=((rival > evidence[:, 0]) & (suspicion >= WORTH_A_LOOK)) | (suspicion > LIKELY),
        best=1 + evidence[:, 1:].argmax(axis=1),
        exchanged=exchanged,
        ways=dict(zip(WAYS, shares.tolist(), strict=True)),
    )


def _estimated(singly: Array, nearby: "_Nearby", eps: float) -> Array:
    """(5,) how often labels are right and go wrong in each way, by EM from `eps` of them wrong."""
    shares = np.array([1 - eps, 0.7 * eps, 0.1 * eps, 0.1 * eps, 0.1 * eps])
    for _ in range(STEPS):
        parts, _ = _explained(singly, nearby, shares)
        found = parts.sum(axis=0) + np.array([USUALLY, 1.0, RARELY, RARELY, RARELY])
        after = found / found.sum()
        moved = np.abs(after - shares).max()
        shares = after
        if moved < 1e-6:
            break
    return shares


def _explained(singly: Array, nearby: "_Nearby", shares: Array) -> tuple[Array, Array]:
    """(N, 5) the probability of each way per label, and (N, 2) of being exchanged with the one before and behind."""
    ways = singly * shares[:4]
    alone = ways.sum(axis=1) + 1e-300
    odds = np.where(nearby.can, shares[4] / 2 * nearby.exchanged / (alone[:-1] * alone[1:]), 0.0)
    pair = np.column_stack([np.append(0.0, odds), np.append(odds, 0.0)])[: len(alone)]
    single = 1 / (1 + pair.sum(axis=1))
    exchanged = pair * single[:, None]
    return np.column_stack([ways / alone[:, None] * single[:, None], exchanged.sum(axis=1)]), exchanged


def _with_doubts(
    evidence: Array,
    against: Array,
    others: Array,
    doubts: pl.DataFrame,
    code: dict[tuple[int, str], int],
) -> tuple[Array, Array]:
    """The evidence and that against the label, both with what other signals say.

    A signal's suspicion is what it would be alone, among labels of which the usual share is wrong.
    """
    evidence, against = evidence.copy(), against.copy()
    usual = PRIOR_LABELS[1] / (1 - PRIOR_LABELS[1])
    for q, suspicion, proposed in doubts.select("q", "suspicion", "proposed").iter_rows():
        believed = min(max(suspicion, UNSURE), 1 - UNSURE)
        ratio = believed / (1 - believed) / usual
        at = None if proposed is None else code.get((q, proposed))
        if at:
            evidence[q, at] *= ratio
            against[q, at] *= ratio * others[q]  # it named this answer of them all
        elif at is None:
            evidence[q, 0] /= ratio
    return evidence, against


def _slips(questions: pl.DataFrame, ballots: Ballots, evidence: Array) -> Array:
    """Per question the probability of its votes and its label, if a slip of the pen made the label."""
    slips = np.zeros(len(evidence))
    numbers = (
        questions.with_row_index("q")
        .filter(pl.col("kind").is_in(["number", "math"]) & (pl.col("labels").list.len() == 1))
        .select("q", label=pl.col("labels").list.first())
    )
    said = ballots.answers.filter(pl.col("code").is_between(1, MOST_OTHERS)).join(numbers, on="q")
    for q, code, answer, label in said.select("q", "code", "answer", "label").iter_rows():
        if slip_of(label, answer):
            slips[q] += evidence[q, code] / SLIPS_PER_LABEL
    return slips


@dataclass(frozen=True, slots=True)
class _Nearby:
    """Of N questions: `fitting` (N,), how probable the label would be as the right answer of a neighbour; and of the
    N - 1 pairs of neighbours: whether they `can` have exchanged labels, and the votes' probability if they did.
    """

    fitting: Array
    can: NDArray[np.bool_]
    exchanged: Array


def _nearby(questions: pl.DataFrame, ballots: Ballots, evidence: Array, code: dict[tuple[int, str], int]) -> _Nearby:
    n = len(evidence)
    fitting, can, exchanged = np.zeros(n), np.zeros(max(n - 1, 0), bool), np.zeros(max(n - 1, 0))
    codes = ballots.answers.group_by("q").agg(pl.col("code").max())
    known = np.zeros(n, int)
    known[codes["q"].to_numpy()] = codes["code"].to_numpy()
    free = np.where(known + 1 < np.minimum(ballots.options, UNSEEN), known + 1, UNSEEN)
    all_of_it = (evidence * how_many(ballots.options)).sum(axis=1)
    labels = questions["labels"].to_list()
    kinds = list(zip(questions["kind"], questions["n_options"], strict=True))

    def fit(q: int, label: str) -> float:
        return float(evidence[q, code.get((q, label), free[q])])

    positions: list[int] = questions["position"].to_list()
    for q in range(n - 1):
        if (
            positions[q + 1] != positions[q] + 1
            or kinds[q] != kinds[q + 1]
            or len(labels[q]) != 1
            or len(labels[q + 1]) != 1
        ):
            continue
        here, there = labels[q][0], labels[q + 1][0]
        this_there, that_here = fit(q + 1, here), fit(q, there)
        fitting[q] += this_there / all_of_it[q + 1] / 2
        fitting[q + 1] += that_here / all_of_it[q] / 2
        if here != there:
            can[q], exchanged[q] = True, this_there * that_here
    return _Nearby(fitting, can, exchanged)

"""What a committee's answers say about the right answer: one-coin Dawid-Skene in which the label is one more annotator.

The model of an answer. A question is easy or hard. A member is right with a probability of its own, one for easy and
one for hard questions. Wrong answers are no fair die: each question has a popular mistake, and a wrong answer is it
with probability rho. The label is right with probability 1 - eps, else any other answer. Everything is estimated from
the answers by EM; no label is trusted. So what counts is whether one other answer beats the label, not how many
members missed it: that members miss a hard question, each in its own way or all by the popular mistake, is expected.

Source: Dawid and Skene 1979, "Maximum likelihood estimation of observer error-rates using the EM algorithm", with one
parameter per annotator; the easy and hard questions are those of Whitehill et al. 2009 (GLAD), in two steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evalpipe.labels.weighing.ballots import MOST_OTHERS, NOBODY, Ballots

STEPS = 80  # of EM; it converges in some 30
ENOUGH = 1e-4  # change of a probability in one step that ends it
EASY, HARD = 0.93, 0.5  # where the accuracies start; equal starts would stay equal
POPULAR = 1 / 3  # rho to begin with: of four options' three mistakes, each would have a third
PRIOR_WRONG = 300.0  # wrong answers that the start value of rho is worth; 300 questions tell little about it
PRIOR_MEMBER = 2.0  # answers that the start value of an accuracy is worth
PRIOR_LABELS = (40.0, 0.05)  # labels that the start value of eps is worth, and this value
# Members share mistakes beyond a question's difficulty, so a vote counts a little less than one that is independent.
# Chosen on planted errors: `benchmarks/labels.py --first-seed 20 --seeds 4` prints the calibration error.
VOTE = 0.9
LARGEST = 600.0  # exp of 709 overflows, which 70 members who make one mistake in a number would reach
SUBJECT_STRENGTH = 200.0  # answers per subject at which its own share of hard questions weighs as much as the bank's
_CODES = MOST_OTHERS + 1


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the committee's answers say.

    `likelihood`: float64 (N, MOST_OTHERS + 2), of the votes if the answer of that code were right, up to a factor per
    row; the last column is for any one answer that nobody gave. The label's own vote is not in it.
    `error_rate`: eps, the share of wrong labels as the model sees it; biased, see `labels.weighing.error_rate`.
    `accuracy`: per member, the share of its answers that is right by this model.
    """

    likelihood: np.ndarray
    error_rate: float
    accuracy: Mapping[str, float]


@dataclass(slots=True)
class _Belief:
    """The parameters of the model, for M members: `right` (2, M) and `rho` (2,) by easy and hard."""

    right: np.ndarray
    rho: np.ndarray
    hard: np.ndarray  # (U,) share of hard questions where this question comes from
    eps: float


def opinion(
    ballots: Ballots, weights: NDArray[np.float64] | None = None, subjects: np.ndarray | None = None
) -> Opinion:
    """Weigh the answers.

    Args:
        ballots: of N questions and M members.
        weights: (M,) what each member's vote counts, in (0, 1]; 1 / its family's size gives a family one vote.
        subjects: (N,) int codes; a subject's share of hard questions is shrunken to that of all.
    """
    n, m = ballots.said.shape
    if not n or not m:
        return Opinion(np.ones((n, _CODES + 1)), PRIOR_LABELS[1], {})
    where = np.zeros(n, np.int64) if subjects is None else subjects.astype(np.int64)
    # Many questions have the same ballot: everybody says what the label says.
    packed = np.column_stack([ballots.said.astype(np.int64), ballots.options.astype(np.int64), where])
    alike, back, times = np.unique(packed, axis=0, return_inverse=True, return_counts=True)
    model = _Votes(
        said=alike[:, :m].astype(np.int8),
        options=alike[:, m].astype(float),
        subject=alike[:, m + 1],
        times=times.astype(float),
        weights=VOTE * (np.ones(int(m)) if weights is None else weights),
    )
    belief, posterior, likelihood = model.fitted()
    said, sure = model.said, posterior[:, :, :_CODES].sum(axis=1)
    accuracy = {
        name: float(_given(sure, said[:, at]) @ model.times / max((said[:, at] != NOBODY) @ model.times, 1.0))
        for at, name in enumerate(ballots.members)
    }
    return Opinion(likelihood[back.reshape(-1)], belief.eps, accuracy)


@dataclass(slots=True)
class _Votes:
    """Ballots, each different one once: `said` (U, M), `options` (U,), `subject` (U,), `times` (U,)."""

    said: np.ndarray
    options: np.ndarray
    subject: np.ndarray
    times: np.ndarray
    weights: NDArray[np.float64]
    many: np.ndarray = field(init=False)  # (U, _CODES + 1), how many answers a column stands for; 0: none

    def __post_init__(self) -> None:
        self.many = how_many(self.options)

    def fitted(self) -> tuple[_Belief, np.ndarray, np.ndarray]:
        """The belief after EM, the posterior (U, 2, _CODES + 1) of difficulty and right answer, and the likelihood."""
        start = np.repeat([[EASY], [HARD]], self.said.shape[1], axis=1)
        belief = _Belief(start, np.full(2, POPULAR), np.full(len(self.said), 0.5), PRIOR_LABELS[1])
        for _ in range(STEPS):
            votes, mistake = self._likelihood(belief)
            posterior = self._posterior(votes, belief.eps)
            after = self._maximised(posterior, mistake, belief)
            moved = max(np.abs(after.right - belief.right).max(), abs(after.eps - belief.eps))
            belief = after
            if moved < ENOUGH:
                break
        votes, _ = self._likelihood(belief)
        posterior = self._posterior(votes, belief.eps)
        top = votes.max(axis=(1, 2), keepdims=True)
        return belief, posterior, np.exp(votes - top).sum(axis=1)

    def _likelihood(self, belief: _Belief) -> tuple[np.ndarray, np.ndarray]:
        """Log of the votes' probability with that of the difficulty, (U, 2, _CODES + 1), by right answer; and how much
        more probable each answer makes the votes as the popular mistake, (U, 2, _CODES + 1), not as a log.
        """
        u, m = self.said.shape
        votes, mistakes = np.empty((u, 2, _CODES + 1)), np.empty((u, 2, _CODES + 1))
        share = np.stack([1 - belief.hard, belief.hard], axis=1)
        for level in (0, 1):
            right, rho = np.clip(belief.right[level], 0.02, 0.995), np.clip(belief.rho[level], 0.02, 0.98)
            # A wrong answer that is not the popular one is any of the rest.
            stray = np.log(1 - rho) - np.log(np.maximum(self.options - 2, 1))
            base, support, popular = np.zeros(u), np.zeros((u, _CODES + 1)), np.zeros((u, _CODES + 1))
            for at in range(m):
                voted = np.flatnonzero(self.said[:, at] != NOBODY)
                told = voted[self.said[voted, at] < _CODES]
                code, weight, wrong = self.said[told, at], self.weights[at], np.log(1 - right[at])
                base[voted] += weight * (wrong + stray[voted])
                support[told, code] += weight * (np.log(right[at]) - wrong - stray[told])
                popular[told, code] += weight * (np.log(rho) - stray[told])
            mistakes[:, level] = np.exp(np.minimum(popular, LARGEST))
            rest = _of_the_others(mistakes[:, level], self.many)
            each = support + np.log(np.maximum(rest, 1e-300)) - np.log(self.options - 1)[:, None]
            votes[:, level] = base[:, None] + each + np.log(share[:, level])[:, None]
        return np.where(self.many[:, None, :] > 0, votes, -np.inf), mistakes

    def _posterior(self, votes: np.ndarray, eps: float) -> np.ndarray:
        prior = np.full(votes.shape[::2], np.log(eps)) - np.log(self.options - 1)[:, None]
        prior[:, 0] = np.log(1 - eps)
        prior[:, -1] += np.log(np.maximum(self.options - _CODES, 1))
        joint = votes + prior[:, None, :]
        odds = np.exp(joint - joint.max(axis=(1, 2), keepdims=True))
        return odds / odds.sum(axis=(1, 2), keepdims=True)

    def _maximised(self, posterior: np.ndarray, mistakes: np.ndarray, before: _Belief) -> _Belief:
        m = self.said.shape[1]
        right, rho = np.empty((2, m)), np.empty(2)
        for level, start in enumerate((EASY, HARD)):
            answer = posterior[:, level]
            here = answer.sum(axis=1) * self.times
            # Which answer is the popular mistake, given that another one is right.
            rest = np.maximum(_of_the_others(mistakes[:, level], self.many), 1e-300)
            popular = mistakes[:, level] * _of_the_others(answer / rest, np.ones(answer.shape))
            hits = wrongs = 0.0
            for at in range(m):
                said = self.said[:, at]
                correct, total = float(_given(answer, said) @ self.times), float(here[said != NOBODY].sum())
                right[level, at] = (correct + PRIOR_MEMBER * start) / (total + PRIOR_MEMBER)
                hits += float(_given(popular, said) @ self.times)
                wrongs += total - correct
            rho[level] = (hits + PRIOR_WRONG * POPULAR) / (wrongs + PRIOR_WRONG)
        wrong_labels = float((1 - posterior[:, :, 0].sum(axis=1)) @ self.times)
        eps = (wrong_labels + PRIOR_LABELS[0] * PRIOR_LABELS[1]) / (self.times.sum() + PRIOR_LABELS[0])
        hard = posterior[:, 1].sum(axis=1) * self.times
        overall = (hard.sum() + 1) / (self.times.sum() + 2)
        of_subject = np.bincount(self.subject, hard) + SUBJECT_STRENGTH * overall
        size = np.bincount(self.subject, self.times) + SUBJECT_STRENGTH
        return _Belief(right, rho, (of_subject / size)[self.subject], eps)


def how_many(options: np.ndarray) -> np.ndarray:
    """How many answers each column of a likelihood stands for, (N, MOST_OTHERS + 2), of `options` (N,)."""
    many = (np.arange(_CODES + 1) < options[:, None]).astype(float)
    many[:, -1] = np.maximum(options - _CODES, 0)
    return many


def _of_the_others(values: np.ndarray, many: np.ndarray) -> np.ndarray:
    """Per column the sum over all other answers, without a difference of large numbers."""
    counted = values * many
    own = np.maximum(many - 1, 0) * values
    return counted @ (1 - np.eye(values.shape[1])) + own


def _given(weights: np.ndarray, said: np.ndarray) -> np.ndarray:
    """`weights` (U, codes) of what was said (U,); 0 where nothing, or something rare, was."""
    told = (said != NOBODY) & (said < _CODES)
    return np.where(told, weights[np.arange(len(said)), np.where(told, said, 0)], 0.0)

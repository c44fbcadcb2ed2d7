"""Banks whose truth is known: questions with easy and hard ones among them, a committee, and labels that went wrong."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from evalpipe.labels.schema import DOUBTS
from evalpipe.labels.weighing.suspects import Doubted, doubted

LETTERS = np.array(list("ABCDEFGH"))
STRONG = ((0.99, 0.7), (0.98, 0.6), (0.96, 0.6))  # per member, how often it is right on easy and on hard questions
MIDDLING = ((0.9, 0.5), (0.88, 0.45), (0.85, 0.5))
WEAK = ((0.7, 0.4), (0.65, 0.35), (0.6, 0.4))
HARD = 0.15  # share of hard questions
POPULAR = 0.5  # of the wrong answers, the share that is the question's popular mistake
NO_DOUBTS = pl.DataFrame(schema={**DOUBTS, "proposed": pl.String()})


@dataclass(frozen=True, slots=True)
class Simulated:
    """`questions` and `votes` as `doubted` wants them; `wrong` (N,) bool, which labels are; `accuracy` (M,), the share
    of each member's answers that is right.
    """

    questions: pl.DataFrame
    votes: pl.DataFrame
    wrong: np.ndarray
    accuracy: np.ndarray

    def judged(self, votes: pl.DataFrame | None = None) -> Doubted:
        """What all evidence says; with other votes, where they are given."""
        said = self.votes if votes is None else votes.with_columns(said="answer")
        return doubted(self.questions, said, NO_DOUBTS)


def simulated(
    seed: int,
    n: int = 2_000,
    members: Sequence[tuple[float, float]] = STRONG,
    share: float = 0.08,
    swaps: float = 0.0,
    options: int = 4,
) -> Simulated:
    """A bank of choice questions q0, q1, ...; members m0, m1, ...

    Args:
        share: of the labels that are any other answer.
        swaps: of the labels that are exchanged with a neighbour's.
    """
    rng = np.random.default_rng(seed)

    def another(than: np.ndarray) -> np.ndarray:
        return (than + rng.integers(1, options, len(than))) % options

    truth, hard = rng.integers(0, options, n), rng.random(n) < HARD
    mistake = another(truth)
    said = np.empty((n, len(members)), int)
    for at, (on_easy, on_hard) in enumerate(members):
        missed = rng.random(n) >= np.where(hard, on_hard, on_easy)
        said[:, at] = np.where(missed, np.where(rng.random(n) < POPULAR, mistake, another(truth)), truth)
    label = np.where(rng.random(n) < share, another(truth), truth)
    for at in np.flatnonzero(rng.random(n // 2) < swaps) * 2:
        label[at], label[at + 1] = label[at + 1], label[at]
    targets = [[letter] for letter in LETTERS[label]]
    ids = [f"q{at}" for at in range(n)]
    questions = pl.DataFrame(
        {
            "question_id": ids,
            "position": range(n),
            "kind": "choice",
            "subject": None,
            "targets": targets,
            "labels": targets,
            "n_options": options,
        },
        schema_overrides={"subject": pl.String},
    )
    votes = [
        pl.DataFrame({"question_id": ids, "who": f"m{at}", "answer": LETTERS[said[:, at]]})
        for at in range(len(members))
    ]
    return Simulated(
        questions,
        pl.concat(votes).with_columns(said="answer"),
        label != truth,
        (said == truth[:, None]).mean(axis=0),
    )

"""One-coin Dawid-Skene with the label as one more annotator, on banks whose truth is known."""

import numpy as np
import polars as pl
import pytest

from evalpipe.labels.weighing.ballots import MOST_OTHERS, NOBODY, OPEN, RARE, Ballots, ballots
from evalpipe.labels.weighing.committee import opinion
from evalpipe_tests.labels.weighing.simulated import MIDDLING, STRONG, simulated

STRICT = {"over": "raise", "divide": "raise", "invalid": "raise"}


def ballots_of(said, options=4.0):
    """Ballots with these codes, (N, M); of open questions where `options` says so."""
    codes = np.asarray(said, np.int8)
    members = tuple(f"m{at}" for at in range(codes.shape[1]))
    answers = pl.DataFrame(schema={"q": pl.UInt32, "code": pl.Int8, "answer": pl.String})
    return Ballots(members, codes, np.full(len(codes), float(options)), answers)


def odds(likelihood, code=1):
    """How much more probable the votes are if the answer of that code is right, than if the label is."""
    return likelihood[code] / likelihood[0]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("members", "points"),
    [(STRONG, 0.015), (STRONG + MIDDLING[:2], 0.015), (MIDDLING, 0.04)],
    ids=["strong", "five", "middling"],
)
def test_accuracies_and_the_share_of_wrong_labels_are_recovered(members, points, seed):
    """Nobody says who is right: from 2,000 ballots alone accuracies come out within .03, and the share of wrong labels
    within a point and a half; a middling committee blames labels for its own mistakes.
    """
    bank = simulated(seed, members=members)
    says = opinion(ballots(bank.questions, bank.votes))
    assert list(says.accuracy.values()) == pytest.approx(bank.accuracy, abs=0.03)
    assert says.error_rate == pytest.approx(bank.wrong.mean(), abs=points)


def test_the_label_is_one_annotator():
    """It has an accuracy of its own: where many labels are wrong, it weighs less against the same votes."""
    shares = (0.01, 0.08, 0.25)
    found = [opinion(ballots(bank.questions, bank.votes)) for bank in (simulated(3, share=each) for each in shares)]
    assert [says.error_rate for says in found] == pytest.approx(shares, abs=0.02)
    # Its vote is not among the members': with another label, the same votes speak for the same answer.
    bank = simulated(3)
    cast = ballots(bank.questions, bank.votes)
    row = int(np.flatnonzero((cast.said == 0).all(axis=1))[0])
    other = cast.said.copy()
    other[row] = 1
    before = opinion(cast).likelihood[row]
    after = opinion(Ballots(cast.members, other, cast.options, cast.answers)).likelihood[row]
    assert after[[1, 0, 2, 3]] == pytest.approx(before[:4], rel=0.05)


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ([0, 1, 2, 3, 4], 0.1, 10),  # four of five missed it, each in its own way
        ([0, 0, 1, 1, 2], 0.1, 10),
        ([0, RARE, RARE, RARE, NOBODY], 0, 0.01),
        ([NOBODY] * 5, 1, 1),
        ([1, 1, 1, 1, 0], 1e3, np.inf),  # four of five agree
        ([1, 1, 1, NOBODY, 2], 1e3, np.inf),
        ([1, 1, 1, 1, 1], 1e6, np.inf),
    ],
)
def test_one_other_answer_has_to_beat_the_label(said, least, most):
    """How many members missed a question says little; that they agree on what else is right says much."""
    rng = np.random.default_rng(0)
    others = np.where(rng.random((1_000, 5)) < 0.85, 0, rng.integers(1, 8, (1_000, 5)))
    says = opinion(ballots_of(np.vstack([others, said]), options=OPEN))
    assert least <= odds(says.likelihood[-1]) <= most


def test_a_hard_question_on_which_all_scatter_is_not_suspicious():
    """All five missed it: with five answers the label stands, with one it falls."""
    bank = simulated(5, n=1_000, members=STRONG + MIDDLING[:2], options=8)
    (label,) = bank.questions["targets"][0]
    scattered = [letter for letter in "ABCDEFGH" if letter != label][:5]
    suspicion = {}
    for name, said in {"scattered": scattered, "agreed": scattered[:1] * 5}.items():
        theirs = pl.col("who").replace_strict({f"m{at}": each for at, each in enumerate(said)})
        here = pl.col("question_id") == "q0"
        votes = bank.votes.with_columns(pl.when(here).then(theirs).otherwise("answer").alias("answer"))
        suspicion[name] = bank.judged(votes).judged.suspicion[0]
    assert suspicion["scattered"] < 0.5
    assert suspicion["agreed"] > 0.98


def test_a_member_with_few_answers_is_no_trouble():
    """Three answers of 1,000, all against the label: its accuracy is what is usual, and the others' are as before."""
    bank = simulated(6, n=1_000)
    cast = ballots(bank.questions, bank.votes)
    shy = np.full((1_000, 1), NOBODY, np.int8)
    shy[:3] = 3
    before, after = opinion(cast), opinion(ballots_of(np.hstack([cast.said, shy])))
    *others, its = after.accuracy.values()
    assert others == pytest.approx(list(before.accuracy.values()), abs=0.005)
    assert 0 <= its < 0.5
    assert after.likelihood[3:] == pytest.approx(before.likelihood[3:], abs=0.02)


def test_equal_ballots_are_equally_likely():
    """Whatever stands between them, and in whatever order: the order of a drop weighs nothing."""
    said = np.random.default_rng(7).integers(-1, 3, (500, 4))
    result = opinion(ballots_of(said)).likelihood
    _, first, back = np.unique(said, axis=0, return_index=True, return_inverse=True)
    assert (result == result[first][back.reshape(-1)]).all()
    assert opinion(ballots_of(said[::-1])).likelihood[::-1] == pytest.approx(result)


@pytest.mark.parametrize("members", [20, 100, 300])
@pytest.mark.parametrize("options", [2.0, 4.0, OPEN])
def test_many_members_overflow_nothing(members, options):
    """Twenty of one opinion, or three hundred: likelihoods are finite, and numpy has nothing to warn of."""
    rng = np.random.default_rng(8)
    said = np.where(rng.random((200, members)) < 0.9, 0, 1)
    said[:3] = [[1], [0], [NOBODY]]
    with np.errstate(**STRICT):
        says = opinion(ballots_of(said, options))
    assert np.isfinite(says.likelihood).all()
    assert (says.likelihood.max(axis=1) > 0).all()
    assert says.likelihood[0, 0] < 1e-6 * says.likelihood[0, 1]
    assert says.likelihood[1, 1] < 1e-6 * says.likelihood[1, 0]


def test_a_subjects_share_of_hard_questions_is_its_own():
    """Two of three against the label: in a subject that is hard for all it says less than in an easy one."""
    rng = np.random.default_rng(9)
    subjects = np.repeat([0, 1], 1_000)
    hard = rng.random(2_000) < np.where(subjects == 0, 0.02, 0.7)
    missed = rng.random((2_000, 3)) >= np.where(hard, 0.5, 0.97)[:, None]
    said = np.where(missed, rng.integers(1, 4, (2_000, 3)), 0)
    said[[0, 1_000]] = [0, 1, 1]
    says = opinion(ballots_of(said), subjects=subjects)
    assert odds(says.likelihood[0]) > 1.2 * odds(says.likelihood[1_000])


def test_a_subject_with_one_question_is_like_the_bank():
    """Where answers are few, a subject's own share is shrunken to that of all."""
    said = ballots(simulated(10, n=1_000).questions, simulated(10, n=1_000).votes).said
    said[[0, 1]] = [1, 1, 0]
    alone = np.arange(1_000) == 0
    says = opinion(ballots_of(said), subjects=alone.astype(int))
    assert odds(says.likelihood[0]) == pytest.approx(odds(says.likelihood[1]), rel=0.1)


def test_a_family_has_one_vote():
    """Four copies of a member with a quarter of a vote each weigh what one of them does; with a whole one, more."""
    bank = simulated(11, n=1_000)
    said = ballots(bank.questions, bank.votes).said
    row = int(np.flatnonzero((said == [1, 0, 0]).all(axis=1))[0])
    copies = ballots_of(np.hstack([said[:, [0]].repeat(4, axis=1), said[:, 1:]]))
    one = odds(opinion(ballots_of(said)).likelihood[row])
    quarters = odds(opinion(copies, np.array([0.25] * 4 + [1.0, 1.0])).likelihood[row])
    whole = odds(opinion(copies).likelihood[row])
    assert quarters == pytest.approx(one, rel=0.3)
    assert whole > 3 * one


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (5, 0)])
def test_nothing_to_weigh_is_no_opinion(shape):
    """No question or no member: every answer is as likely as every other, and labels are as wrong as is usual."""
    says = opinion(ballots_of(np.zeros(shape)))
    assert says.likelihood.shape == (shape[0], MOST_OTHERS + 2)
    assert (says.likelihood == 1).all()
    assert (says.error_rate, says.accuracy) == (0.05, {})


@pytest.mark.parametrize("code", [0, 1, RARE, NOBODY])
def test_all_ballots_alike_converge(code):
    """Everybody confirms, contradicts, scatters or keeps silent, always: all that comes out is a probability."""
    with np.errstate(**STRICT):
        says = opinion(ballots_of(np.full((50, 3), code), OPEN))
    assert np.isfinite(says.likelihood).all()
    assert 0 < says.error_rate < 1
    assert all(0 <= share <= 1 for share in says.accuracy.values())

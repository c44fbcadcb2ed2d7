"""Suspicion is a probability: calibrated, below 1, and ordered by the evidence."""

import numpy as np
import polars as pl
import pytest

from evalpipe.labels.weighing.ballots import Ballots, ballots
from evalpipe.labels.weighing.committee import Opinion, opinion
from evalpipe.labels.weighing.suspects import doubted
from evalpipe.labels.weighing.suspicion import UNSEEN, judge
from evalpipe_tests.labels.weighing.simulated import MIDDLING, NO_DOUBTS, STRONG, Simulated, simulated

SLIP, NEIGHBOUR, EXCHANGED = "slip of the pen", "a neighbour's answer", "exchanged with a neighbour"


def calibration_error(suspicion: np.ndarray, wrong: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error, bins of equal width."""
    at = np.minimum((suspicion * bins).astype(int), bins - 1)
    gaps = [np.abs((suspicion - wrong)[at == each].sum()) for each in range(bins)]
    return float(sum(gaps) / len(suspicion))


def numbers(labels, said) -> Simulated:
    """Number questions with these labels and a row of answers per member."""
    targets = [[str(label)] for label in labels]
    ids = [f"q{at}" for at in range(len(targets))]
    questions = pl.DataFrame({"question_id": ids, "targets": targets, "labels": targets}).with_columns(
        kind=pl.lit("number"), subject=pl.lit(None, pl.String), n_options=0, position=pl.int_range(pl.len())
    )
    votes = [
        pl.DataFrame({"question_id": ids, "who": f"m{at}", "answer": [str(answer) for answer in answers]})
        for at, answers in enumerate(said)
    ]
    nothing = np.zeros(0)
    return Simulated(questions, pl.concat(votes).with_columns(said="answer"), nothing, nothing)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("members", "share", "swaps"),
    [(STRONG, 0.0, 0.0), (STRONG, 0.08, 0.0), (STRONG, 0.04, 0.06), (STRONG + MIDDLING[:2], 0.12, 0.0)],
)
def test_suspicion_is_the_probability_of_a_defect(members, share, swaps, seed):
    """Of labels with suspicion .7 seven in ten are wrong: the expected calibration error is at most .03."""
    bank = simulated(seed, members=members, share=share, swaps=swaps)
    assert calibration_error(bank.judged().judged.suspicion, bank.wrong) <= 0.03


@pytest.mark.parametrize("seed", [1, 2])
def test_where_nobody_exchanged_labels_none_are_exchanged(seed):
    """A quarter of the labels fits the neighbour by chance: that makes none of them suspicious."""
    bank = simulated(seed, share=0.08)
    judged = bank.judged().judged
    assert judged.ways[EXCHANGED] + judged.ways[NEIGHBOUR] < 0.005
    assert judged.exchanged.max() < 0.5
    apart = doubted(bank.questions.with_columns(pl.col("position") * 2), bank.votes, NO_DOUBTS).judged
    assert np.abs(judged.suspicion - apart.suspicion).mean() < 0.002


def test_a_label_that_is_the_neighbours_answer_is_as_suspicious_as_exchanges_are_frequent():
    """The same two questions, each with the other's label and one vote for its own: believed where it often happens."""
    found = []
    for swapped in (0, 30):
        truth = [3 * at + 10 for at in range(300)]
        labels = list(truth)
        for at in range(0, 2 * swapped, 2):
            labels[at], labels[at + 1] = labels[at + 1], labels[at]
        labels[200], labels[201] = labels[201], labels[200]
        judged = numbers(labels, [truth, [*truth[:200], labels[200], labels[201], *truth[202:]]]).judged().judged
        found.append((judged.ways[EXCHANGED], judged.exchanged[200, 1], judged.suspicion[200]))
    (never, before, doubt), (often, after, sure) = found
    assert never < 0.02 < often
    assert often == pytest.approx(0.2, abs=0.05)
    assert before < after
    assert doubt < sure


def test_a_slip_is_more_suspicious_than_any_other_number():
    """One of two members says 48: a label of 84 is doubted more than one of 31, and slips are counted as such."""
    truth = [7 * at + 11 for at in range(300)]
    labels = [-number if at < 15 else number for at, number in enumerate(truth)]
    truth[200:202], labels[200:202] = [48, 48], [84, 31]
    other = [*truth[:200], *labels[200:202], *truth[202:]]
    judged = numbers(labels, [truth, other]).judged().judged
    assert judged.ways[SLIP] == pytest.approx(16 / 300, abs=0.02)
    assert judged.suspicion[200] > judged.suspicion[201]


def test_large_evidence_keeps_its_order_and_never_says_one():
    """From odds of 1 to odds of 1 to 10^290 against the label every step is a little more suspicious."""
    exponents = np.concatenate([np.linspace(0, 5, 50), np.linspace(6, 290, 100)])
    likelihood = np.full((150, UNSEEN + 1), 0.0)
    likelihood[:, 0], likelihood[:, 1:4] = 10.0**-exponents, [1.0, 1e-9, 1e-9]
    cast = ballots_with(4.0, 150)
    with np.errstate(over="raise", divide="raise", invalid="raise"):
        judged = judge(questions_of(150, apart=2), cast, Opinion(likelihood, 0.05, {}), about_nothing())
    assert (np.diff(judged.suspicion) > 0).all()
    assert judged.suspicion.max() < 1
    assert (judged.best == 1).all()


@pytest.mark.parametrize("against", [1, 0])
def test_a_hundred_members_of_one_opinion_are_no_certainty(against):
    """More of them is a little more, and never 1; all for the label is nearly nothing, and never less than 0."""
    said = np.zeros((300, 100), np.int8)
    said[0], said[1, :60] = against, against
    cast = Ballots(tuple(map(str, range(100))), said, np.full(300, 4.0), ballots_with(4.0, 300).answers)
    suspicion = judge(questions_of(300), cast, opinion(cast), about_nothing()).suspicion
    if against:
        assert 0.99 < suspicion[1] < suspicion[0] < 1
    assert 0 <= suspicion[2:].max() < 0.01


@pytest.mark.parametrize("suspicion", [1.0, 0.999, 0.5, 0.05, 0.0])
def test_a_signal_alone_is_never_certain(suspicion):
    """What a signal says is the suspicion, if it is the only one to speak, between .001 and .999."""
    bank = simulated(1, n=50)
    doubt = {"question_id": "q3", "signal": "s", "reason": "r", "suspicion": suspicion, "proposed_target": None}
    doubts = pl.DataFrame([doubt | {"proposed": None}], schema=NO_DOUBTS.schema)
    nobody = bank.votes.clear()
    judged = doubted(bank.questions, nobody, doubts).judged
    assert judged.suspicion[3] == pytest.approx(np.clip(suspicion, 0.001, 0.999), abs=0.01)
    assert judged.suspicion[[2, 4]] == pytest.approx(0.05)


def questions_of(n: int, apart: int = 1) -> pl.DataFrame:
    """Choice questions; where they stand further apart than 1, none has a neighbour."""
    return simulated(0, n=n).questions.with_columns(pl.col("position") * apart)


def about_nothing() -> pl.DataFrame:
    return pl.DataFrame(schema={"q": pl.Int64, "suspicion": pl.Float64, "proposed": pl.String})


def ballots_with(options: float, n: int) -> Ballots:
    """Ballots of one silent member about n questions."""
    cast = ballots(questions_of(n), simulated(0, n=n).votes)
    return Ballots(("m",), np.full((n, 1), -1, np.int8), np.full(n, options), cast.answers)

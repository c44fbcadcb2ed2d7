"""The error rate of a bank: near the truth, within its interval, and silent where nothing can be said."""

from functools import cache

import numpy as np
import pytest

from evalpipe.labels.weighing.ballots import ballots
from evalpipe.labels.weighing.committee import opinion
from evalpipe.labels.weighing.error_rate import (
    FEW_REVIEWED,
    FEW_TRUSTED,
    MOST_ERRORS,
    ErrorRate,
    Known,
    error_rate,
)
from evalpipe_tests.labels.weighing.simulated import MIDDLING, STRONG, WEAK, simulated

SHARES = (0.0, 0.04, 0.12)
SEEDS = range(4)


@cache
def judged(seed, share=0.04, members=STRONG, n=2_000):
    """Likelihood, options, and which labels are wrong, of a simulated bank."""
    bank = simulated(seed, n=n, share=share, members=members)
    cast = ballots(bank.questions, bank.votes)
    return opinion(cast).likelihood, cast.options, bank.wrong


def known(n, trusted=(), reviewed=None, settled=()):
    """Rows that are trusted and settled; verdicts of those reviewed, by row."""
    found = Known(np.zeros(n, bool), np.full(n, np.nan), np.zeros(n, bool))
    found.trusted[list(trusted)] = True
    found.settled[list(settled)] = True
    for row, verdict in (reviewed or {}).items():
        found.reviewed[row] = verdict
    return found


def trusted_among(wrong, seed, size=400):
    """Rows of right labels, at random."""
    return np.random.default_rng(seed).choice(np.flatnonzero(~wrong), size, replace=False)


def drawn_from(wrong, seed, size):
    """Verdicts on rows drawn at random from all."""
    return {row: float(wrong[row]) for row in np.random.default_rng(seed).choice(len(wrong), size, replace=False)}


def runs(members, shares=SHARES):
    """Of every share and seed, an estimate by 400 trusted questions and the truth."""
    for share in shares:
        for seed in SEEDS:
            likelihood, options, wrong = judged(seed, share, members)
            slice_of_it = known(len(wrong), trusted_among(wrong, seed))
            yield error_rate(likelihood, options, len(members), slice_of_it), float(wrong.mean())


def test_a_trusted_slice_corrects_the_rate():
    """From 0 to 12% wrong labels: within a point and a half, and the interval holds the truth nine times in ten."""
    found = list(runs(STRONG))
    assert {estimate.verdict for estimate, _ in found} == {"measured"}
    assert max(abs(estimate.rate - truth) for estimate, truth in found) <= 0.015
    assert np.mean([estimate.low <= truth <= estimate.high for estimate, truth in found]) >= 0.9
    assert np.mean([estimate.high - estimate.low for estimate, _ in found]) <= 0.04
    assert {(estimate.n, estimate.n_known) for estimate, _ in found} == {(2_000, 400)}


def test_what_the_committee_gets_wrong_itself_is_taken_out():
    """Without a wrong label a middling committee doubts some 2%; trusted ones halve that, and exclude no 0."""
    for estimate, _ in runs(MIDDLING, shares=(0.0,)):
        assert estimate.raw > 0.015
        assert estimate.rate < estimate.raw / 2
        assert estimate.low == 0.0


def test_a_weak_committee_is_never_a_measure():
    """One that errs in more than a tenth of the trusted labels says so, whatever it doubts."""
    for estimate, _ in runs(WEAK, shares=(0.0, 0.12)):
        assert estimate.verdict == "committee too weak"
        assert estimate.committee_error > MOST_ERRORS


def test_one_member_alone_is_a_weak_committee():
    """However good it is: nobody tells its mistakes from the labels'."""
    likelihood, options, wrong = judged(0, members=STRONG[:1])
    one = error_rate(likelihood, options, 1, known(len(wrong), trusted_among(wrong, 0)))
    assert one.verdict == "committee too weak"


@pytest.mark.parametrize("size", [0, FEW_TRUSTED - 1])
def test_without_a_trusted_slice_there_is_no_rate(size):
    """The uncorrected figure is told, and nothing that could be taken for a rate."""
    likelihood, options, wrong = judged(0)
    found = error_rate(likelihood, options, 3, known(len(wrong), trusted_among(wrong, 0, size)))
    assert (found.verdict, found.n_known) == ("no trusted slice", size)
    assert (found.rate, found.low, found.high) == (None, None, None)
    assert found.raw == pytest.approx(wrong.mean(), abs=0.03)


@pytest.mark.parametrize("members", [STRONG, WEAK], ids=["strong", "weak"])
def test_questions_reviewed_at_random_correct_the_rate(members):
    """300 verdicts: unbiased with any committee, and with a strong one closer than counting the verdicts alone."""
    errors, inside, counted = [], [], []
    for share in SHARES:
        for seed in SEEDS:
            likelihood, options, wrong = judged(seed, share, members)
            for again in range(5):
                verdicts = drawn_from(wrong, 10 * seed + again, 300)
                found = error_rate(likelihood, options, len(members), known(len(wrong), reviewed=verdicts))
                assert (found.verdict, found.n_known) == ("measured", 300)
                errors.append(found.rate - wrong.mean())
                inside.append(found.low <= wrong.mean() <= found.high)
                counted.append(np.mean(list(verdicts.values())) - wrong.mean())
    assert np.mean(inside) >= 0.9
    assert abs(np.mean(errors)) <= 0.003
    assert np.std(errors) <= np.std(counted) * (0.7 if members is STRONG else 1.1)


def test_reviews_need_no_committee():
    """Where nobody was asked, the verdicts are counted; with too few of them nothing is known."""
    wrong = np.arange(1_000) < 100
    likelihood, options = np.ones((1_000, 10)), np.full(1_000, 4.0)
    found = error_rate(likelihood, options, 0, known(1_000, reviewed=drawn_from(wrong, 1, 400)))
    assert found.verdict == "measured"
    assert found.low < 0.1 < found.high
    few = drawn_from(wrong, 1, FEW_REVIEWED - 1)
    assert error_rate(likelihood, options, 0, known(1_000, reviewed=few)).verdict == "no committee"


@pytest.mark.parametrize("verdict", [0.0, 1.0])
def test_verdicts_that_are_all_alike_leave_room(verdict):
    """A hundred right ones do not show that all are right: the interval has a width."""
    likelihood, options = np.ones((1_000, 10)), np.full(1_000, 4.0)
    found = error_rate(likelihood, options, 0, known(1_000, reviewed=dict.fromkeys(range(100), verdict)))
    assert found.rate == pytest.approx(verdict)
    assert 0.01 < found.high - found.low < 0.05


def test_what_reviews_settled_is_told_beside_the_rate():
    """The rate is of the labels as they were delivered; who settled some changes nothing about that."""
    likelihood, options, wrong = judged(0, 0.12)
    trusted = trusted_among(wrong, 0)
    settled = np.flatnonzero(wrong)[:100]
    before = error_rate(likelihood, options, 3, known(2_000, trusted))
    after = error_rate(likelihood, options, 3, known(2_000, trusted, settled=settled))
    assert (before.settled, after.settled) == (0.0, 0.05)
    assert (after.rate, after.low, after.high) == (before.rate, before.low, before.high)


def test_a_subject_has_a_rate_of_its_own():
    """A bank of 4% with a subject of 30%: each is told, also the one in which only ten labels are trusted."""
    clean, _, right = judged(1, 0.04)
    spoilt, _, wrong = judged(2, 0.3, n=500)
    likelihood, n = np.vstack([clean, spoilt]), 2_500
    bad = np.arange(n) >= 2_000
    trusted = [*trusted_among(right, 1), *(2_000 + trusted_among(wrong, 1, 10))]
    found = [error_rate(likelihood, np.full(n, 4.0), 3, known(n, trusted), part) for part in (~bad, bad)]
    assert [(each.verdict, each.n, each.n_known) for each in found] == [("measured", 2_000, 400), ("measured", 500, 10)]
    assert [each.rate for each in found] == pytest.approx([right.mean(), wrong.mean()], abs=0.03)


def test_a_subject_of_one_question_proves_nothing():
    """One question, trusted or not, has a rate between 0 and 1; an interval, however suspicious it is, that is wide."""
    likelihood, options, wrong = judged(0)
    trusted = trusted_among(wrong, 0, 400)
    for row in (*trusted[:3], *np.flatnonzero(wrong)[:3]):
        found = error_rate(likelihood, options, 3, known(2_000, trusted), np.arange(2_000) == row)
        assert found.n == 1
        assert 0 <= found.low <= found.rate <= found.high <= 1
        assert row in trusted or found.high - found.low > 0.3


def test_labels_that_are_all_trusted_are_all_right():
    """Nothing is open, so nothing can be wrong; the committee's own mistakes are told."""
    likelihood, options, _ = judged(0, 0.0)
    found = error_rate(likelihood, options, 3, known(2_000, range(2_000)))
    assert (found.verdict, found.rate, found.low, found.high) == ("measured", 0.0, 0.0, 0.0)
    assert 0 < found.committee_error < MOST_ERRORS


@pytest.mark.parametrize(
    ("members", "trusted", "verdict"),
    [(0, 0, "no committee"), (0, 400, "no committee"), (3, 400, "committee too weak"), (3, 0, "no trusted slice")],
)
def test_a_committee_that_said_nothing_measures_nothing(members, trusted, verdict):
    """Nobody configured, or members of whom no answer could be read."""
    likelihood, options = np.ones((1_000, 10)), np.full(1_000, 4.0)
    found = error_rate(likelihood, options, members, known(1_000, range(trusted)))
    assert (found.verdict, found.committee_error) == (verdict, None)


@pytest.mark.parametrize("members", [0, 3])
def test_a_bank_without_questions_has_no_rate(members):
    """Of nothing, nothing is wrong; of a subject that has no question neither."""
    none = error_rate(np.ones((0, 10)), np.ones(0), members, known(0))
    assert none == ErrorRate("no trusted slice" if members else "no committee", 0, 0, 0.0)
    likelihood, options, wrong = judged(0)
    trusted = known(2_000, trusted_among(wrong, 0))
    empty = error_rate(likelihood, options, 3, trusted, np.zeros(2_000, bool))
    assert (empty.n, empty.rate, empty.raw) == (0, 0.0, 0.0)


@pytest.mark.filterwarnings("error")
def test_questions_unlike_any_trusted_one_are_weighed_with_the_nearest():
    """A committee that is surer, or less sure, of open questions than of all trusted ones still measures a rate."""
    likelihood = np.zeros((400, 10))
    likelihood[:, 0], likelihood[:, 1:4] = 1.0, 1e-3
    likelihood[200:240, 1:4] = 1e-9
    likelihood[240:260, 1] = 0.9
    likelihood[300:320] = likelihood[300:320][:, [1, 0, *range(2, 10)]]
    found = error_rate(likelihood, np.full(400, 4.0), 3, known(400, range(100)))
    assert found.verdict == "measured"
    assert 0 < found.low <= 20 / 400 <= found.high < 1

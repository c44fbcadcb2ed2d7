"""Banks that no one would publish, and committees that no one would choose: what is said of them is still sensible."""

import numpy as np
import polars as pl
import pytest

from evalpipe.labels.weighing.suspects import Doubted, doubted
from evalpipe_tests.labels.weighing.simulated import NO_DOUBTS, STRONG, Simulated, simulated


def judged(bank: Simulated, label=None, subject=None, votes=None, one_vote=None) -> Doubted:
    """What is said of the bank with another label, subject or committee; labels and subjects are expressions."""
    questions = bank.questions
    if label is not None:
        questions = questions.with_columns(targets=label, labels=label)
    if subject is not None:
        questions = questions.with_columns(subject=subject)
    return doubted(questions, bank.votes if votes is None else votes, NO_DOUBTS, one_vote)


@pytest.fixture(scope="module")
def bank() -> Simulated:
    return simulated(1, n=300, members=STRONG, share=0.0)


def test_a_bank_of_which_all_labels_are_wrong_is_seen_through(bank):
    """Three members who agree with each other and never with the label: the labels are all suspects."""
    shifted = pl.concat_list(pl.col("targets").list.first().replace({"A": "B", "B": "C", "C": "D", "D": "A"}))
    result = judged(bank, label=shifted)
    assert result.judged.flagged.mean() > 0.95
    assert result.judged.suspicion.mean() > 0.9
    assert result.opinion.error_rate > 0.7


def test_a_bank_of_which_all_labels_are_equal_hides_nothing(bank):
    """Somebody lost the key and wrote A everywhere: three quarters are suspects, those that are A are not."""
    truth = bank.questions["targets"].list.first().to_numpy()
    suspicion = judged(bank, label=pl.lit(["A"], pl.List(pl.String))).judged.suspicion
    assert suspicion[truth != "A"].mean() > 0.9
    assert suspicion[truth == "A"].mean() < 0.1


def test_one_annotator_alone_is_no_judge():
    """One member's word against the label is a doubt, and no certainty."""
    bank = simulated(2, n=1_000, members=STRONG[:1], share=0.08)
    suspicion = bank.judged().judged.suspicion
    assert suspicion.max() < 0.95
    assert suspicion[bank.wrong].mean() > 5 * suspicion[~bank.wrong].mean()


def test_members_who_know_nothing_move_nothing(bank):
    """Beside three good members one guesses, one always says A and one hardly speaks: the same suspects."""
    ids = bank.questions["question_id"]
    letters = np.random.default_rng(99).choice(list("ABCD"), len(ids))
    guests = [
        pl.DataFrame({"question_id": ids, "who": "guesses", "answer": letters}),
        pl.DataFrame({"question_id": ids, "who": "says A"}).with_columns(answer=pl.lit("A")),
        pl.DataFrame({"question_id": ids[:2], "who": "hardly speaks", "answer": ["A", "B"]}),
    ]
    planted = pl.when(pl.col("position") % 20 == 7).then(pl.lit(["E"])).otherwise("targets")
    before = judged(bank, label=planted)
    guests = [guest.with_columns(said="answer") for guest in guests]
    after = judged(bank, label=planted, votes=pl.concat([bank.votes, *guests]))
    assert after.opinion.accuracy["guesses"] < 0.4
    assert np.abs(after.judged.suspicion - before.judged.suspicion).mean() < 0.02
    first = [set(each.suspects["question_id"][:15]) for each in (before, after)]
    assert len(first[0] & first[1]) >= 14


@pytest.mark.parametrize(
    "subject",
    [
        pl.when(pl.col("position") == 0).then(pl.lit("alone")).otherwise(pl.lit("others")),
        pl.col("question_id"),
        pl.lit(None, pl.String),
        pl.when(pl.col("position") % 2 == 0).then(pl.lit("\u202e<b>")),
        pl.lit(""),
    ],
    ids=["one alone", "each its own", "none", "hostile or none", "empty"],
)
def test_subjects_of_any_size_change_little(bank, subject):
    """One question, or every question, in a subject of its own: suspicions are as without subjects."""
    without = judged(bank).judged.suspicion
    assert judged(bank, subject=subject).judged.suspicion == pytest.approx(without, abs=0.1)


def test_a_question_with_several_targets_is_confirmed_by_any_of_them(bank):
    """Labels with a second target are no more suspicious; where none of them is what members say, they are."""
    both = pl.when(pl.col("position") < 150).then(pl.concat_list("targets", pl.lit("E"))).otherwise("targets")
    neither = pl.when(pl.col("position") < 15).then(pl.lit(["E", "F"])).otherwise(both)
    assert judged(bank, label=both).judged.suspicion.mean() < 0.02
    result = judged(bank, label=neither)
    assert result.judged.flagged[:15].all()
    assert result.judged.suspicion[15:].mean() < 0.02
    assert result.suspects["targets"].list.len().max() == 2


def test_a_question_without_a_target_is_wrong_if_anything(bank):
    """An empty list is no answer; structure keeps such rows out, and here they do no harm."""
    none = pl.when(pl.col("position") == 5).then(pl.lit([], pl.List(pl.String))).otherwise("targets")
    result = judged(bank, label=none)
    assert result.judged.flagged[5]
    assert np.delete(result.judged.suspicion, 5).mean() < 0.02


def test_a_family_of_all_members_is_one_voice(bank):
    """All of one family: three opinions are one, so they are less sure than strangers, and finite."""
    planted = pl.when(pl.col("position") % 20 == 7).then(pl.lit(["E"])).otherwise("targets")
    strangers = judged(bank, label=planted).judged.suspicion
    siblings = judged(bank, label=planted, one_vote=dict.fromkeys(("m0", "m1", "m2"), "f")).judged.suspicion
    assert siblings[7::20].mean() < strangers[7::20].mean()
    assert np.isfinite(siblings).all()

"""The committee's answers as codes."""

import numpy as np
import polars as pl
import pytest

from evalpipe.labels.weighing.ballots import MOST_OTHERS, NOBODY, OPEN, RARE, ballots

QUESTIONS = {"question_id": pl.String, "labels": pl.List(pl.String), "n_options": pl.Int64}
VOTES = {"question_id": pl.String, "who": pl.String, "answer": pl.String}


def asked(*labels, options=0):
    """q0, q1, ... with these labels, a list each."""
    rows = [(f"q{at}", each, options) for at, each in enumerate(labels)]
    return pl.DataFrame(rows, schema=QUESTIONS, orient="row")


def cast(*answers):
    """What members 00, 01, ... say about q0, q1, ...: a list of answers per question, None where nothing was said."""
    rows = [(f"q{at}", f"{who:02}", said) for at, several in enumerate(answers) for who, said in enumerate(several)]
    return pl.DataFrame(rows, schema=VOTES, orient="row")


def mentioned(*rows):
    return pl.DataFrame(rows, schema={"question_id": pl.String, "answer": pl.String}, orient="row")


@pytest.mark.parametrize(
    ("labels", "answers", "codes"),
    [
        (["5"], ["5", "5", "5"], [0, 0, 0]),
        (["5"], ["7", "6", "6"], [2, 1, 1]),  # the more popular one comes first
        (["5"], ["7", "6", "5"], [2, 1, 0]),  # equally popular: by their text, whoever said it
        (["5"], ["6", None, "5"], [1, NOBODY, 0]),
        (["5", "6"], ["6", "5", "7"], [0, 0, 1]),  # any of several targets is the label
        (["5", "5"], ["5", "7", "7"], [0, 1, 1]),  # a target that stands twice
        ([], ["5", "5", "7"], [1, 1, 2]),
        (None, ["5", "5", "7"], [1, 1, 2]),
        (["\u202e"], ["５", "\x00", "x" * 10**6], [3, 1, 2]),  # hostile texts are texts
    ],
)
def test_codes_of_a_question(labels, answers, codes):
    """0 for what counts as right, then the other answers by popularity, and a code of its own for silence."""
    result = ballots(asked(labels, ["0"]), cast(answers, ["0"] * 3))  # the second gives each a seat
    assert result.said.tolist() == [codes, [0, 0, 0]]
    written = {code: answer for q, code, answer in result.answers.iter_rows() if q == 0}
    assert all(written[code] == answer for code, answer in zip(codes, answers, strict=True) if code > 0)


def test_what_is_rarer_than_the_first_eight_is_rare():
    """Ten different answers: eight are told apart, the last two are one thing, which supports nothing."""
    said = [*"aabbccddeeffgghh", "y", "z"]
    result = ballots(asked(["5"]), cast(said))
    assert result.said.tolist() == [[1 + at // 2 for at in range(16)] + [RARE, RARE]]
    assert RARE == MOST_OTHERS + 1
    assert set(result.answers.filter(pl.col("code") == RARE)["answer"]) == {"y", "z"}


def test_what_a_signal_proposes_has_a_code_and_no_vote():
    """A mentioned answer ranks behind those that have votes; the label stays the label; other drops do not matter."""
    known = mentioned(("q0", "9"), ("q0", "6"), ("q0", "5"), ("q0", None), ("elsewhere", "9"))
    result = ballots(asked(["5"], ["8"]), cast(["6", "5"], ["8", "8"]), known)
    codes = {(q, answer): code for q, code, answer in result.answers.iter_rows()}
    assert codes == {(0, "5"): 0, (0, "6"): 1, (0, "9"): 2, (1, "8"): 0}
    assert result.said.tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize(
    ("options", "answers", "admitted"),
    [
        (4, ["A", "B"], 4),
        (2, ["A", "A"], 2),
        (0, ["A", "B"], OPEN),
        (1, ["A", "B"], OPEN),
        (3, ["B", "C", "D", "E", "F"], 6),  # the label, and five answers beside it
        (3, list("BCDEFGHIJKL"), MOST_OTHERS + 1),
    ],
)
def test_a_question_admits_its_options_and_all_that_was_said(options, answers, admitted):
    """Numbers and texts are open; where more is told apart than there are options, the options are miscounted."""
    assert ballots(asked(["A"], options=options), cast(answers)).options.tolist() == [admitted]


def test_rows_stand_in_the_drops_order_and_members_by_name():
    """Whoever voted first, and whatever was asked first; votes about other questions are left out."""
    votes = cast(["1", "9"], ["2", None], ["3", "3"], ["4", "4"])
    turned = asked(["1"], ["2"], ["3"]).reverse()
    result = ballots(turned, votes.sample(fraction=1, shuffle=True, seed=1))
    assert result.members == ("00", "01")
    assert result.said.tolist() == [[0, 0], [0, NOBODY], [0, 1]]
    assert result.said.dtype == np.int8


@pytest.mark.parametrize("votes", [cast(), cast([None, None])])
def test_who_says_nothing_is_no_member(votes):
    """Questions have rows, and the silent no column; without questions there is nothing at all."""
    assert ballots(asked(["1"]), votes).said.shape == (1, 0)
    assert ballots(asked(), votes).said.shape == (0, 0)

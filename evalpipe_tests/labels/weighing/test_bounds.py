import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from evalpipe.labels.weighing.bounds import Bounds, doubt_bounds

KEY = "A"


def rows_of(answers):
    """A row per answer to a question whose key is A; None could not be read."""
    scores = [None if answer is None else float(answer == KEY) for answer in answers]
    ids = [str(number) for number in range(len(answers))]
    return pl.DataFrame({"question_id": ids, "score": scores}, schema={"question_id": pl.String, "score": pl.Float64})


def test_bounds_by_hand():
    """Four of six right; one of the right, one of the wrong and the unread are doubted: 3/6, and 5 of the 5 left."""
    rows = rows_of(["A", "A", "A", "A", "B", None])
    assert doubt_bounds(rows, pl.Series(["3", "4", "5"])) == Bounds(3 / 6, 5 / 5)


def test_without_doubts_the_bounds_are_the_accuracy():
    """No doubt, or doubts in other questions alone: nothing is open."""
    rows = rows_of(["A", "A", "B", None])
    assert doubt_bounds(rows, pl.Series([], dtype=pl.String)) == Bounds(0.5, 0.5)
    assert doubt_bounds(rows, pl.Series(["elsewhere"])) == Bounds(0.5, 0.5)


def test_what_was_not_read_becomes_right_by_no_key():
    """A model that never answered has nothing to hope for; one that has no rows has no bounds."""
    assert doubt_bounds(rows_of([None, None]), pl.Series(["0", "1"])) == Bounds(0.0, 0.0)
    assert doubt_bounds(rows_of([]), pl.Series(["0"])) is None


@given(st.data())
def test_no_review_leads_out_of_the_bounds(data):
    """Whatever reviews say of the doubted questions, the accuracy that comes out lies within; and both ends are met."""
    answers = data.draw(st.lists(st.sampled_from(["A", "B", "C", None]), min_size=1, max_size=12))
    doubted = data.draw(st.sets(st.integers(0, len(answers) - 1)))
    found = doubt_bounds(rows_of(answers), pl.Series([str(number) for number in doubted], dtype=pl.String))
    assert found is not None
    verdict = {number: data.draw(st.sampled_from(["stands", "exclude", "A", "B", "C", "D"])) for number in doubted}
    reviewed = scored(answers, verdict)
    assert not reviewed or found.low - 1e-12 <= sum(reviewed) / len(reviewed) <= found.high + 1e-12
    against = scored(answers, dict.fromkeys(doubted, "D"))
    assert sum(against) / len(against) == found.low
    favour = scored(answers, {number: answers[number] or "exclude" for number in doubted})
    assert sum(favour) / (len(favour) or 1) == found.high


def scored(answers, verdict):
    """The scores that count after a review with these verdicts."""
    keys = [KEY if verdict.get(number, "stands") == "stands" else verdict[number] for number in range(len(answers))]
    return [float(answer == key) for answer, key in zip(answers, keys, strict=True) if key != "exclude"]

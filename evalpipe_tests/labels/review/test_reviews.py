"""What people's verdicts make of a label: the latest of each counts, and where they differ the label stays."""

from datetime import UTC, datetime

import pytest

from evalpipe.labels.review.reviews import Review, applies, holding, settle


def review(verdict, target=None, day=None, by="ada", overrules=False):
    at = datetime(2026, 11, day, tzinfo=UTC) if day else None
    return Review("b", "q", verdict, by, target, at, overrules=overrules)


@pytest.mark.parametrize(
    ("reviews", "targets", "status"),
    [
        ([], ("5",), "active"),
        ([review("confirm")], ("5",), "active"),
        ([review("correct", "6")], ("6",), "active"),
        ([review("ambiguous")], ("5",), "ambiguous"),
        ([review("exclude")], ("5",), "excluded"),
        ([review("exclude", day=2), review("correct", "6", day=1)], ("5",), "excluded"),
        ([review("exclude", day=1), review("correct", "6", day=2)], ("6",), "active"),
        ([review("correct", "6", day=2), review("confirm", day=3)], ("5",), "active"),
        ([review("correct", "6"), review("exclude")], ("5",), "excluded"),
        ([review("correct", "6", day=1), review("exclude")], ("6",), "active"),
        ([review("correct", "6", day=1, by="Ada "), review("correct", "7", day=2)], ("7",), "active"),
    ],
)
def test_the_latest_review_of_a_person_decides(reviews, targets, status):
    """By its time, then by its place; one without a time comes before every dated one."""
    settled = settle(("5",), reviews)
    assert (settled.targets, settled.status, settled.state) == (targets, status, "reviewed" if reviews else "open")
    assert sorted(settled.review_ids) == sorted(one.review_id for one in reviews)


@pytest.mark.parametrize(
    ("reviews", "state", "targets", "status"),
    [
        ([review("correct", "6", 1), review("confirm", None, 2, "bob")], "disagreement", ("5",), "active"),
        ([review("ambiguous", None, 1), review("exclude", None, 2, "bob")], "disagreement", ("5",), "active"),
        ([review("correct", "6", 1), review("correct", "7", 1, "bob")], "disagreement", ("5",), "active"),
        ([review("correct", "6", 1), review("correct", " 6.0", 2, "bob")], "reviewed", (" 6.0",), "active"),
        ([review("correct", "5.0", 1), review("confirm", None, 2, "bob")], "reviewed", ("5",), "active"),
        ([review("exclude", None, 1), review("exclude", None, 2, "bob")], "reviewed", ("5",), "excluded"),
        (
            [review("correct", "6", 1), review("confirm", None, 2, "bob"), review("confirm", None, 3)],
            "reviewed",
            ("5",),
            "active",
        ),
    ],
)
def test_people_who_disagree_leave_the_label(reviews, state, targets, status):
    """Each person's latest verdict counts, and all must make the same of the question; 6.0 is 6."""
    settled = settle(("5",), reviews, "number")
    assert (settled.state, settled.targets, settled.status) == (state, targets, status)
    assert bool(settled.review_ids) is (state == "reviewed")


@pytest.mark.parametrize(
    ("reviews", "state", "targets"),
    [
        ([review("correct", "6", 1), review("correct", "7", 2, "bob", overrules=True)], "reviewed", ("7",)),
        ([review("correct", "7", 1, "bob", overrules=True), review("correct", "6", 2)], "disagreement", ("5",)),
        (
            [
                review("correct", "6", 1),
                review("exclude", None, 2, "bob", overrules=True),
                review("confirm", None, 3, "bob"),
            ],
            "reviewed",
            ("5",),
        ),
        (
            [review("correct", "6", 1, overrules=True), review("correct", "7", 2, "bob", overrules=True)],
            "reviewed",
            ("7",),
        ),
    ],
)
def test_a_verdict_that_overrules_stands_alone(reviews, state, targets):
    """Over all that others said before; who says something else afterwards disagrees anew."""
    settled = settle(("5",), reviews, "number")
    assert (settled.state, settled.targets) == (state, targets)


def test_what_holds_is_the_latest_of_each_person():
    """Superseded and overruled verdicts are kept, and do not hold."""
    first, second, other = review("exclude", day=1), review("confirm", day=3), review("confirm", day=2, by="bob")
    assert holding([first, second, other]) == [other, second]
    last = review("exclude", day=4, by="eve", overrules=True)
    assert holding([first, second, other, last]) == [last]


def test_review_ids_stand_for_content():
    """Any field makes another review; the same instant in another zone does not."""
    one = Review("b", "q", "confirm", "ada", at=datetime(2026, 11, 23, 14, tzinfo=UTC))
    others = [
        Review("b2", "q", "confirm", "ada"),
        Review("b", "q2", "confirm", "ada"),
        Review("b", "q", "exclude", "ada"),
        Review("b", "q", "confirm", "bob"),
        Review("b", "q", "confirm", "ada", why="x"),
        Review("b", "q", "confirm", "ada", question_version="x"),
        Review("b", "q", "confirm", "ada", drop="x"),
        Review("b", "q", "confirm", "ada", picked="random"),
        Review("b", "q", "confirm", "ada", overrules=True),
        Review("b", "q", "confirm", "ada"),
    ]
    assert len({one.review_id, *(other.review_id for other in others)}) == 11
    same = Review("b", "q", "confirm", "ada", at=datetime.fromisoformat("2026-11-23T15:00:00+01:00"))
    assert same.review_id == one.review_id


@pytest.mark.parametrize(
    ("drop", "version", "holds"),
    [(None, None, True), ("d", "v", True), ("d", None, True), ("e", None, False), (None, "w", False)],
)
def test_a_review_holds_for_what_it_names(drop, version, holds):
    """A verdict about another drop or another version of the question is not heard."""
    one = Review("b", "q", "confirm", "ada", drop=drop, question_version=version)
    assert applies(one, drop="d", question_version="v") is holds

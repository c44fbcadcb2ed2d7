"""What a person writes as the right answer, in the question's own form."""

import pytest

from evalpipe.core.questions import Question
from evalpipe.labels.review.targets import as_targets, comparable, fitted

CHOICE = Question("q", "Which?", "choice", ("A",), ("Paris", "42", "paris.", "B"))


@pytest.mark.parametrize(
    ("said", "target"),
    [("b", "B"), ("(B)", "B"), ("C.", "C"), (" d ", "D"), ("42", "B"), ("Paris", "Paris"), ("F", "F"), ("", "")],
)
def test_an_option_is_named_by_letter_or_text(said, target):
    """A letter comes first, an option's text second; what fits none or two options stays, to be refused."""
    assert fitted(CHOICE, said) == target


@pytest.mark.parametrize(
    ("said", "target"), [("c, a", "A,C"), ("AC", "A,C"), ("B", "B"), ("Rome and Oslo", "A,C"), ("?", "?")]
)
def test_several_right_options_are_named_together(said, target):
    """Letters or texts of all of them; what cannot be read stays, to be refused."""
    question = Question("q", "Which?", "multi_choice", ("A",), ("Rome", "red", "Oslo"))
    assert fitted(question, said) == target


def test_a_review_of_several_right_options_gives_each_as_a_target():
    """As a drop delivers them, so that a review that says the same changes nothing."""
    assert as_targets("multi_choice", "A,C") == ("A", "C")
    assert as_targets("text", "A,C") == ("A,C",)


def test_other_kinds_stay_as_written():
    """A number question's "b" is no letter."""
    assert fitted(Question("q", "?", "number", ("1",)), "b") == "b"


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        ("number", "1,024", "1024.0", True),
        ("number", "１８", "18", True),
        ("number", "60%", "0.6", False),
        ("text", "Paris.", " paris", True),
        ("text", "1.0", "1", False),
        ("choice", "A", "B", False),
    ],
)
def test_targets_that_say_the_same_compare_equal(kind, one, other, same):
    """As the scorers compare: numbers as decimals, texts in normal form."""
    assert (comparable(kind, one) == comparable(kind, other)) is same

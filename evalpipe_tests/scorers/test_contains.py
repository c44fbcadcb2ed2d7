"""A target stands in an answer: whole words, and characters where no spaces part words."""

import pytest

from evalpipe.config.scorers import with_options
from evalpipe.core.questions import Question


def score(answer, *targets, every=False):
    return with_options("contains", {"all": every}).score(Question("q", "?", "text", targets), answer)


@pytest.mark.parametrize(
    ("answer", "target", "value"),
    [
        ("The capital is PARIS, of course.\n\nIt lies on the Seine.", "Paris", 1.0),
        ("the city of  New\nYork", "new york", 1.0),
        ("comparison", "Paris", 0.0),
        ("parish", "Paris", 0.0),
        ("snake_paris", "Paris", 0.0),
        ("I can't say", "can", 0.0),
        ("the 'can' itself", "can", 1.0),
        ("state-of-the-art", "art", 1.0),
        ("it is 15", "5", 0.0),
        ("it is 1.5", "5", 0.0),
        ("it is 5,000", "5", 0.0),
        ("it is -5", "5", 0.0),
        ("10-5 is 5.", "5", 1.0),
        ("答案是北京大学。", "北京", 1.0),
        ("我用GPT回答", "gpt", 1.0),
        ("GPTs", "gpt", 0.0),
        ("C++ and C#", "C++", 1.0),
        ("it is not Paris", "Paris", 1.0),
        ("<think>Paris?</think>Lyon", "Paris", 0.0),
        ("<think>Paris", "Paris", None),
        ("", "Paris", None),
        ("Paris", "...", None),
    ],
)
def test_a_target_stands_as_whole_words(answer, target, value):
    """Inside another word or number it does not stand; negation is not understood."""
    found = score(answer, target)
    assert found.value == value
    assert (found.extracted is None) is (value is None)


def test_one_of_the_targets_or_all_of_them():
    """`all` asks for every target, and says which are missing."""
    assert score("red and blue", "green", "blue").value == 1.0
    assert score("red and blue", "red", "blue", every=True).value == 1.0
    found = score("red only", "red", "blue", every=True)
    assert (found.value, found.extracted) == (0.0, "red (without: blue)")


def test_a_long_answer_costs_little():
    """A target that nearly stands everywhere is looked for once a place."""
    assert score("ab" * 50_000, "ab" * 200).value == 0.0


@pytest.mark.parametrize("every", [False, True])
def test_a_right_answer_has_the_key_of_the_targets(every):
    """So that the committee's votes agree with the label where the scorer does."""
    question = Question("q", "?", "text", ("red", "blue"))
    made = with_options("contains", {"all": every})
    for answer in ("blue and red", "red", "blue!", "green"):
        found = made.score(question, answer)
        keys = {made.key(question, target) for target in question.targets}
        assert (made.key(question, found.extracted) in keys) is (found.value == 1.0), answer

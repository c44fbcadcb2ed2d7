"""Token overlap, against an implementation of another make and values worked out by hand."""

import re
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalpipe.core.questions import Question
from evalpipe.scorers import scorer
from evalpipe.scorers.f1 import overlap, tokens


def f1(answer, *targets):
    return scorer("f1").score(Question("q", "?", "text", targets), answer)


@pytest.mark.parametrize(
    ("answer", "targets", "value"),
    [
        ("the Eiffel Tower", ["Eiffel tower"], 1),
        ("Answer: in Paris, France", ["Paris"], Fraction(1, 2)),
        ("a cat sat on the mat", ["the cat sat"], Fraction(2, 3)),
        ("New York City", ["Boston", "New York"], Fraction(4, 5)),
        ("no no no", ["no"], Fraction(1, 2)),
        ("U.S.A.", ["usa"], 1),
        ("Lyon", ["Paris"], 0),
        ("the", ["a"], 1),
        ("the", ["Paris"], 0),
        ("北京大学", ["北京大学"], 1),
        ("北京的大学", ["北京大学"], Fraction(8, 9)),
        ("1949年，北京", ["1949年北京"], 1),
        ("GPT模型", ["gpt 模型"], 1),
    ],
)
def test_the_share_of_tokens_that_is_the_same(answer, targets, value):
    """Articles, case and punctuation do not count, a repeated token only as often as both have it, the best target."""
    assert f1(answer, *targets).value == pytest.approx(float(value))


def test_no_answer_is_no_zero():
    """A text without an answer is null."""
    assert f1("", "Paris").value is None


def by_removal(answer, target):
    """Another way to the same number: each token of the target strikes out one of the answer."""
    left, same = tokens_of(answer), 0
    for token in tokens_of(target):
        if token in left:
            left.remove(token)
            same += 1
    sizes = len(tokens_of(answer)) + len(tokens_of(target))
    return float(sizes == 0) if not sizes or not same else 2 * same / sizes


def tokens_of(text):
    kept = "".join(letter for letter in text.lower() if not re.fullmatch(r"[!-/:-@\[-`{-~]", letter))
    return [word for word in re.split(r"\s+", re.sub(r"\b(a|an|the)\b", " ", kept)) if word]


@settings(max_examples=300, deadline=None)
@given(*[st.text(st.sampled_from("aàn the cat'sat.-!$ \t"), max_size=30)] * 2)
def test_two_ways_lead_to_the_same_number(answer, target):
    """The harmonic mean of precision and recall is twice the common tokens over all tokens."""
    assert overlap(tokens(answer), tokens(target)) == pytest.approx(by_removal(answer, target))

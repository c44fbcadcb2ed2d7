"""The form in which a scorer compares: the scorer itself is the judge."""

import json
from itertools import product

import pytest

from evalpipe.core.questions import Question
from evalpipe.scorers import SCORER_OF_KIND, scorer

NUMBERS = [
    "1024",
    "1,024.0",
    "1,024",
    "１０２４",
    "$5",
    "5%",
    "5",
    "-5",
    "0.5",
    "1/2",
    "50%",
    "1/3",
    "2/6",
    "0.333",
    "-0",
    "0",
    "1e3",
    "1 thousand",
]
TEXTS = ["Paris", "paris.", "“Paris”", "ＰＡＲＩＳ", "the  Nile", "the Nile", "Nile", "Zoë", "zoe", "42", "42.0"]
FIELDS = [
    *("42", "42.0", "$42", "42 USD", "42 usd", "007", "7", "07.", "true", "True", "Paris", "“paris.”", "3 .", "3"),
    *('{"a": 1, "b": [2]}', '{"b":[2.0],"a":1.0}', '{"a": 2}', "[1, 2]", "[2, 1]", "[1,2]", "[not json", "[NOT JSON"),
]
CHOICES = ("x", "y", "z")


@pytest.mark.parametrize(
    ("kind", "answers", "said"),
    [
        ("number", NUMBERS, lambda text: f"#### {text}"),
        ("text", TEXTS, lambda text: f"Answer: {text}"),
        ("json", FIELDS, lambda text: json.dumps({"answer": text})),
        ("choice", ["A", "B", "C"], lambda text: f"Answer: {text}"),
        ("multi_choice", ["A", "C", "A,C", "C,A", "A,B,C"], lambda text: f"Answer: {text}"),
    ],
)
def test_two_answers_have_one_key_exactly_when_the_scorer_holds_them_equal(kind, answers, said):
    """One as the answer, the other as the target, for all pairs: a score of 1 and an equal key go together."""
    tested = scorer(SCORER_OF_KIND[kind])
    for one, other in product(answers, answers):
        question = Question("q", "?", kind, (other,), choices=CHOICES if "choice" in kind else ())
        score = tested.score(question, said(one))
        assert score.extracted is not None
        same = tested.key(question, score.extracted) == tested.key(question, other)
        assert (score.value == 1.0) is same, (one, other)


@pytest.mark.parametrize("name", ["regex", "f1", "contains"])
def test_where_nothing_else_is_in_the_answer_keys_and_scores_agree_for_other_scorers_too(name):
    """One as the whole answer, the other as the target, for all pairs of texts."""
    tested = scorer(name)
    for one, other in product(TEXTS, TEXTS):
        question = Question("q", "?", "text", (other,))
        score = tested.score(question, one)
        same = tested.key(question, str(score.extracted)) == tested.key(question, other)
        assert (score.value == 1.0) is same, (one, other)


@pytest.mark.parametrize(
    ("name", "answer", "key"),
    [
        ("number", "1,024.0", "1024"),
        ("number", "half", '"half"'),
        ("choice", "B", "B"),
        ("multi_choice", "C,A", "A,C"),
        ("exact", "“Paris”.", "paris"),
        ("json", "1,024.0", "1024"),
        ("json", '{"b": 1.0, "a": "X."}', '{"a":"x","b":1}'),
        ("f1", "The cat, a cat", "cat cat"),
        ("contains", "“Paris”.", "paris"),
        ("regex", "Paris", "Paris"),
    ],
)
def test_a_key_is_what_a_person_would_write(name, answer, key):
    """Keys are shown as what a member of the committee said."""
    assert scorer(name).key(Question("q", "?", "text", ()), answer) == key

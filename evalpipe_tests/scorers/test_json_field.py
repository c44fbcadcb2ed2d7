"""JSON answers: a field against a value, an object field by field."""

import json

import pytest

from evalpipe.config.scorers import with_options
from evalpipe.core.questions import Question


def score(answer, *targets, field=None, **options):
    question = Question("q", "?", "json", targets, answer_field=field)
    return with_options("json", options).score(question, answer if isinstance(answer, str) else json.dumps(answer))


PERSON = '{"name": "Ann Lee", "age": 30, "home": {"city": "Paris", "zip": "007"}, "tags": ["a", "b"]}'


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ({"name": "ann lee", "age": "30", "home": {"zip": "007", "city": "paris."}, "tags": ["A", "b"]}, 1.0),
        ({"answer": {"name": "Ann Lee", "age": 30.0, "home": {"city": "Paris", "zip": "7"}, "tags": ["a", "b"]}}, 0.8),
        ({"name": "Ann Lee", "age": 31, "home": {"city": "Paris"}}, 0.4),
        ({"name": "Ann Lee", "home": "Paris"}, 0.2),
        ({"name": "Bob", "more": 1}, 0.0),
        ({"home": {"city": "Paris", "zip": "007"}, "city": "Rome"}, 0.4),
        ('Here it is:\n```json\n{"name": "Ann Lee"}\n```', 0.2),
        ("[]", None),
        ("no object", None),
        ('{"name": "Ann', None),
    ],
)
def test_an_object_is_credited_field_by_field(answer, value):
    """Nested fields count by their path, a list as a whole; a missing field is wrong, no object is null."""
    assert score(answer, PERSON).value == (None if value is None else pytest.approx(value))


def test_strict_counts_what_was_not_asked_for():
    """A field too many is one more wrong field; without `strict` it is ignored."""
    assert score({"a": 1, "b": 2, "c": 3}, '{"a": 1, "b": 2}').value == 1.0
    found = score({"a": 1, "b": 2, "c": 3}, '{"a": 1, "b": 2}', strict=True)
    assert found.value == pytest.approx(2 / 3)
    assert "not: c" in found.reason
    assert score({"a": 1, "b": 2}, '{"b": 2, "a": 1}', strict=True).value == 1.0


def test_the_best_target_counts():
    """Several objects are several ways to be right."""
    assert score({"a": 1, "b": 2}, '{"a": 1, "b": 9, "c": 9}', '{"a": 1, "b": 2, "c": 3}').value == pytest.approx(2 / 3)
    assert score({"answer": 4}, '{"a": 1}', "4").value == 0.0  # the object was asked for, and 4 is none of its fields


def test_an_object_with_a_field_called_like_the_answers_is_read_whole():
    """A target's own `answer` is a part of it."""
    assert score({"answer": 4, "unit": "m"}, '{"answer": 4, "unit": "m"}').value == 1.0
    assert score({"answer": {"x": 1}, "unit": "m"}, '{"answer": {"x": 1}, "unit": "cm"}').value == 0.5


def test_fields_are_looked_for_in_order():
    """The question's own field first, then the bank's others."""
    options = {"fields": ["final", "result"]}
    assert score({"result": 1, "final": 2}, "2", **options).value == 1.0
    assert score({"result": 1, "answer": 3, "final": 2}, "3", **options).value == 1.0
    assert score({"result": 1}, "1", field="total", **options).value == 1.0
    assert score({"other": 1}, "1", **options).value is None


@pytest.mark.parametrize("deep", ['{"a":' * 2000 + "1" + "}" * 2000, '{"a": 1e999999999}', '{"a": ' + "9" * 9000 + "}"])
def test_a_monstrous_object_is_no_answer_and_no_error(deep):
    """Too deep or too large to be compared: not right, and nothing is raised."""
    assert score(deep, '{"a": 1}').value in (None, 0.0)
    assert score('{"a": 1}', deep).value in (None, 0.0)

"""Shapes: the same question, however people write it down."""

import json

import pytest

from evalpipe.sources import Delivered, Reject


def jsonl(*rows: dict) -> str:
    return "\n".join(map(json.dumps, rows))


@pytest.mark.parametrize(
    ("row", "kind", "targets"),
    [
        ({"question": "q", "answer": "work\n#### 70,000"}, "number", ("70,000",)),
        ({"question": "q", "answer": "18"}, "number", ("18",)),
        ({"question": "q", "answer": 18}, "number", ("18",)),
        ({"question": "q", "answer": 18.0}, "number", ("18",)),
        ({"question": "q", "answer": 1e3}, "number", ("1000",)),
        ({"question": "q", "answer": 0.1}, "number", ("0.1",)),
        ({"question": "q", "answer": 1e-7}, "number", ("0.0000001",)),
        ({"question": "q", "answer": "-1,234.50"}, "number", ("-1,234.50",)),
        ({"question": "q", "answer": ".5"}, "number", (".5",)),
        ({"question": "q", "answer": " Paris\r\nFrance "}, "text", ("Paris\nFrance",)),
        ({"question": "q", "answer": "1/2"}, "text", ("1/2",)),
        ({"question": "q", "answer": "1,23"}, "text", ("1,23",)),
        ({"question": "q", "answer": "$5"}, "text", ("$5",)),
        ({"question": "q", "answer": "."}, "text", (".",)),
        ({"question": "q", "answer": "９"}, "text", ("９",)),
        ({"question": "q", "answer": True}, "text", ("true",)),
        ({"question": "q", "answer": ["a", "b", "a", "", None]}, "text", ("a", "b")),
        ({"question": "q", "answer": ""}, "text", ()),
        ({"question": "q", "answer": None}, "text", ()),
        ({"text": "q", "targets": ["1", 2]}, "number", ("1", "2")),
        ({"text": "q", "targets": '["1", 2]'}, "number", ("1", "2")),
        ({"text": "q", "targets": "one"}, "text", ("one",)),
        ({"text": "q", "target": "see #### 5"}, "text", ("see #### 5",)),
        ({"question": "q", "target": "a", "answer": "b"}, "text", ("a",)),
        ({"question": "q", "target": "x^2", "kind": "math"}, "math", ("x^2",)),
        ({"question": "q", "kind": "json", "target": {"b": [1, 2], "a": "é"}}, "json", ('{"a":"é","b":[1,2]}',)),
        ({"question": "q", "kind": "json", "target": [2, 1]}, "json", ("[2,1]",)),
        ({"question": "q", "kind": "json", "targets": [[2, 1], {"a": 1}]}, "json", ("[2,1]", '{"a":1}')),
        ({"question": "q", "kind": "json", "answer": " kept as is "}, "json", ("kept as is",)),
        ({"question": "q", "kind": "json", "answer": False}, "json", ("false",)),
        ({"question": "q", "choices": ["x", "y"], "answer": 1}, "choice", ("B",)),
        ({"question": "q", "choices": '["x", "y"]', "answer": "b"}, "choice", ("B",)),
        ({"question": "q", "A": "x", "B": "y", "C": "", "answer": "B."}, "choice", ("B",)),
        ({"text": "q", "choices": ["x", "y"], "targets": ["A", "y"]}, "choice", ("A", "B")),
        ({"text": "q", "choices": [], "target": "7"}, "number", ("7",)),
        ({"question": "q", "choices": None, "answer": "B"}, "choice", ("B",)),
        ({"question": "q", "choices": [], "answer": 2}, "choice", ("2",)),
    ],
)
def test_common_shapes_are_recognised(read, row, kind, targets):
    """Kind and targets follow from the columns and the values, without drop.toml."""
    (one,) = read({"q.jsonl": jsonl(row)})
    assert isinstance(one, Delivered), one
    assert (one.question.text, one.question.kind, one.question.targets) == ("q", kind, targets)


def test_all_columns_of_our_own_schema_arrive(read):
    """Nothing that evalpipe's own schema says is lost."""
    row = {
        "question_id": "x-1",
        "text": "q",
        "kind": "json",
        "targets": ["1"],
        "subject": "s",
        "cluster": 7,
        "worked_solution": "w",
        "answer_field": "f",
        "trusted": True,
        "difficulty": "easy",
    }
    question = read({"q.jsonl": jsonl(row)})[0].question
    assert (question.question_id, question.subject, question.cluster) == ("x-1", "s", "7")
    assert (question.worked_solution, question.answer_field, question.trusted) == ("w", "f", True)


@pytest.mark.parametrize(
    ("value", "trusted"),
    [
        *[(value, True) for value in (True, 1, 1.0, "true", "Yes", " 1 ")],
        *[(value, False) for value in (False, 0, "FALSE", "no", "0")],
        *[(value, None) for value in (None, "", " ", float("nan"))],
    ],
)
def test_trusted_is_true_false_or_not_said(read, value, trusted):
    """However a file writes it, a verified label is told from one of which nothing is said."""
    (one,) = read({"q.jsonl": jsonl({"question": "q", "answer": "1", "trusted": value})})
    assert one.question.trusted is trusted


def test_trusted_may_have_another_name(read):
    """A column of any file may be named in drop.toml."""
    files = {"q.csv": "question,answer,checked\nq,1,yes\nr,2,\n", "drop.toml": '[columns]\ntrusted = "checked"\n'}
    assert [one.question.trusted for one in read(files)] == [True, None]


@pytest.mark.parametrize("value", ["perhaps", "2", "t", [True], 0.5])
def test_nothing_is_guessed_about_trust(read, value):
    """A label that is perhaps verified would bend the estimate of label errors: the row is rejected, with a reason."""
    rows = [{"question": "q", "answer": "1", "trusted": value}, {"question": "r", "answer": "2", "trusted": True}]
    bad, good = read({"q.jsonl": jsonl(*rows)})
    assert isinstance(bad, Reject)
    assert "`trusted`" in bad.reason
    assert good.question.trusted is True


def test_a_gsm8k_answer_without_key_has_no_target(read):
    """Where most others end in `#### KEY`, nothing is guessed for the one that does not."""
    rows = [{"question": f"q{i}", "answer": f"work {i}\n#### {i}"} for i in range(5)]
    broken = ["the total is 5", "work\n####", "work\n#### 5\nand more"]
    found = read({"q.jsonl": jsonl(*rows, *({"question": "q", "answer": text} for text in broken))})
    assert {one.question.kind for one in found} == {"number"}
    assert [one.question.targets for one in found[:5]] == [(str(i),) for i in range(5)]
    assert [one.question.worked_solution for one in found[:5]] == [f"work {i}" for i in range(5)]
    assert [(one.question.targets, one.question.worked_solution) for one in found[5:]] == [
        ((), text) for text in broken
    ]


def test_a_heading_in_a_plain_file_is_no_key(read):
    """Outside GSM8K, only a number after `####` is a key."""
    rows = [{"question": "q", "answer": text} for text in ("a", "b", "text\n#### Heading", "work\n#### 5")]
    assert [one.question.targets for one in read({"q.jsonl": jsonl(*rows)})] == [
        ("a",),
        ("b",),
        ("text\n#### Heading",),
        ("5",),
    ]


def test_an_mmlu_row_without_choices_stays_a_choice(read):
    """A row that lost its options is quarantined later, not read as a number."""
    rows = [{"question": "q", "choices": ["a", "b"], "answer": 1}, {"question": "r", "answer": 1}]
    found = read({"q.jsonl": jsonl(*rows)})
    assert [(one.question.kind, one.question.choices, one.question.targets) for one in found] == [
        ("choice", ("a", "b"), ("B",)),
        ("choice", (), ("1",)),
    ]


@pytest.mark.parametrize(
    ("toml", "row", "expected"),
    [
        ('kind = "math"', {"question": "q", "answer": "5"}, ("math", ("5",))),
        ('kind = "number"', {"question": "q", "answer": "5", "kind": "clean"}, ("number", ("5",))),
        ('[columns]\nkind = "type"', {"question": "q", "answer": "5", "type": "text"}, ("text", ("5",))),
        ('kind = "math"\n[columns]\nkind = "type"', {"question": "q", "answer": "5", "type": None}, ("math", ("5",))),
        ('[columns]\nquestion = "prompt"', {"prompt": "q", "question": "no", "answer": "5"}, ("number", ("5",))),
        ('[columns]\ntarget = "label"', {"question": "q", "label": "5", "answer": "6"}, ("number", ("5",))),
        ('[columns]\ntarget = "solution"', {"question": "q", "solution": "w\n#### 5"}, ("number", ("5",))),
        ('[columns]\nchoices = "options"', {"question": "q", "options": ["x", "y"], "answer": 0}, ("choice", ("A",))),
    ],
)
def test_drop_toml_names_what_is_unusual(read, toml, row, expected):
    """Named columns win over usual ones, and a drop's kind over a column that happens to be called kind."""
    (one,) = read({"q.jsonl": jsonl(row)}, toml)
    assert isinstance(one, Delivered), one
    assert (one.question.kind, one.question.targets) == expected
    assert one.question.text == "q"


@pytest.mark.parametrize("role", ["question", "target", "choices", "question_id", "subject", "kind"])
def test_a_named_column_that_is_not_there_is_rejected(read, role):
    """A misspelt column never silently becomes another reading."""
    (one,) = read({"q.jsonl": jsonl({"question": "q", "answer": "5"})}, f'[columns]\n{role} = "typo"')
    assert isinstance(one, Reject)
    assert "'typo', which drop.toml names; it has `question`, `answer`" in one.reason


def test_an_optional_column_may_be_left_out_of_a_json_line(read):
    """JSON writers leave out what is null; the file has the column all the same."""
    rows = [{"question": "q", "answer": "5"}, {"question": "r", "answer": "6", "topic": "t"}]
    found = read({"q.jsonl": jsonl(*rows)}, '[columns]\nsubject = "topic"')
    assert [one.question.subject for one in found] == [None, "t"]


@pytest.mark.parametrize(
    ("toml", "row", "question_id"),
    [
        (None, {"question_id": "a", "id": "b"}, "a"),
        (None, {"id": 7}, "7"),
        ('question_id = "uid"', {"uid": " u ", "id": "b"}, "u"),
        ('[columns]\nquestion_id = "uid"', {"uid": "u", "id": "b"}, "u"),
        ('question_id = "x-{row:03}"', {"id": "b"}, "x-000"),
    ],
)
def test_ids_come_from_where_the_drop_says(read, toml, row, question_id):
    """A named column, a pattern, then the usual columns."""
    (one,) = read({"q.jsonl": jsonl(row | {"question": "q", "answer": "5"})}, toml)
    assert one.question.question_id == question_id


def test_without_an_id_the_question_is_its_own(read):
    """The hash depends on what is asked, not on the label, the file or the place."""
    rows = [{"question": "q", "answer": "5"}, {"question": "r", "answer": "5"}, {"question": " q ", "answer": "6"}]
    first, other, same = (one.question.question_id for one in read({"a.jsonl": jsonl(*rows)}))
    assert first == same != other
    assert first.startswith("q-")
    assert len(first) == 22

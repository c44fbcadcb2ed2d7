"""Options and letters: what fits, what is ambiguous, what stays as delivered."""

import json

import pytest

from evalpipe.sources import Delivered, Reject

ABCD = ["one", "two", "three", "four"]


def read_one(read, choices, answer, toml=None):
    (one,) = read({"q.jsonl": json.dumps({"question": "q", "choices": choices, "answer": answer})}, toml)
    return one


@pytest.mark.parametrize(
    ("choices", "answer", "targets"),
    [
        (ABCD, 0, ("A",)),
        (ABCD, 3, ("D",)),
        (ABCD, 2.0, ("C",)),
        (ABCD, "2", ("C",)),
        (ABCD, "c", ("C",)),
        (ABCD, "(C)", ("C",)),
        (ABCD, "C)", ("C",)),
        (ABCD, "C.", ("C",)),
        (ABCD, " C: ", ("C",)),
        (ABCD, "three", ("C",)),
        (ABCD, ["A", "three"], ("A", "C")),
        (ABCD, ["A", 0], ("A",)),
        (ABCD, "F", ("F",)),
        (ABCD, 4, ("4",)),
        (ABCD, -1, ("-1",)),
        (ABCD, "Three", ("Three",)),
        (ABCD, 1.5, ("1.5",)),
        (ABCD, "", ()),
        (ABCD, None, ()),
        (["3", "2", "1", "0"], 2, ("C",)),
        (["10", "20", "5"], "5", ("C",)),
        (["0", "1", "2"], "1", ("B",)),
        (["b", "a"], "A", ("A",)),
        (["x", "y", "x"], "x", ("A", "C")),
        ([1, 2.0, True], "true", ("C",)),
        ({"B": "two", "A": "one"}, "one", ("A",)),
        ({"a": "one", "b": "two"}, "B", ("B",)),
    ],
)
def test_targets_become_letters(read, choices, answer, targets):
    """A number is an index, a text first a letter, then an option, then an index; the rest stays as delivered."""
    one = read_one(read, choices, answer)
    assert isinstance(one, Delivered), one
    assert (one.question.kind, one.question.targets) == ("choice", targets)


@pytest.mark.parametrize(
    ("toml", "choices", "answer", "targets"),
    [
        ("index_base = 1", ABCD, 1, ("A",)),
        ("index_base = 1", ABCD, "4", ("D",)),
        ("index_base = 1", ABCD, 0, ("0",)),
        ('answer_is = "index"', ["3", "2", "1"], "1", ("B",)),
        ('answer_is = "text"', ["3", "2", "1"], "1", ("C",)),
        ('answer_is = "text"', ["3", "2", "1"], 1, ("C",)),
        ('answer_is = "text"', ["B", "A"], "A", ("B",)),
        ('answer_is = "letter"', ["3", "2", "1"], "1", ("1",)),
        ('answer_is = "letter"', ABCD, "two", ("two",)),
    ],
)
def test_drop_toml_says_how_answers_are_meant(read, toml, choices, answer, targets):
    """With answer_is there is one reading only."""
    assert read_one(read, choices, answer, toml).question.targets == targets


@pytest.mark.parametrize(
    ("choices", "answer", "toml", "said"),
    [
        (["3", "2", "1"], "1", None, "text of option C and the index of B. Set answer_is"),
        (ABCD, "B", 'answer_is = "text"', "no text of an option"),
        (ABCD, "B", 'answer_is = "index"', "no index of an option"),
        ("one, two", "A", None, "is text, not a list"),
        ("['one', 'two']", "A", None, "double quotes"),
        ("[" * 100_000, "A", None, "begins like JSON"),
        (7, "A", None, "a number, not a list"),
        (["one", None, "three"], "A", None, "option B is null"),
        (["one", ["x"]], "A", None, "holds a list"),
        ({"A": "one", "C": "three"}, "A", None, "not A, B, C"),
        ({"A": "one", "B": None, "C": "three"}, "A", None, "option B is null"),
        ({"text": ["one", "two"], "label": ["1", "2"]}, "1", None, "not A, B, C"),
        ({"A": "one", "a": "two"}, "A", None, "not A, B, C"),
        ([str(i) for i in range(27)], "A", None, "27 options"),
        (ABCD, {"letter": "A"}, None, "holds an object"),
    ],
)
def test_what_cannot_be_read_one_way_is_rejected(read, choices, answer, toml, said):
    """Nothing is guessed: the reason says what is wrong and what to write."""
    one = read_one(read, choices, answer, toml)
    assert isinstance(one, Reject), one
    assert said in one.reason
    assert len(one.reason) < 300


def test_twenty_six_options_have_letters(read):
    """The last letter is Z."""
    assert read_one(read, [f"o{i}" for i in range(26)], 25).question.targets == ("Z",)


@pytest.mark.parametrize(
    ("answer", "targets"),
    [
        (["A", "C"], ("A", "C")),
        ([0, 2], ("A", "C")),
        (["one", "three"], ("A", "C")),
        ("A,C", ("A", "C")),
        ("AC", ("A", "C")),
        ("A and C", ("A", "C")),
        ("A、C", ("A", "C")),
        ("0, 2", ("A", "C")),
        ('["A", "C"]', ("A", "C")),
        ("one; three", ("A", "C")),
        ("C", ("C",)),
        ("A, F", ("A, F",)),
    ],
)
def test_several_right_options_become_letters(read, answer, targets):
    """A list, or one text of letters, indices or options; what has a piece that is no option stays as delivered."""
    row = {"question": "q", "kind": "multi_choice", "choices": ABCD, "answer": answer}
    (one,) = read({"q.jsonl": json.dumps(row)}, None)
    assert isinstance(one, Delivered), one
    assert (one.question.kind, one.question.targets) == ("multi_choice", targets)

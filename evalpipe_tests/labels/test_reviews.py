"""Verdict files: good lines are taken, bad lines named; and what the verdicts do to a label."""

import time
from datetime import UTC, datetime

import pytest

from evalpipe.labels.reviews import MAX_MENDS, Review, applies, read_reviews, settle

HEADER = "bank,question_id,verdict,correct_target,by,at,why\n"


def test_csv_and_jsonl_read_alike():
    """The same verdict has the same id in either format, with a time zone or without, and is taken once."""
    csv_text = "\ufeff" + HEADER + 'gsm8k,q1,Correct,18,ada,2026-11-23T14:05:00Z,"line 2, not ""3"""\r\n' * 2
    json_text = (
        '{"bank": "gsm8k", "question_id": "q1", "verdict": "correct", "correct_target": 18, "by": "ada",'
        ' "at": "2026-11-23T15:05:00+01:00", "why": "line 2, not \\"3\\"", "drop": null, "suspicion": 0.9}\n\n'
    )
    (from_csv,), bad_csv = read_reviews("a.csv", csv_text, "csv")
    (from_json,), bad_json = read_reviews("a.jsonl", json_text, "jsonl")
    assert from_csv == from_json
    assert (bad_csv, bad_json) == ([], [])
    assert from_csv == Review(
        "gsm8k", "q1", "correct", "ada", "18", datetime(2026, 11, 23, 14, 5, tzinfo=UTC), 'line 2, not "3"'
    )


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("gsm8k,,confirm,,ada,,", "`question_id` is empty"),
        ("gsm8k,q1,,,ada,,", "`verdict` is empty"),
        ("gsm8k,q1,confirm,,,,", "`by` is empty"),
        ("gsm8k,q1", "`verdict` is empty"),
        ("gsm8k,q1,wrong,,ada,,", "'wrong' is none of confirm"),
        ("gsm8k,q1,correct,,ada,,", "needs a correct_target"),
        ("gsm8k,q1,exclude,18,ada,,", "takes no correct_target"),
        ("gsm8k,q1,confirm,,ada,yesterday,", "no ISO 8601"),
        ("gsm8k,q1,confirm,,ada,0001-01-01T00:00:00+14:00,", "no ISO 8601"),
        ("gsm8k,q1,confirm,,ada,,a,b,c", "9 cells under a header of 7"),
        ('gsm8k,"q1"x,confirm,,ada,,', "not CSV"),
        ('gsm8k,"q1,confirm,,ada,,', "not CSV"),
        ("gsm8k,q1,confirm,,ada,," + "x" * 10_001, "`why` is too long"),
        ("gsm8k,q1,confirm,,ada,," + "x" * 200_000, "not CSV"),
        ("gsm8k,q\ud800,confirm,,ada,,", "broken Unicode"),
    ],
)
def test_a_bad_csv_line_is_named_and_the_others_are_taken(row, reason):
    """The reason says file, line and what is wrong; lines before and after it count."""
    text = HEADER + "gsm8k,q0,confirm,,ada,,\n\n" + row + "\ngsm8k,q2,exclude,,ada,,\n"
    reviews, bad = read_reviews("r.csv", text, "csv")
    assert [review.question_id for review in reviews] == ["q0", "q2"]
    assert [one.line for one in bad] == [4]
    assert bad[0].reason.startswith("r.csv:4: ")
    assert reason in bad[0].reason


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("[" * 100_000, "not JSON"),
        ('{"bank": "b", "question_id": ["q"], "verdict": "confirm", "by": "ada"}', "question_id must be text"),
        ('{"bank": "b", "question_id": true, "verdict": "confirm", "by": "ada"}', "question_id must be text"),
        ('{"bank": "b", "question_id": "q", "verdict": "confirm"}', "`by` is empty"),
        ('{"bank": "b", "question_id": "\\ud800", "verdict": "confirm", "by": "ada"}', "broken Unicode"),
    ],
)
def test_a_bad_json_line_is_named_and_the_others_are_taken(row, reason):
    """Wrong types, deep nesting and lone surrogates cost their own line only."""
    good = '{"bank": "b", "question_id": "q0", "verdict": "confirm", "by": "ada"}'
    reviews, bad = read_reviews("r.jsonl", f"{good}\n{row}\n{good.replace('q0', 'q2')}", "jsonl")
    assert [review.question_id for review in reviews] == ["q0", "q2"]
    assert [(one.line, reason in one.reason) for one in bad] == [(2, True)]


def test_a_header_without_its_columns_is_one_bad_line():
    """The missing columns are named, instead of one complaint per row."""
    reviews, bad = read_reviews("r.csv", "bank,verdict\nb,confirm\nb,confirm\n", "csv")
    assert (reviews, [one.line for one in bad]) == ([], [1])
    assert "question_id, by" in bad[0].reason


def test_a_record_may_span_lines():
    """A line break in quotes belongs to the reason, and later lines keep their numbers."""
    text = HEADER + 'b,q0,confirm,,ada,,"one\ntwo"\nb,q1,maybe,,ada,,\n'
    reviews, bad = read_reviews("r.csv", text, "csv")
    assert reviews[0].why == "one\ntwo"
    assert bad[0].line == 4


@pytest.mark.parametrize(("cell", "target"), [("'=1+1", "=1+1"), ("'-x", "-x"), ("-5", "-5"), ("'tis", "'tis")])
def test_a_neutralised_cell_comes_back_as_it_was(cell, target):
    """The apostrophe that an export puts before a formula is taken off again, any other stays."""
    reviews, _ = read_reviews("r.csv", HEADER + f"b,q,correct,{cell},ada,,\n", "csv")
    assert reviews[0].correct_target == target


@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", HEADER])
def test_an_empty_file_holds_no_review(text):
    """Nothing to read is nothing wrong."""
    assert read_reviews("r.csv", text, "csv") == ([], [])


@pytest.mark.parametrize(
    ("text", "format"),
    [
        (HEADER + 'b,"q\n' * 20_000, "csv"),
        (HEADER + '"' * 100_001, "csv"),
        (HEADER + "," * 100_000, "csv"),
        ('{"a":' * 100_000, "jsonl"),
        ("{\n" * 50_000, "jsonl"),
        ('{"bank": ' + "9" * 100_000 + "}", "jsonl"),
    ],
)
def test_hostile_files_take_no_time(text, format):
    """Broken quotes on every line are given up after a while; nothing is read twice without end."""
    started = time.monotonic()
    reviews, bad = read_reviews("r", text, format)
    assert time.monotonic() - started < 2
    assert reviews == []
    assert len(bad) <= (MAX_MENDS if format == "csv" else 50_000)


def review(verdict, target=None, day=None, by="ada"):
    return Review("b", "q", verdict, by, target, datetime(2026, 11, day, tzinfo=UTC) if day else None)


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
        ([review("correct", "6", day=1), review("correct", "7", day=1, by="bob")], ("7",), "active"),
    ],
)
def test_the_latest_review_decides(reviews, targets, status):
    """By its time, then by its place; one without a time comes before every dated one."""
    settled = settle(("5",), reviews)
    assert (settled.targets, settled.status) == (targets, status)
    assert sorted(settled.review_ids) == sorted(one.review_id for one in reviews)


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
        Review("b", "q", "confirm", "ada"),
    ]
    assert len({one.review_id, *(other.review_id for other in others)}) == 9
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

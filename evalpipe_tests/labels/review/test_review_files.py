"""Verdict files: good lines are taken, bad lines named, rows that nobody judged are counted."""

import time
from datetime import UTC, datetime

import pytest

from evalpipe.labels.review.files import MAX_MENDS, FileFormat
from evalpipe.labels.review.files import read_reviews as read_file
from evalpipe.labels.review.reviews import Review
from evalpipe.labels.review.rows import BadLine


def read_reviews(name: str, text: str, format: FileFormat) -> tuple[list[Review], list[BadLine]]:
    read = read_file(name, text, format)
    return [each.review for each in read.found], list(read.bad)


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
        ("gsm8k,q1,,18,ada,,", "`verdict` is empty"),
        ("gsm8k,q1,confirm,,,,", "`by` is empty"),
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
        ('{"bank": "b", "question_id": "q", "verdict": "confirm", "by": "a", "picked": "best"}', "is not `random`"),
        ('{"bank": "b", "question_id": "q", "verdict": "confirm", "by": "a", "overrules": "so"}', "neither yes nor no"),
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


def test_rows_that_nobody_judged_are_counted_and_are_not_bad():
    """A sheet half filled in is no faulty file: an empty verdict says nothing, with a name beside it or without."""
    read = read_file("r.csv", HEADER + "b,q0,,,,,\nb,q1,confirm,,ada,,\nb,q2\nb,q3, ,,ada,,\n", "csv")
    assert ([each.review.question_id for each in read.found], read.bad, read.unjudged) == (["q1"], (), 3)
    read = read_file("r.jsonl", '{"bank": "b", "question_id": "q", "verdict": null}\n{"verdict": ""}\n', "jsonl")
    assert (read.found, read.bad, read.unjudged) == ((), (), 2)


def test_a_repeat_without_a_time_is_kept_for_who_takes_the_file():
    """Dated verdicts are themselves wherever they stand; whether an undated repeat is news, the lake knows."""
    dated, undated = "b,q,confirm,,ada,2026-11-23,\n", "b,q,confirm,,ada,,\n"
    read = read_file("r.csv", HEADER + dated + undated + dated + undated, "csv")
    assert [each.line for each in read.found] == [2, 3, 5]


@pytest.mark.parametrize(("value", "overrules"), [("true", True), ("false", False), ('"yes"', True), ('"No"', False)])
def test_overrules_may_be_a_json_boolean(value, overrules):
    """A person writes yes, a program true."""
    row = f'{{"bank": "b", "question_id": "q", "verdict": "confirm", "by": "ada", "overrules": {value}}}'
    ((one,), bad) = read_reviews("r.jsonl", row, "jsonl")
    assert (one.overrules, bad) == (overrules, [])


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
        ("[" * 100_000, "json"),
        ("[" + "9" * 100_000 + "]", "json"),
        ('[{"verdict":' + "[" * 400 + "]" * 400 + "}]", "json"),
        ("[" + "1," * 50_000 + "1]", "json"),
    ],
)
def test_hostile_files_take_no_time(text, format):
    """Broken quotes on every line are given up after a while; nothing is read twice without end."""
    started = time.monotonic()
    reviews, bad = read_reviews("r", text, format)
    assert time.monotonic() - started < 2
    assert reviews == []
    assert len(bad) <= (MAX_MENDS if format == "csv" else 50_001)

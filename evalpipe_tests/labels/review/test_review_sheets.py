"""The sheet that a reviewer fills in: what it shows, and that it comes back as it went out."""

import csv
import io
import json

import pytest

from evalpipe.labels.review.files import read_reviews
from evalpipe.labels.review.sheets import MAX_CELL, as_csv, as_jsonl, sheet_row
from evalpipe_tests.labels.review.test_label_studio import QUESTION, SUSPECT

HOSTILE = "=cmd|' /C calc'!A0, \"x\"\r\nnext"


def test_a_row_has_all_that_a_reviewer_needs():
    """Choices by letter, who said what, and empty cells for the verdict."""
    (row,) = csv.DictReader(io.StringIO(as_csv([sheet_row(QUESTION, SUSPECT)]), newline=""))
    assert row["choices"] == "A. 2 | B. 3"
    assert (row["targets"], row["proposed_target"], row["suspicion"], row["flagged"]) == ("B", "A", "0.9", "yes")
    assert (row["evidence"], row["reasons"]) == ("gpt: A | llama: –", "2 of 2 say A")
    assert [row[name] for name in ("verdict", "correct_target", "by", "at", "why")] == [""] * 5


def test_a_sampled_question_says_nothing_of_doubts():
    """Who is to judge independently must not be told what the committee thinks."""
    row = sheet_row(QUESTION, None, picked="random")
    assert not any(row[name] for name in ("proposed_target", "suspicion", "flagged", "signals", "reasons", "evidence"))
    assert row["picked"] == "random"


@pytest.mark.parametrize("format", ["csv", "jsonl"])
@pytest.mark.parametrize("question_id", ["q1", "=1+1", "'=1", "-5", "'-5", " q ", "＝x", "a,b\nc", '"'])
def test_a_filled_sheet_is_a_verdict_file(format, question_id):
    """Whatever an id looks like, the verdict comes back to its question; rows left empty are counted."""
    sheet = [sheet_row({**QUESTION, "text": HOSTILE, "question_id": each}, SUSPECT) for each in (question_id, "other")]
    sheet[0] |= {"verdict": "confirm", "by": "ada", "why": "=looked"}
    text = as_csv(sheet) if format == "csv" else as_jsonl(sheet)
    read = read_reviews("sheet", text, format)
    (found,) = read.found
    assert (found.review.question_id, found.review.drop, found.review.why) == (question_id, "d d", "=looked")
    assert (read.bad, read.unjudged) == ((), 1)


def test_no_cell_is_a_formula_or_too_long_for_a_spreadsheet():
    """A spreadsheet takes rows apart whose cells are too long; JSON lines hold the whole text."""
    row = sheet_row({**QUESTION, "text": HOSTILE, "worked_solution": "x" * 200_000}, SUSPECT)
    (cells,) = csv.DictReader(io.StringIO(as_csv([row]), newline=""))
    assert cells["text"] == "'" + HOSTILE
    assert len(cells["worked_solution"]) == MAX_CELL
    assert len(json.loads(as_jsonl([row]))["worked_solution"]) == 200_000

"""Parquet: typed rows, and files that are broken."""

import datetime
import io

import polars as pl
import pytest

from evalpipe.sources import Delivered, Reject
from evalpipe.sources import parquet as parquet_module


def packed(columns: dict[str, object]) -> bytes:
    stream = io.BytesIO()
    pl.DataFrame(columns).write_parquet(stream)
    return stream.getvalue()


@pytest.mark.parametrize(
    "columns",
    [
        {"choices": [["x", "y"]], "answer": [1]},
        {"choices": [["x", "y"]], "answer": ["B"]},
        {"choices": [["x", "y"]], "answer": pl.Series(["B"], dtype=pl.Categorical)},
        {"choices": [{"A": "x", "B": "y", "C": None}], "answer": ["b"]},
        {"choices": [{"text": ["x", "y"], "label": ["A", "B"]}], "answer": ["B"]},
        {"choices": [{"text": ["x", "y"], "label": ["A", "B"]}], "answer": pl.Series([1.0])},
        {"A": ["x"], "B": ["y"], "C": pl.Series([None], dtype=pl.String), "answer": ["(B)"]},
    ],
)
def test_the_types_of_published_choice_sets_arrive(read, columns):
    """Lists, structs, categories and letter columns all become options and a letter."""
    (one,) = read({"q.parquet": packed({"question": ["q"], **columns})})
    assert isinstance(one, Delivered)
    assert (one.question.kind, one.question.choices, one.question.targets) == ("choice", ("x", "y"), ("B",))


@pytest.mark.parametrize(
    "columns",
    [
        {"question": [1], "answer": ["a"]},
        {"question": ["a"], "answer": [datetime.date(2026, 1, 1)]},
        {"question": ["a"], "answer": [b"bytes"]},
        {"question": ["a"], "reply": ["b"]},
        {"q": ["a"], "answer": ["b"]},
    ],
)
def test_columns_that_do_not_fit_are_rejected_row_by_row(read, columns):
    """Every row is accounted for with its number."""
    (one,) = read({"q.parquet": packed(columns)})
    assert isinstance(one, Reject)
    assert one.line == 1


def test_rows_beyond_one_batch_arrive_in_order(read):
    """Batches change neither order nor numbers."""
    found = read({"q.parquet": packed({"question": [f"q{i}" for i in range(10_000)], "answer": list(range(10_000))})})
    assert [(one.line, one.row, one.question.text) for one in found] == [(i + 1, i, f"q{i}") for i in range(10_000)]


@pytest.mark.parametrize("where", ["head", "middle", "end", "empty", "text", "flipped"])
def test_a_broken_file_is_one_reject(read, where):
    """A truncated or garbled file says so, and the drop's other files are read."""
    good = packed({"question": [f"q{i}" for i in range(5000)], "answer": list(range(5000))})
    broken = {
        "head": good[100:],
        "middle": good[: len(good) // 2],
        "end": good[:-3],
        "empty": b"",
        "text": b"question,answer",
        "flipped": good[:4] + bytes(byte ^ 255 for byte in good[4:2000]) + good[2000:],
    }[where]
    reject, *rest = read({"a.parquet": broken, "b.parquet": packed({"question": ["q"], "answer": ["a"]})})
    assert isinstance(reject, Reject)
    assert (reject.file, reject.line) == ("a.parquet", None)
    assert "deliver the file again" in reject.reason
    assert [(one.file, one.row) for one in rest] == [("b.parquet", 0)]


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import os; os.abort()", "status -6"),
        ("import time; time.sleep(60)", "does not end within 1 s"),
        ('print(\'{"error": "50 rows are promised, 0 are there"}\')', "50 rows are promised, 0 are there"),
    ],
)
def test_a_file_that_kills_its_decoder_is_one_reject(read, tmp_path, monkeypatch, program, said):
    """A decoder that aborts, hangs or loses rows does so in a process of its own, and the drop goes on."""
    (tmp_path / "proof.py").write_text(program)
    monkeypatch.setattr(parquet_module, "_PROOF", tmp_path / "proof.py")
    monkeypatch.setattr(parquet_module, "_START_S", 1)
    reject, row = read({"a.parquet": packed({"question": ["q"], "answer": ["a"]}), "b.csv": "question,answer\nx,y\n"})
    assert isinstance(reject, Reject)
    assert said in reject.reason
    assert row.row == 0


def test_null_is_missing_not_the_word(read):
    """Nulls and NaN become empty texts, missing targets and missing subjects."""
    columns = {
        "question": ["q", None],
        "answer": [float("nan"), None],
        "subject": [None, "s"],
        "cluster": [3.0, float("nan")],
    }
    first, second = (one.question for one in read({"q.parquet": packed(columns)}))
    assert (first.targets, first.subject, first.cluster) == ((), None, "3")
    assert (second.text, second.targets, second.subject, second.cluster) == ("", (), "s", None)

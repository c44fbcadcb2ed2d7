"""The suite of the question table really fails, stays quiet, and asks nobody."""

import socket
import subprocess
import sys

import polars as pl
import pytest

from evalpipe.labels.expectations import SUITE, narrow, run_expectations

GOOD = pl.DataFrame(
    {
        "question_id": ["a", "b", "c"],
        "text": ["Q1", "Q2", "Q3"],
        "kind": ["number", "choice", "text"],
        "choices": [[], ["x", "y"], []],
        "targets": [["1"], ["A"], ["x"]],
        "question_version": ["0" * 32, "1" * 32, "2" * 32],
        "label_version": ["a" * 32, "b" * 32, "c" * 32],
        "subject": ["s", None, None],
    },
    schema_overrides={"choices": pl.List(pl.String)},
)


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*_):
        raise AssertionError("Great Expectations tried to reach the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def spoiled(column, value):
    rows = GOOD.get_column(column).to_list()
    return GOOD.with_columns(pl.Series(column, [value, *rows[1:]], dtype=GOOD.schema[column]))


@pytest.mark.parametrize("frame", [GOOD, GOOD.lazy(), GOOD.clear()], ids=["frame", "lazy", "empty"])
def test_a_sound_table_passes(frame):
    """Every expectation holds for a sound table, also for a lazy or an empty one."""
    report = run_expectations(frame)
    assert [result for result in report.results if not result.passed] == []
    assert report.passed
    assert len(report.results) == len(SUITE)


@pytest.mark.parametrize(
    ("column", "value", "expectation", "failed"),
    [
        ("question_id", None, "ExpectColumnValuesToNotBeNull", "question_id"),
        ("question_id", "b", "ExpectColumnValuesToBeBetween", "rows_with_id"),
        ("text", None, "ExpectColumnValuesToNotBeNull", "text_length"),
        ("text", "", "ExpectColumnValuesToBeBetween", "text_length"),
        ("text", "x" * 1_000_001, "ExpectColumnValuesToBeBetween", "text_length"),
        ("kind", None, "ExpectColumnValuesToNotBeNull", "kind"),
        ("kind", "essay", "ExpectColumnValuesToBeInSet", "kind"),
        ("choices", ["x"] * 27, "ExpectColumnValuesToBeBetween", "n_choices"),
        ("choices", None, "ExpectColumnValuesToNotBeNull", "n_choices"),
        ("targets", None, "ExpectColumnValuesToNotBeNull", "n_targets"),
        ("question_version", None, "ExpectColumnValuesToNotBeNull", "question_version"),
        ("question_version", "0" * 31, "ExpectColumnValuesToMatchRegex", "question_version"),
        ("label_version", None, "ExpectColumnValuesToNotBeNull", "label_version"),
        ("label_version", "A" * 32, "ExpectColumnValuesToMatchRegex", "label_version"),
    ],
)
def test_a_spoiled_cell_fails_its_expectation(column, value, expectation, failed):
    """One bad value fails exactly the expectation that is about it, and is counted."""
    report = run_expectations(spoiled(column, value))
    assert not report.passed
    found = [(one.expectation, one.column) for one in report.results if not one.passed]
    assert found == [(expectation, failed)]
    assert [one.unexpected for one in report.results if not one.passed] == [2 if failed == "rows_with_id" else 1]


def test_a_wrong_type_fails():
    """Ids that are numbers are a fault of the table."""
    report = run_expectations(GOOD.with_columns(question_id=pl.Series([1, 2, 3])))
    assert [one.expectation for one in report.results if not one.passed] == ["ExpectColumnValuesToBeOfType"]


def test_a_sample_is_safe_to_print():
    """Unexpected values are shown, with their controls spelled out."""
    report = run_expectations(spoiled("kind", "\x1b[31mred"))
    assert [one.sample for one in report.results if not one.passed] == [("\\u001b[31mred",)]


def test_a_long_table_is_sampled_and_its_repeats_are_still_seen():
    """Of more than `max_rows` rows a sample is looked at, but ids are counted over the whole table."""
    frame = pl.concat([GOOD] * 50)
    report = run_expectations(frame, max_rows=10)
    assert report.rows == 10
    assert [one.column for one in report.results if not one.passed] == ["rows_with_id"]


def test_a_missing_column_is_named():
    """A table that lacks a column is refused with its name, before anything heavy is imported."""
    with pytest.raises(ValueError, match="lacks kind"):
        narrow(GOOD.drop("kind"))


def test_it_prints_and_writes_nothing(tmp_path, monkeypatch, capfd):
    """No progress bar, no warning, no file where the process stands."""
    monkeypatch.chdir(tmp_path)
    run_expectations(GOOD)
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


def test_importing_labels_does_not_import_great_expectations():
    """Each Dagster run pays for module imports; this one takes seconds and waits until it is needed."""
    code = "import sys, evalpipe.labels.expectations; print('great_expectations' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

"""CSV: fields over several lines, and quotes that nobody closed."""

import gzip
import time

import pytest

from evalpipe.sources import Delivered, Reject
from evalpipe.sources import csv as csv_module

HEADER = "question,answer\n"


def outcome(found):
    return [(type(one).__name__, one.line) for one in found]


def test_quoted_fields_span_lines(read):
    """A field may hold line ends, quotes and commas; the line is where its record begins."""
    found = read({"q.csv": HEADER + '"one\r\ntwo, ""2""",4\n\nthree,5\n'})
    assert [(one.line, one.row, one.question.text, one.question.targets) for one in found] == [
        (2, 0, 'one\ntwo, "2"', ("4",)),
        (5, 1, "three", ("5",)),
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("q.csv", "question,answer\na,b\n"),
        ("q.csv", "\ufeffquestion, answer \r\na,b\r\n"),
        ("q.csv", "\n\nquestion,answer\na,b"),
        ("q.csv", "question;answer\na;b\n"),
        ("q.csv", ",question,answer\n0,a,b\n"),
        ("q.tsv", "question\tanswer\na\tb\n"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_tables_as_people_export_them(read, name, text, packed):
    """Marks, semicolons, tabs, an unnamed index column and gzip do not matter."""
    found = read({name + ".gz": gzip.compress(text.encode())} if packed else {name: text})
    assert [(one.question.text, one.question.targets) for one in found] == [("a", ("b",))]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a", "1 cells where the header has 2"),
        ("a,b,c", "3 cells where the header has 2"),
        ('"a"b,c', "not CSV"),
        ("a\rb,c", "carriage return"),
        ("a\0,c", "NUL"),
        (b"\xff,c", "not UTF-8"),
        ('"a,c', "a quote is not closed"),
        ('"a""b,c', "a quote is not closed"),
    ],
)
def test_a_broken_record_costs_only_its_line(read, line, said):
    """Even a quote that swallows the rest of the file costs one line."""
    line = line if isinstance(line, bytes) else line.encode()
    found = read({"q.csv": b"\n".join([b"question,answer", b"x,1", line, b"y,2", b'"z",3'])})
    assert outcome(found) == [("Delivered", 2), ("Reject", 3), ("Delivered", 4), ("Delivered", 5)]
    assert said in found[1].reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("question,question\na,b\n", "'question' twice"),
        (",\na,b\n", "names no column"),
        ('"question,answer\na,b\n', "quote is not closed"),
        (b"\xffquestion,answer\na,b\n", "not UTF-8"),
    ],
)
def test_a_broken_header_is_one_reject(read, content, said):
    """Without a header no row can be read, and it is said once."""
    (reject,) = read({"q.csv": content})
    assert reject.line is None
    assert said in reject.reason


def test_a_header_that_fits_no_shape_says_what_there_is(read):
    """Every row is accounted for, and the reason shows the columns and the mend."""
    found = read({"q.csv": "frage,antwort\na,b\nc,d\n"})
    assert outcome(found) == [("Reject", 2), ("Reject", 3)]
    assert "`frage`, `antwort`" in found[0].reason
    assert "[columns]" in found[0].reason


def test_long_fields_are_read(read):
    """Python's own limit of 128 kB a field does not apply."""
    (one,) = read({"q.csv": HEADER + "x" * 300_000 + ",4\n"})
    assert len(one.question.text) == 300_000


@pytest.mark.parametrize("line", ['a","', '"', '"""', 'a"b,"', '"a'])
def test_a_file_of_quotes_takes_linear_time(read, line, monkeypatch):
    """Reading swallowed lines again is bounded, and no line is lost from the count."""
    monkeypatch.setattr(csv_module, "MAX_REREAD_BYTES", 2**20)
    started = time.perf_counter()
    found = read({"q.csv": HEADER + f"{line}\n" * 20_000})
    assert time.perf_counter() - started < 5
    assert all(isinstance(one, Reject) for one in found)
    assert len(found) >= 10_000


@pytest.mark.parametrize(
    ("record", "lines"),
    [
        ('"one\ntwo, and" x,4', [2, 3]),
        ('"one\nx,y\ntwo" x,4', [2, 4]),
        (b'"one \xff\ntwo, and",4', [2]),
        ('x,y,"one\ntwo, and"', [2]),
    ],
)
def test_the_end_of_a_broken_record_is_no_question(read, record, lines):
    """A piece of a record that was rejected is not delivered because it happens to have two cells."""
    record = record if isinstance(record, bytes) else record.encode()
    found = read({"q.csv": b"question,answer\n" + record + b"\nz,5\n"})
    assert [one.line for one in found if isinstance(one, Reject)] == lines
    assert found[-1].question.text == "z"


def test_a_too_long_line_inside_quotes_does_not_join_its_neighbours(read, monkeypatch):
    """What lies before and behind a line that was left out is never made one field."""
    monkeypatch.setattr("evalpipe.sources.lines.MAX_LINE_BYTES", 100)
    found = read({"q.csv": HEADER + '"a\n' + "x" * 200 + '\nb",4\nc,5\n'})
    assert [one.line for one in found if isinstance(one, Reject)] == [2, 3]
    assert [one.question.text for one in found if isinstance(one, Delivered)] == ['b"', "c"]

"""Hostile text is shown, and does nothing else."""

import csv
import io
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalpipe.core.quoting import csv_cell, markdown_cell, markdown_code, one_line, printable, uncsv_cell


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, 数, é, 🙂", "plain, 数, é, 🙂"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("over\rwritten", "over\\u000dwritten"),
        ("\x9b2J", "\\u009b2J"),
        ("nul\0", "nul\\u0000"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("\u2066iso\u2069", "\\u2066iso\\u2069"),
        ("\u061cmark", "\\u061cmark"),
        ("\ud800", "\\ud800"),
    ],
)
def test_text_cannot_command_a_terminal(text, shown):
    """Escape sequences, reordering marks and lone surrogates are spelled out; the rest stays as it is."""
    assert printable(text) == shown
    assert printable(text).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "width", "line"),
    [
        ("a\n\n  b\tc", 120, "a b c"),
        ("a\u2028b\u2029c\x85d", 120, "a b c\\u0085d"),
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcde…"),
        ("", 6, ""),
    ],
)
def test_one_line_is_one_line_of_that_width(text, width, line):
    """Every kind of line break is gone, and what is cut off is shown by an ellipsis."""
    assert one_line(text, width) == line


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a | b", "a \\| b"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("![x](http://e)", "!\\[x\\](http://e)"),
        ("`code` *b* _i_ # h", "\\`code\\` \\*b\\* \\_i\\_ \\# h"),
        ("a\n| b | c |", "a \\| b \\| c \\|"),
        ("tom & jerry", "tom &amp; jerry"),
        ("a\\|b", "a\\\\\\|b"),
    ],
)
def test_text_stays_in_its_markdown_cell(text, cell):
    """No pipe, line break, tag or link of hostile text is obeyed by a renderer."""
    assert markdown_cell(text) == cell


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://e","x")',
        "+1+cmd|' /C calc'!A0",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1+1",
        "＠SUM(A1)",
        "-",
        "+٣",
        "-1 ",
    ],
)
def test_a_formula_is_neutralised(text):
    """What a spreadsheet would run gets an apostrophe in front, and nothing is lost."""
    assert csv_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["-5", "+3.25", "-1e-9", "1,024", "a=b", "", " =1", "数", "'quoted"])
def test_what_is_no_formula_stays(text):
    """Signed numbers stay numbers, and ordinary text is untouched."""
    assert csv_cell(text) == text


@given(st.text(alphabet="'=-+@1５＝\t\r\na", max_size=6))
def test_the_guard_of_a_cell_comes_off_again(text):
    """Whatever a cell held, with apostrophes of its own too, is read back as it was."""
    assert uncsv_cell(csv_cell(text)) == text


@pytest.mark.parametrize("text", ['a,b"c"\r\nd', "=\n,", "\0x"])
def test_a_csv_file_of_such_cells_reads_back(text):
    """Quotes, commas and line breaks are the CSV writer's business: cells come back whole."""
    file = io.StringIO()
    csv.writer(file).writerow([csv_cell(text), "next"])
    (row,) = csv.reader(io.StringIO(file.getvalue(), newline=""))
    assert row == [csv_cell(text), "next"]


@pytest.mark.parametrize("shower", [printable, one_line, markdown_cell, csv_cell])
@pytest.mark.parametrize(
    "text", ["\x1b" * 100_000, "-" + "1" * 100_000 + "e", "[" * 100_000, " " * 100_000], ids=range(4)
)
def test_a_long_hostile_text_is_shown_at_once(shower, text):
    """100 kB made to slow a pattern down take less than a second."""
    started = time.perf_counter()
    shower(text)
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "text", ["a|b", "`x` | y", "\\|", "\\", "", "https://x.example @team <b> [a](b)", "two\nlines"]
)
def test_a_code_span_holds_whatever_it_is_given(text):
    """One span in one cell: two backticks, no bare pipe, no backslash that could undo an escape, one line."""
    cell = markdown_code(text)
    assert (cell[0], cell[-1], cell.count("`")) == ("`", "`", 2)
    assert "\\" not in cell.replace("\\|", "")
    assert "|" not in cell.replace("\\|", "")
    assert "\n" not in cell
    assert len(cell) > 2

"""A drop: which files are read, in which order, and that nothing stops it."""

import json
import os

import pytest

from evalpipe.sources import Delivered, DropSpec, Reject, nothing_readable, read_drop

ROW = '{"question": "q", "answer": "5"}\n'


def test_files_are_read_in_sorted_order_and_rows_numbered_through(read):
    """Row numbers run over the whole drop, subfolders and rejected rows included."""
    found = read(
        {"b.jsonl": ROW, "a/z.jsonl": ROW + "broken\n" + ROW, "a.csv": "question,answer\nx,1\n"},
        'question_id = "{row:02}"',
    )
    assert [(one.file, one.line) for one in found] == [
        ("a.csv", 2),
        ("a/z.jsonl", 1),
        ("a/z.jsonl", 2),
        ("a/z.jsonl", 3),
        ("b.jsonl", 1),
    ]
    assert [one.question.question_id for one in found if isinstance(one, Delivered)] == ["00", "01", "03", "04"]


def test_a_reject_of_a_file_takes_no_row_number(read):
    """Adding a file that is no data moves no id."""
    found = read({"a.xyz": "x", "b.jsonl": ROW})
    assert [type(one) for one in found] == [Reject, Delivered]
    assert found[1].row == 0


@pytest.mark.parametrize("name", [".hidden.jsonl", "_SUCCESS", "_old/q.jsonl", ".git/q.jsonl", "README.md", "LICENSE"])
def test_papers_and_hidden_files_are_passed_over(read, name):
    """What is not data is neither read nor rejected."""
    assert read({name: "anything", "q.jsonl": ROW}) == read({"q.jsonl": ROW})


@pytest.mark.parametrize("name", ["q.xlsx", "q", "q.jsonl.zst", "sub/notes.txt"])
def test_an_unknown_file_is_one_reject(read, name):
    """The reason lists what could be read."""
    (one,) = read({name: "x\ny\n"})
    assert (one.file, one.line) == (name, None)
    assert all(suffix in one.reason for suffix in (".parquet", ".jsonl.gz", ".csv"))


def test_what_cannot_be_opened_is_rejected(tmp_path):
    """Dead links, links to folders and pipes stop nothing and do not hang."""
    (tmp_path / "elsewhere").mkdir()
    drop = tmp_path / "drop"
    drop.mkdir()
    (drop / "dead.jsonl").symlink_to(tmp_path / "nowhere")
    (drop / "folder").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(drop / "pipe.jsonl")
    (drop / "q.jsonl").write_text(ROW)
    found = list(read_drop(drop, DropSpec("bank")))
    assert [(one.file, type(one)) for one in found] == [
        ("dead.jsonl", Reject),
        ("folder", Reject),
        ("pipe.jsonl", Reject),
        ("q.jsonl", Delivered),
    ]


def test_a_file_that_fails_while_it_is_read_is_rejected(tmp_path, monkeypatch):
    """An error of the disk is a reject with its reason."""
    (tmp_path / "q.jsonl").write_text(ROW)

    def refuse(path, name):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("evalpipe.sources.drop.READERS", {".jsonl": refuse})
    (one,) = read_drop(tmp_path, DropSpec("bank"))
    assert one == Reject("q.jsonl", None, "cannot be read (Permission denied).")


def test_a_file_name_that_is_hostile_is_shown_harmlessly(tmp_path):
    """A name with escapes or bytes that are not UTF-8 can stand in a table and a terminal."""
    (tmp_path / "a\x1b[2J.jsonl").write_text(ROW)
    (tmp_path / os.fsdecode(b"b\xff.jsonl")).write_text(ROW)
    names = [one.file for one in read_drop(tmp_path, DropSpec("bank"))]
    assert names == ["a\\u001b[2J.jsonl", "b\\udcff.jsonl"]


def test_rows_with_ever_other_columns_are_all_read(read):
    """More shapes than are remembered are still read right."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    rows = [{"question": "q", "answer": "5", letters[i % 26]: "x", letters[i // 26]: "y"} for i in range(26 * 26)]
    header = {"question": "q", "answer": "5"}
    found = read({"q.jsonl": "\n".join(map(json.dumps, [header] * 1000 + rows))})
    assert len(found) == 1000 + len(rows)


@pytest.mark.parametrize(
    ("rejects", "said"),
    [
        ([], ["holds no row", ".parquet"]),
        ([Reject("a.jsonl", 3, "not JSON. Mend.")], ["a.jsonl:3: not JSON."]),
        ([Reject("x", None, "odd.")] + [Reject("a.csv", i, "bad.") for i in (2, 3)], ["a.csv:2: bad.", "2 of 3"]),
    ],
)
def test_a_drop_without_any_question_is_told_in_one_sentence(rejects, said):
    """The sentence names the drop, the commonest reason and its first place."""
    text = nothing_readable("my\ndrop", rejects)
    assert all(one in text for one in ["drop `my drop`", *said])
    assert "\n" not in text


def test_an_empty_folder_yields_nothing(tmp_path):
    """Nothing delivered is nothing yielded; the caller says so."""
    assert list(read_drop(tmp_path, DropSpec("bank"))) == []

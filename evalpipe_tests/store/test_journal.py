"""The journal: whole lines survive whatever happened to the file behind them."""

import errno
import json
import multiprocessing
import os
from pathlib import Path

import pytest

from evalpipe.core.errors import LakeError
from evalpipe.store.journal import FolderJournal, cell_journal, waiting

ROWS = [
    {"n": n, "text": text} for n, text in enumerate(["plain", "two\nlines", "数 🙂", None, "\ud800", "x" * 100_000])
]


@pytest.fixture
def journal(lake) -> FolderJournal:
    return cell_journal(lake, "m", "d.0000")


def written(journal: FolderJournal, name: str = "run", rows=ROWS) -> Path:
    with journal.segment(name) as segment:
        segment.write(rows[:1])
        segment.write(rows[1:])
    return segment.path


def test_rows_come_back_as_they_were(journal):
    """Line breaks, nulls, long texts and lone surrogates: one line each, read back equal."""
    path = written(journal)
    assert list(journal.read("run")) == ROWS
    assert len(path.read_bytes().splitlines()) == len(ROWS)


@pytest.mark.parametrize("text", ["\ud800", "\udfff\ud800", "cut off: \ud83d", '"\\\ud800\n'], ids=ascii)
def test_half_of_a_surrogate_pair_is_a_text_like_others(journal, text):
    """A model cut off within an emoji leaves one: the row is written, as a key too, and read back equal."""
    row = {"text": text, text: [text], "big": 2**70, "none": None}
    written(journal, rows=[row])
    assert list(journal.read("run")) == [row]


def test_a_row_is_on_disk_when_write_returns(journal):
    """A process that is killed right after a write has lost nothing."""
    child = multiprocessing.get_context("fork").Process(target=_write_and_die, args=(journal,))
    child.start()
    child.join()
    assert child.exitcode == 9
    assert journal.leftovers() == ["dead"]
    assert list(journal.read("dead")) == ROWS


def _write_and_die(journal: FolderJournal) -> None:
    segment = journal.segment("dead")
    segment.write(ROWS)
    os._exit(9)


@pytest.mark.parametrize("cut", [1, 2, 15])
def test_a_torn_last_line_is_left_out(journal, cut):
    """It was never received; those before it were. Without its line break no line counts."""
    path = written(journal, rows=[{"n": 1}, {"n": 2}, {"n": 3, "text": "0123456789"}])
    path.write_bytes(path.read_bytes()[:-cut])
    assert [row["n"] for row in journal.read("run")] == [1, 2]


@pytest.mark.parametrize(
    "garbage",
    [b"\0" * 4096, b"\0" * 4096 + b"\n", b"{not json}\n", b"\xff\xfe\n", b"17\n", b"null\n", b"[1]\n", b"\n", b'{"n":'],
    ids=repr,
)
def test_garbage_behind_the_rows_does_no_harm(journal, garbage):
    """A crash of the machine can leave a block of zeros, or of another file: the rows are read, the rest is not."""
    path = written(journal)
    with path.open("ab") as file:
        file.write(garbage)
    assert list(journal.read("run")) == ROWS


def test_an_empty_segment_is_no_rows(journal):
    """A run that died before its first answer leaves one."""
    written(journal, rows=[])
    assert list(journal.read("run")) == []


def test_leftovers_are_taken_oldest_first(journal):
    """By the time of their last write; by name where times are equal. A cell without a folder has none."""
    assert journal.leftovers() == []
    names = ["b", "a", "d", "c"]
    for age, name in enumerate(names):
        os.utime(written(journal, name), (1, 1_000 + min(age, 2)))
    (journal.folder / "note.txt").write_text("no segment")
    assert journal.leftovers() == ["b", "a", "c", "d"]


def test_removing_the_last_segment_removes_the_folder(journal):
    """Only the named segments go; a folder that still holds one stays; what is gone already is no fault."""
    written(journal, "one")
    written(journal, "other")
    journal.remove(["one"])
    assert journal.leftovers() == ["other"]
    journal.remove(["one", "other"])
    assert not journal.folder.exists()
    journal.remove(["other"])
    journal.remove([])


def test_what_waits_is_told_for_all_cells(lake, journal):
    """Model, shard and name of each segment, with its whole lines; a line under way does not count."""
    assert waiting(lake) == []
    written(cell_journal(lake, "n", "d.0001"), "two", [{"n": 1}, {"n": 2}])
    with written(journal, "one", [{"n": 1}]).open("ab") as file:
        file.write(b'{"n":')
    assert [(each.model, each.shard, each.name, each.answers) for each in waiting(lake)] == [
        ("m", "d.0000", "one", 1),
        ("n", "d.0001", "two", 2),
    ]


def test_a_folder_that_cannot_be_made_is_a_sentence(lake, journal):
    """A file in its place: the path, the cause, what to do."""
    lake.root.mkdir()
    (lake.root / "_journal").write_text("")
    with pytest.raises(LakeError, match=r"_journal/m/d\.0000/run\.jsonl: .*Not a directory.*run again"):
        journal.segment("run")


def test_a_full_disk_leaves_whole_lines(journal, monkeypatch):
    """Half a line that fitted is taken back, so that a later line is not spoilt by it."""
    real = os.write

    def full(file: int, line: memoryview) -> int:
        if len(line) > 1_000:
            return real(file, line[:500])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with journal.segment("run") as segment:
        segment.write([{"n": 1}])
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(LakeError, match=r"run\.jsonl: .*No space left on device.*has space"):
            segment.write([{"text": "x" * 1_200}, {"n": 7}])
        monkeypatch.undo()
        segment.write([{"n": 2}])
    assert segment.path.read_text() == '{"n":1}\n{"n":2}\n'
    assert [json.loads(line)["n"] for line in segment.path.read_text().splitlines()] == [1, 2]

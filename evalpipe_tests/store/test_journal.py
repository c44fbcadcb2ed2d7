"""The journal: whole lines survive whatever happened to the file behind them."""

import errno
import json
import multiprocessing
import os
from pathlib import Path

import pytest

from evalpipe.core.errors import LakeError
from evalpipe.store.journal import Segment, journal_folder, read_segment, remove, segments

ROWS = [
    {"n": n, "text": text} for n, text in enumerate(["plain", "two\nlines", "数 🙂", None, "\ud800", "x" * 100_000])
]


@pytest.fixture
def folder(lake) -> Path:
    return journal_folder(lake, "m", "d.0000")


def written(folder: Path, run_id: str = "run", rows=ROWS) -> Path:
    with Segment(folder, run_id) as segment:
        for row in rows:
            segment.write(row)
    return segment.path


def test_rows_come_back_as_they_were(folder):
    """Line breaks, nulls, long texts and lone surrogates: one line each, read back equal."""
    path = written(folder)
    assert list(read_segment(path)) == ROWS
    assert len(path.read_bytes().splitlines()) == len(ROWS)


def test_a_row_is_on_disk_when_write_returns(folder):
    """A process that is killed right after a write has lost nothing."""
    child = multiprocessing.get_context("fork").Process(target=_write_and_die, args=(folder,))
    child.start()
    child.join()
    assert child.exitcode == 9
    (path,) = segments(folder)
    assert list(read_segment(path)) == ROWS


def _write_and_die(folder: Path) -> None:
    segment = Segment(folder, "dead")
    for row in ROWS:
        segment.write(row)
    os._exit(9)


@pytest.mark.parametrize("cut", [1, 2, 15])
def test_a_torn_last_line_is_left_out(folder, cut):
    """It was never received; those before it were. Without its line break no line counts."""
    path = written(folder, rows=[{"n": 1}, {"n": 2}, {"n": 3, "text": "0123456789"}])
    path.write_bytes(path.read_bytes()[:-cut])
    assert [row["n"] for row in read_segment(path)] == [1, 2]


@pytest.mark.parametrize(
    "garbage",
    [b"\0" * 4096, b"\0" * 4096 + b"\n", b"{not json}\n", b"\xff\xfe\n", b"17\n", b"null\n", b"[1]\n", b"\n", b'{"n":'],
    ids=repr,
)
def test_garbage_behind_the_rows_does_no_harm(folder, garbage):
    """A crash of the machine can leave a block of zeros, or of another file: the rows are read, the rest is not."""
    path = written(folder)
    with path.open("ab") as file:
        file.write(garbage)
    assert list(read_segment(path)) == ROWS


def test_an_empty_segment_is_no_rows(folder):
    """A run that died before its first answer leaves one."""
    assert list(read_segment(written(folder, rows=[]))) == []


def test_leftovers_are_taken_oldest_first(folder):
    """By the time of their last write; by name where times are equal. A cell without a folder has none."""
    assert segments(folder) == []
    names = ["b", "a", "d", "c"]
    for age, name in enumerate(names):
        os.utime(written(folder, name), (1, 1_000 + min(age, 2)))
    (folder / "note.txt").write_text("no segment")
    assert [path.stem for path in segments(folder)] == ["b", "a", "c", "d"]


def test_removing_the_last_segment_removes_the_folder(folder):
    """Only the named segments go; a folder that still holds one stays; what is gone already is no fault."""
    one, other = written(folder, "one"), written(folder, "other")
    remove([one])
    assert segments(folder) == [other]
    remove([one, other])
    assert not folder.exists()
    remove([other])
    remove([])


def test_a_folder_that_cannot_be_made_is_a_sentence(lake, folder):
    """A file in its place: the path, the cause, what to do."""
    lake.root.mkdir()
    (lake.root / "_journal").write_text("")
    with pytest.raises(LakeError, match=r"_journal/m/d\.0000/run\.jsonl: .*Not a directory.*run again"):
        Segment(folder, "run")


def test_a_full_disk_leaves_whole_lines(folder, monkeypatch):
    """Half a line that fitted is taken back, so that a later line is not spoilt by it."""
    real = os.write

    def full(file: int, line: memoryview) -> int:
        if len(line) > 1_000:
            return real(file, line[:500])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with Segment(folder, "run") as segment:
        segment.write({"n": 1})
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(LakeError, match=r"run\.jsonl: .*No space left on device.*has space"):
            segment.write({"text": "x" * 1_200})
        monkeypatch.undo()
        segment.write({"n": 2})
    assert segment.path.read_text() == '{"n":1}\n{"n":2}\n'
    assert [json.loads(line)["n"] for line in segment.path.read_text().splitlines()] == [1, 2]

"""The landing place: what is a drop, when it is whole, whether it changed, and how one gets in."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalpipe.core.errors import DropError, LakeError, UsageError
from evalpipe.core.keys import to_key
from evalpipe.store.landing import Landing
from evalpipe_tests.commands import ROOT


@pytest.fixture
def landing(tmp_path) -> Landing:
    return Landing(tmp_path / "landing")


@pytest.fixture
def source(tmp_path) -> Path:
    folder = tmp_path / "questions"
    (folder / "more").mkdir(parents=True)
    (folder / "a.jsonl").write_text('{"question": "q"}\n')
    (folder / "more" / "b.csv").write_text("question\nq\n")
    (folder / ".DS_Store").write_text("x")
    return folder


def test_folders_are_drops_and_nothing_else_is(landing):
    """Files, hidden and underscored folders and the reviews are not; a landing place that is not there has none."""
    assert landing.drops() == []
    for name in ("b", "a b", "数", ".arriving-1", "_staging", "reviews"):
        (landing.root / name).mkdir(parents=True)
    (landing.root / "file.jsonl").write_text("")
    assert landing.drops() == sorted(["a.x20b", "b", to_key("数")])
    assert landing.folder("a.x20b") == landing.root / "a b"


def test_an_overlong_name_does_not_hide_the_other_drops(landing):
    """A folder whose name cannot be a key is told apart, and the rest of the landing place goes on."""
    for name in ("good", "数" * 40):
        (landing.root / name).mkdir(parents=True)
    assert landing.drops() == ["good"]
    assert landing.misnamed() == ["数" * 40]


@pytest.mark.parametrize(
    "drop", ["../secret", "..", ".", "/etc", "reviews", ".hidden", "_x", "none", "a\0b", "good/sub"]
)
def test_no_key_leads_out_of_the_landing_place(landing, tmp_path, drop):
    """A partition key that somebody made up finds no folder, and the message lists the drops that there are."""
    for name in ("good/sub", "reviews", ".hidden", "_x", "../secret"):
        (landing.root / name).mkdir(parents=True)
    with pytest.raises(DropError, match=r"no such drop\. In the landing place: good"):
        landing.folder(to_key(drop))


def test_a_marked_drop_is_ready_at_once(landing):
    """`_SUCCESS` says that it is whole, however fresh its files are."""
    folder = landing.root / "d"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text("x")
    assert not landing.ready("d", 30)
    (folder / "_SUCCESS").touch()
    assert landing.ready("d", 30)


def test_an_unmarked_drop_is_ready_when_nothing_changed(landing):
    """Any write starts the time anew, in a sub-folder too, whatever time it carries; empty is never ready."""
    folder = landing.root / "d"
    (folder / "sub").mkdir(parents=True)
    empty = landing.root / "empty"
    empty.mkdir()
    (folder / "sub" / "a.jsonl").write_text("x")
    time.sleep(0.3)
    assert landing.ready("d", 0.25)
    assert not landing.ready("empty", 0.25)
    with (folder / "sub" / "a.jsonl").open("a") as file:
        file.write("y")
    os.utime(folder / "sub" / "a.jsonl", (1, 1))
    assert not landing.ready("d", 0.25)


def test_ready_copes_with_what_an_uploader_leaves(landing):
    """A dangling link and a link to itself are no reason to fail."""
    folder = landing.root / "d"
    folder.mkdir(parents=True)
    (folder / "dangling").symlink_to("nowhere")
    (folder / "self").symlink_to("self")
    assert not landing.ready("d", 30)
    assert landing.ready("d", 0)
    assert landing.content_digest("d")


@pytest.mark.parametrize(
    ("change", "signature", "content"),
    [
        ("touch", True, False),
        ("rewrite", True, True),
        ("same size and time", False, True),
        ("add", True, True),
        ("remove", True, True),
        ("rename", True, True),
        ("swap", True, True),
        ("mark", False, False),
        ("nothing", False, False),
    ],
)
def test_what_a_change_does_to_signature_and_content(landing, change, signature, content):
    """The content digest follows names and bytes alone; the signature is the cheap first look at sizes and times."""
    folder = landing.root / "d"
    (folder / "sub").mkdir(parents=True)
    for name, text in (("a", "one"), ("b", "other"), ("sub/c", "third")):
        (folder / name).write_text(text)
        os.utime(folder / name, (1_000, 1_000))
    before = landing.signature("d"), landing.content_digest("d")
    a, b = folder / "a", folder / "b"
    match change:
        case "touch":
            os.utime(a, (2_000, 2_000))
        case "rewrite":
            a.write_text("two")
        case "same size and time":
            a.write_text("two")
            os.utime(a, (1_000, 1_000))
        case "add":
            (folder / "sub" / "d").write_text("")
        case "remove":
            b.unlink()
        case "rename":
            a.rename(folder / "z")
        case "swap":
            a.rename(folder / "x")
            b.rename(a)
            (folder / "x").rename(b)
        case "mark":
            (folder / "_SUCCESS").touch()
    after = landing.signature("d"), landing.content_digest("d")
    assert (before[0] != after[0], before[1] != after[1]) == (signature, content)


def test_the_border_between_two_files_counts(landing):
    """The same bytes, split otherwise or under another name, are another drop."""
    contents = [
        {"a": "xy", "b": "z"},
        {"a": "x", "b": "yz"},
        {"a": "xyz", "b": ""},
        {"ab": "xyz"},
        {"b": "xy", "a": "z"},
    ]
    for n, files in enumerate(contents):
        (landing.root / f"d{n}").mkdir(parents=True)
        for name, text in files.items():
            (landing.root / f"d{n}" / name).write_text(text)
    assert len({landing.content_digest(f"d{n}") for n in range(len(contents))}) == len(contents)


def test_a_folder_is_copied_in_whole(landing, source):
    """With its sub-folders, without hidden files, marked as whole, under the folder's own name."""
    assert landing.copy_in(source) == "questions"
    found = sorted(path.relative_to(landing.root).as_posix() for path in landing.root.rglob("*") if path.is_file())
    assert found == ["questions/_SUCCESS", "questions/a.jsonl", "questions/more/b.csv"]
    assert landing.ready("questions", 30)


@pytest.mark.parametrize(
    ("file", "name", "drop"),
    [
        ("gsm8k.jsonl.gz", None, "gsm8k"),
        ("no-suffix", None, "no-suffix"),
        ("a b+c.csv", None, "a.x20b.x2Bc"),
        ("x.csv", "v1.2", "v1.2"),
        ("x.csv", "it's; 数", to_key("it's; 数")),
        ("-.csv", None, "-"),
    ],
)
def test_a_file_is_copied_in_under_a_name(landing, tmp_path, file, name, drop):
    """Its own name without suffixes, or the one that is given; odd characters come back as they were."""
    (tmp_path / file).write_text("question\nq\n")
    assert landing.copy_in(tmp_path / file, name) == drop
    assert landing.drops() == [drop]
    assert (landing.folder(drop) / file).read_text() == "question\nq\n"


@pytest.mark.parametrize("name", ["../x", "a/b", "..", ".", ".hidden", "_x", "reviews", "/etc/x", "a\0b", "x" * 201])
def test_a_name_that_is_no_plain_folder_name_is_refused(landing, source, tmp_path, name):
    """Nothing is written, inside or outside of the landing place."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="name"):
        landing.copy_in(source, name)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_cannot_be_taken_is_a_sentence(landing, source, tmp_path):
    """Missing, empty, taken already, or around the landing place: each says so, and leaves no trace."""
    (tmp_path / "empty").mkdir()
    (tmp_path / ".csv").write_text("hidden")
    landing.copy_in(source, "taken")
    for path, name, said in (
        (tmp_path / "none", None, "no such file or folder"),
        (tmp_path / "empty", None, "holds no file"),
        (source, "taken", "there is a drop of this name"),
        (tmp_path, "outer", "the landing place lies in it"),
        (landing.root, "itself", "the landing place lies in it"),
        (tmp_path / ".csv", None, "starts with no dot"),
    ):
        with pytest.raises(UsageError, match=said):
            landing.copy_in(path, name)
    assert [path.name for path in landing.root.iterdir()] == ["taken"]


def test_the_current_folder_has_a_name_too(landing, source, monkeypatch):
    """`evalpipe ingest .` takes the folder's own name."""
    monkeypatch.chdir(source)
    assert landing.copy_in(Path()) == "questions"


def test_links_are_copied_as_what_they_point_to(landing, source, tmp_path):
    """A drop holds files, not links that somebody can turn elsewhere later; a dangling one is a sentence."""
    (tmp_path / "elsewhere.jsonl").write_text("{}\n")
    (source / "link.jsonl").symlink_to(tmp_path / "elsewhere.jsonl")
    landing.copy_in(source, "linked")
    copied = landing.root / "linked" / "link.jsonl"
    assert not copied.is_symlink()
    assert copied.read_text() == "{}\n"
    (source / "dangling").symlink_to("nowhere")
    with pytest.raises(LakeError, match="dangling"):
        landing.copy_in(source, "broken")
    assert landing.drops() == ["linked"]
    assert not list(landing.root.glob(".arriving-*"))


COPY = """
import sys
from pathlib import Path
from evalpipe.store.landing import Landing
Landing(Path(sys.argv[1])).copy_in(Path(sys.argv[2]))
"""


def test_kill_9_in_the_middle_of_a_copy_leaves_no_drop(landing, tmp_path):
    """Half a copy is hidden, is no drop, and does not stand in the way of the next try."""
    big = tmp_path / "big"
    big.mkdir()
    for n in range(400):
        (big / f"{n:04}.jsonl").write_bytes(b"x" * 200_000)
    words = [sys.executable, "-c", COPY, str(landing.root), str(big)]
    child = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)})
    while not list(landing.root.glob(".arriving-*/*.jsonl")):
        assert child.poll() is None
        time.sleep(0.001)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert child.returncode == -signal.SIGKILL
    assert landing.drops() == []
    assert landing.copy_in(big) == "big"
    assert len(list(landing.folder("big").iterdir())) == 401


def test_a_landing_place_that_cannot_be_written_is_a_sentence(tmp_path, source):
    """A file in its place: what was to be copied where, and the cause."""
    (tmp_path / "landing").write_text("")
    with pytest.raises(LakeError, match="cannot be copied to"):
        Landing(tmp_path / "landing").copy_in(source)


def test_review_files_are_csv_and_json_files(landing):
    """Folders, hidden files and others are passed over."""
    folder = landing.root / "reviews"
    assert landing.review_files() == []
    (folder / "folder.csv").mkdir(parents=True)
    for name in ("b.csv", "a.jsonl", "f.json", "c.txt", ".d.csv", "_e.csv"):
        (folder / name).write_text("")
    assert [path.name for path in landing.review_files()] == ["a.jsonl", "b.csv", "f.json"]


@pytest.mark.parametrize(
    ("name", "text", "whole"),
    [
        ("a.csv", "bank,by\nb,ann\n", True),
        ("a.csv", "bank,by\nb,an", False),
        ("a.csv", "", False),
        ("a.jsonl", '{"bank": "b"}\n', True),
        ("a.jsonl", '{"bank": "b"}', False),
        ("a.json", '[{"id": 1}]\n \n', True),
        ("a.json", '[{"id": 1},', False),
    ],
)
def test_a_review_file_that_is_still_uploaded_waits(landing, name, text, whole):
    """One that does not end as a whole one does is taken when nothing in it changed for settle_s seconds."""
    (landing.root / "reviews").mkdir(parents=True)
    (landing.root / "reviews" / name).write_text(text)
    assert bool(landing.review_files(settle_s=3600)) is whole
    assert len(landing.review_files(settle_s=0)) == 1

"""`kill -9` of a real run, and what a crash can leave behind: nothing is lost, nothing is asked twice for it."""

import random
import shutil
import subprocess
import time

import polars as pl
import pytest

from evalpipe.line.project import open_project
from evalpipe.line.rank import latest_leaderboard
from evalpipe.store.journal import FolderJournal, cell_journal
from evalpipe_tests.commands import environment, evalpipe, evalpipe_words
from evalpipe_tests.stub import Reaction, Stub
from evalpipe_tests.sums import MODEL, add, put_drop, sums

pytestmark = pytest.mark.alone

IN_FLIGHT = 8
QUESTIONS = 240
KILLS = 3


@pytest.fixture
def stub():
    with Stub(lambda body: Reaction(add(body), delay_s=0.05)) as running:
        yield running


@pytest.fixture
def folder(tmp_path, stub):
    (tmp_path / "evalpipe.toml").write_text(MODEL.format(base_url=stub.base_url, more=f"max_in_flight = {IN_FLIGHT}"))
    put_drop(open_project(tmp_path / "evalpipe.toml"), "sums", sums(range(QUESTIONS), wrong=[7]))
    return tmp_path


def test_killed_at_random_points_and_started_again(folder, stub):
    """In the end each question has one answer and one score; a kill costs at most what was in flight."""
    dice = random.Random(11)
    for kill in range(1, KILLS + 1):
        run = subprocess.Popen(
            evalpipe_words("run"),
            cwd=folder,
            env=environment(folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        goal = QUESTIONS * kill // (KILLS + 1) + dice.randrange(10)
        deadline = time.monotonic() + 60
        while len(stub.requests) < goal and time.monotonic() < deadline:
            time.sleep(0.005)
        run.kill()
        run.wait()
        assert len(stub.requests) >= goal
    project = open_project(folder / "evalpipe.toml")
    assert cell_journal(project.lake, "adder", "sums.0000").leftovers()

    done = evalpipe(folder, "run")
    assert done.returncode == 0, done.stderr
    assert QUESTIONS <= len(stub.requests) <= QUESTIONS + KILLS * IN_FLIGHT
    answers, scores = project.lake.read("answers"), project.lake.read("scores")
    assert answers.height == answers["question_id"].n_unique() == QUESTIONS
    assert scores.height == scores["question_id"].n_unique() == QUESTIONS
    (row,) = latest_leaderboard(project).filter(pl.col("subject").is_null()).to_dicts()
    assert (row["right"], row["wrong"], row["partial"]) == (QUESTIONS - 1, 1, False)
    assert not cell_journal(project.lake, "adder", "sums.0000").leftovers()


def test_a_crash_between_commit_and_removal_adds_nothing(make_project, line_of, monkeypatch):
    """The segment whose rows are committed already is recognised by its transaction and only removed."""
    from evalpipe.defs.partitions import Cell

    monkeypatch.setattr(FolderJournal, "remove", lambda journal, names: None)
    with Stub(add) as stub:
        project = make_project(MODEL.format(base_url=stub.base_url, more=""))
        put_drop(project, "sums", sums(range(10)))
        line = line_of(project)
        assert line.ingest("sums").ok
        assert line.answer(Cell("adder", "sums.0000")).ok
        journal = cell_journal(project.lake, "adder", "sums.0000")
        assert journal.leftovers()
        monkeypatch.undo()
        assert line.answer(Cell("adder", "sums.0000")).ok
        assert not journal.leftovers()
        assert project.lake.read("answers").height == 10
        assert len(stub.requests) == 10


def test_a_torn_last_line_is_asked_again(make_project, line_of):
    """What a crash cut off was never received: its question is asked, the whole lines before it are not."""
    from evalpipe.defs.partitions import Cell

    with Stub(add) as stub:
        project = make_project(MODEL.format(base_url=stub.base_url, more=""))
        put_drop(project, "sums", sums(range(10)))
        line = line_of(project)
        assert line.ingest("sums").ok
        assert line.answer(Cell("adder", "sums.0000")).ok
        rows = project.lake.read("answers").with_columns(pl.col("answered_at").cast(pl.String)).to_dicts()
        shutil.rmtree(project.lake.path("answers"))
        with cell_journal(project.lake, "adder", "sums.0000").segment("dead") as segment:
            segment.write(rows)
        segment.path.write_bytes(segment.path.read_bytes()[:-20])
        assert line.answer(Cell("adder", "sums.0000")).ok
        assert len(stub.requests) == 11
        assert project.lake.read("answers").height == 10


def test_a_wrong_key_stops_the_run_with_one_sentence(folder, stub):
    """401 ends the run at once, the key is shown nowhere, and mended it goes on."""
    toml = (folder / "evalpipe.toml").read_text()
    (folder / "evalpipe.toml").write_text(toml + 'api_key_env = "TEST_KEY"\n')
    honest = stub.answer
    stub.answer = lambda body: Reaction(status=401, text="Incorrect API key provided: sk-verysecretvalue")
    done = evalpipe(folder, "run", TEST_KEY="sk-verysecretvalue")
    assert done.returncode == 1
    assert "TEST_KEY" in done.stderr
    assert "sk-verysecretvalue" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(stub.requests) <= IN_FLIGHT
    for path in (folder / "data").rglob("*"):
        assert not path.is_file() or b"sk-verysecretvalue" not in path.read_bytes()
    stub.answer = honest
    assert evalpipe(folder, "run", TEST_KEY="sk-right").returncode == 0


def test_two_runs_at_once_ask_nothing_twice(folder, stub):
    """One works, the other waits for the cell and finds it done."""
    words = {
        "cwd": folder,
        "env": environment(folder),
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }
    both = [subprocess.Popen(evalpipe_words("run"), **words) for _ in range(2)]
    said = [run.communicate(timeout=120) for run in both]
    assert [run.returncode for run in both] == [0, 0], said
    assert len(stub.requests) == QUESTIONS
    assert open_project(folder / "evalpipe.toml").lake.read("answers").height == QUESTIONS

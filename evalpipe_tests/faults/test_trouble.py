"""Trouble that a run meets while it asks: its endpoint, its disk. One clear sentence, and it goes on when mended."""

import pytest

from evalpipe.defs.partitions import Cell
from evalpipe.line.rank import latest_leaderboard
from evalpipe.store.journal import cell_journal
from evalpipe_tests.stub import Reaction, Stub
from evalpipe_tests.sums import MODEL, add, numbers_of, put_drop, sums

pytestmark = pytest.mark.alone

QUESTIONS = 60
IN_FLIGHT = 4
CELL = Cell("adder", "sums.0000")


@pytest.fixture
def line(make_project, line_of):
    """`line(stub, more)`: a line whose drop is ingested, and whose model asks the stub."""

    def build(stub, more=f"max_in_flight = {IN_FLIGHT}", folder="project"):
        project = make_project(MODEL.format(base_url=stub.base_url, more=more), folder)
        if not project.landing.drops():
            put_drop(project, "sums", sums(range(QUESTIONS), wrong=[3]))
        built = line_of(project)
        assert built.ingest("sums").ok
        return built

    return build


def figures(project):
    """The leaderboard without what tells one run from another."""
    rows = latest_leaderboard(project)
    return rows.drop("refreshed_at", "run_id", "model_version", "made_from").sort("bank", "subject", nulls_last=True)


def test_an_endpoint_that_refuses_half_way_keeps_what_came(line):
    """From question 30 on it says 401: the run ends at once, its answers stay, and the next run asks only the rest."""
    refusing = {"yes": True}

    def answer(body):
        if refusing["yes"] and len(stub.requests) > 30:
            return Reaction(status=401, text="Incorrect API key provided")
        return add(body)

    with Stub(answer) as stub:
        built = line(stub)
        journal = cell_journal(built.project.lake, CELL.model, CELL.shard)
        run = built.answer(CELL)
        assert not run.ok
        (sentence,) = run.trouble
        assert sentence.startswith(f"{stub.base_url}: HTTP 401: Incorrect API key provided.")
        sent = len(stub.requests)
        assert sent <= 30 + 2 * IN_FLIGHT
        (segment,) = journal.leftovers()
        kept = len(list(journal.read(segment)))
        assert 30 - IN_FLIGHT <= kept <= 30
        assert built.project.lake.read("answers").is_empty()

        refusing["yes"] = False
        assert built.answer(CELL).ok
        assert len(stub.requests) == sent + QUESTIONS - kept
        assert built.project.lake.read("answers").height == QUESTIONS
        assert built.refresh().ok
        broken = figures(built.project)
        assert not journal.leftovers()

        unbroken = line(stub, folder="unbroken")
        assert unbroken.answer(CELL).ok
        assert unbroken.refresh().ok
        assert figures(unbroken.project).equals(broken)


def test_an_endpoint_that_dies_half_way_loses_nothing(line):
    """Some questions break every connection: the rest is answered, they are `failed` and null, nothing is scored; when
    it is mended, only those are asked.
    """
    patience = f"max_in_flight = {IN_FLIGHT}\ndeadline_s = 1\nstall_s = 3\ntimeout_s = 1"
    with Stub(lambda body: Reaction(reset=True) if numbers_of(body)[0] >= 55 else add(body)) as stub:
        built, port = line(stub, patience), stub.port
        run = built.answer(CELL)
    assert not run.ok
    assert "5 of 60" in run.trouble[0]
    answers = built.project.lake.read("answers")
    outcomes = dict(answers.group_by("outcome").len().iter_rows())
    assert outcomes == {"answered": 55, "failed": 5}
    assert answers.filter(outcome="failed")["text"].null_count() == 5
    assert built.project.lake.read("scores").is_empty()

    gone = built.answer(CELL)
    assert not gone.ok
    assert "Connection refused" in gone.trouble[0]

    with Stub(add, port=port) as back:
        assert built.answer(CELL).ok
        assert len(back.requests) == 5
    assert built.refresh().ok
    row = latest_leaderboard(built.project).filter(bank="sums").row(0, named=True)
    assert (row["right"], row["wrong"], row["failed"]) == (QUESTIONS - 1, 1, 0)


@pytest.mark.parametrize("place", ["_journal", "_journal/adder/sums.0000"])
def test_a_journal_that_cannot_be_written_stops_before_the_first_request(line, place):
    """A file in the folder's place: one sentence with the path, nothing asked; removed, the run goes on."""
    with Stub(add) as stub:
        built = line(stub)
        path = built.project.lake.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
        run = built.answer(CELL)
        assert not run.ok
        (sentence,) = run.trouble
        assert sentence.startswith(f"{built.project.lake.root}/_journal/adder/sums.0000/")
        assert "cannot be written to the journal" in sentence
        assert stub.requests == []
        path.unlink()
        assert built.answer(CELL).ok
        assert len(stub.requests) == QUESTIONS


def test_a_disk_that_fills_up_keeps_what_is_on_it(line, monkeypatch):
    """The run stops with the journal's sentence; with space again, only what was not kept is asked."""
    from evalpipe.core.errors import LakeError
    from evalpipe.store.journal import FileSegment

    write, room = FileSegment.write, [20]

    def full(segment, rows):
        if room[0] < len(rows):
            write(segment, rows[: room[0]])
            room[0] = 0
            raise LakeError(f"{segment.path}: No space left on device")
        room[0] -= len(rows)
        write(segment, rows)

    with Stub(add) as stub:
        built = line(stub)
        monkeypatch.setattr(FileSegment, "write", full)
        run = built.answer(CELL)
        assert not run.ok
        assert "No space left on device" in run.trouble[0]
        sent = len(stub.requests)
        assert sent <= 20 + 2 * IN_FLIGHT
        monkeypatch.undo()
        assert built.answer(CELL).ok
        assert len(stub.requests) == sent + QUESTIONS - 20
        assert built.project.lake.read("answers").height == QUESTIONS


def test_the_table_cannot_be_written_and_the_answers_wait_in_the_journal(line):
    """Asked and answered, but the commit fails: the next run commits them and asks nothing."""
    with Stub(add) as stub:
        built = line(stub)
        path = built.project.lake.path("answers")
        path.write_text("")
        run = built.answer(CELL)
        assert not run.ok
        assert str(path) in run.trouble[0]
        sent = len(stub.requests)
        path.unlink()
        assert built.answer(CELL).ok
        assert len(stub.requests) == max(sent, QUESTIONS)
        assert built.project.lake.read("answers").height == QUESTIONS

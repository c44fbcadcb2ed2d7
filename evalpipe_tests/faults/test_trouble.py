"""Trouble that a run meets while it asks: its endpoint, its disk. One clear sentence, and it goes on when mended."""

import pytest

from evalpipe.defs.partitions import Cell
from evalpipe.line.rank import latest_leaderboard
from evalpipe.store.journal import journal_folder, segments
from evalpipe_tests.stub import Reaction, Stub
from evalpipe_tests.sums import MODEL, add, numbers_of, put_drop, sums

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
    return rows.drop("refreshed_at", "run_id", "model_version").sort("bank", "subject", nulls_last=True)


def test_an_endpoint_that_refuses_half_way_keeps_what_came(line):
    """From question 30 on it says 401: the run ends at once, its answers stay, and the next run asks only the rest."""
    refusing = {"yes": True}

    def answer(body):
        if refusing["yes"] and len(stub.requests) > 30:
            return Reaction(status=401, text="Incorrect API key provided")
        return add(body)

    with Stub(answer) as stub:
        built = line(stub)
        run = built.answer(CELL)
        assert not run.ok
        (sentence,) = run.trouble
        assert sentence.startswith(f"{stub.base_url}: HTTP 401: Incorrect API key provided.")
        sent = len(stub.requests)
        assert sent <= 30 + 2 * IN_FLIGHT
        (segment,) = segments(journal_folder(built.project.lake, *_names()))
        kept = len(segment.read_bytes().splitlines())
        assert 30 - IN_FLIGHT <= kept <= 30
        assert built.project.lake.read("answers").is_empty()

        refusing["yes"] = False
        assert built.answer(CELL).ok
        assert len(stub.requests) == sent + QUESTIONS - kept
        assert built.project.lake.read("answers").height == QUESTIONS
        assert built.refresh().ok
        broken = figures(built.project)
        assert not journal_folder(built.project.lake, *_names()).exists()

        unbroken = line(stub, folder="unbroken")
        assert unbroken.answer(CELL).ok
        assert unbroken.refresh().ok
        assert figures(unbroken.project).equals(broken)


def test_an_endpoint_that_dies_half_way_loses_nothing(line):
    """What came is committed, the rest is `failed` and null, nothing is scored; when it is back, only that is asked."""
    with Stub(lambda body: Reaction(reset=True) if numbers_of(body)[0] >= 30 else add(body)) as stub:
        built, port = line(stub), stub.port
        run = built.answer(CELL)
    assert not run.ok
    assert "30" in run.trouble[0]
    answers = built.project.lake.read("answers")
    outcomes = dict(answers.group_by("outcome").len().iter_rows())
    assert outcomes == {"answered": 30, "failed": 30}
    assert answers.filter(outcome="failed")["text"].null_count() == 30
    assert built.project.lake.read("scores").is_empty()

    gone = built.answer(CELL)
    assert not gone.ok
    assert built.project.lake.read("answers").height == QUESTIONS + 30

    with Stub(add, port=port) as back:
        assert built.answer(CELL).ok
        assert len(back.requests) == 30
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
    from evalpipe.store.journal import Segment

    write, room = Segment.write, [20]

    def full(segment, row):
        if not room[0]:
            raise LakeError(f"{segment.path}: No space left on device")
        room[0] -= 1
        write(segment, row)

    with Stub(add) as stub:
        built = line(stub)
        monkeypatch.setattr(Segment, "write", full)
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


def _names() -> tuple[str, str]:
    return CELL.model, CELL.shard

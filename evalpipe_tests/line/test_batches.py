"""A model behind a provider's batch API through the whole line: answered, scored, and taken up again after a death."""

import polars as pl
import pytest

from evalpipe.core.errors import BackendError
from evalpipe.defs.partitions import Cell
from evalpipe.line.answer import answer_cell
from evalpipe.line.project import made_by
from evalpipe.store.journal import cell_journal
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.batch_stub import BatchStub
from evalpipe_tests.stub import Reaction
from evalpipe_tests.sums import add, put_drop, sums

TOML = """
[models.adder]
backend = "openai_batch"
base_url = "{base_url}"
model = "adder-1"
banks = ["*"]
automatic = true
poll_s = 0.01
deadline_s = 0.01
chunk_requests = {chunk}
samples = {samples}
"""
CELL = Cell("adder", "sums.0000")
MADE = made_by("test")


@pytest.fixture
def line(make_project, line_of):
    """`line(stub)`: a line whose drop is ingested, and whose model asks the stub in batches."""

    def build(stub, chunk=4, samples=1):
        project = make_project(TOML.format(base_url=stub.base_url, chunk=chunk, samples=samples))
        put_drop(project, "sums", sums(range(10), wrong=[3]))
        built = line_of(project)
        assert built.ingest("sums").ok
        return built

    return build


def test_a_cell_is_answered_in_batches_and_scored(line):
    """Questions go out in three files, each sample once, and come back as scores; no journal is left."""
    with BatchStub(add) as stub:
        built = line(stub, chunk=8, samples=2)
        assert built.answer(CELL).ok
        assert len(stub.batches) == 3
        assert set(stub.requests.values()) == {1}
    answers = built.project.lake.read("answers")
    assert answers.height == 20
    assert set(answers["outcome"]) == {"answered"}
    assert sorted(built.project.lake.read("scores")["score"].to_list()) == [0.0] * 2 + [1.0] * 18
    assert cell_journal(built.project.lake, *CELL_KEYS).leftovers() == []


CELL_KEYS = (CELL.model, CELL.shard)


class KilledError(BaseException):
    """Stands for `kill -9`."""


@pytest.mark.parametrize("writes", range(1, 11))
def test_a_run_that_dies_is_taken_up_by_the_next(line, monkeypatch, writes):
    """Killed at any write to its journal, a run leaves nothing that is submitted or counted twice."""
    from evalpipe.store.journal import FileSegment

    write, left = FileSegment.write, [writes]

    def mortal(segment, rows):
        left[0] -= 1
        if left[0] == 0:
            raise KilledError
        write(segment, rows)

    with BatchStub(add) as stub:
        built = line(stub)
        monkeypatch.setattr(FileSegment, "write", mortal)
        for _ in range(2):
            try:
                answer_cell(built.project, *CELL_KEYS, MADE, Silent())
                break
            except KilledError:
                continue
        assert left[0] <= 0
        monkeypatch.undo()
        assert built.answer(CELL).ok
        assert set(stub.requests.values()) == {1}
    answers = built.project.lake.read("answers")
    assert answers.select("fingerprint", "sample").n_unique() == answers.height == 10
    assert cell_journal(built.project.lake, *CELL_KEYS).leftovers() == []


def test_a_provider_that_goes_away_keeps_the_batches(line):
    """The run ends with one sentence; when the provider is back, the next collects what was submitted."""
    with BatchStub(add) as stub:
        built = line(stub)
        stub.fault = lambda method, path: Reaction("down", status=503) if len(stub.batches) == 3 else None
        with pytest.raises(BackendError, match="run again to collect"):
            answer_cell(built.project, *CELL_KEYS, MADE, Silent())
        assert built.project.lake.read("answers").is_empty()
        stub.fault = lambda method, path: None
        summary = answer_cell(built.project, *CELL_KEYS, MADE, Silent())
        assert (summary.outcomes["answered"], len(stub.batches)) == (10, 3)
        assert set(stub.requests.values()) == {1}


def test_a_batch_is_kept_while_another_prompt_is_asked(line, make_project, line_of):
    """A changed model leaves the old batch with the provider; changed back, its answers come without a new request."""
    with BatchStub(add) as stub:
        built = line(stub, chunk=50)
        stub.fault = lambda method, path: Reaction("down", status=503) if stub.batches else None
        with pytest.raises(BackendError):
            answer_cell(built.project, *CELL_KEYS, MADE, Silent())
        stub.fault = lambda method, path: None
        old = built.project.config.path.read_text()
        other = make_project(old + "sampling = { temperature = 1 }\n")
        assert answer_cell(other, *CELL_KEYS, MADE, Silent()).outcomes["answered"] == 10
        assert len(cell_journal(other.lake, *CELL_KEYS).leftovers()) == 1
        again = make_project(old)
        assert answer_cell(again, *CELL_KEYS, MADE, Silent()).outcomes["answered"] == 10
        assert len(stub.batches) == 2
        assert set(stub.requests.values()) == {1}
        assert cell_journal(again.lake, *CELL_KEYS).leftovers() == []
    by_version = again.lake.read("answers").group_by("model_version").agg(pl.len())
    assert by_version["len"].to_list() == [10, 10]

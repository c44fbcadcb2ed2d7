"""`kill -9` and SIGTERM of a run that asks through a provider's batch API, at chosen calls to the provider."""

import os
import signal
import subprocess
import sys
import time

import pytest

from evalpipe.defs.partitions import Cell
from evalpipe_tests.batch_stub import BatchStub
from evalpipe_tests.stub import Reaction
from evalpipe_tests.sums import add, put_drop, sums

TOML = """
[models.adder]
backend = "openai_batch"
base_url = "{base_url}"
model = "adder-1"
banks = ["*"]
poll_s = {poll_s}
chunk_requests = 4
"""
CELL = Cell("adder", "sums.0000")
RUN = """
import sys
from pathlib import Path
from evalpipe.line.answer import answer_cell
from evalpipe.line.project import made_by, open_project
from evalpipe.telemetry.progress import Silent
answer_cell(open_project(Path(sys.argv[1])), "adder", "sums.0000", made_by("killed"), Silent())
"""


def start(project) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", RUN, str(project.config.path)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ingested(make_project, line_of, stub, poll_s):
    project = make_project(TOML.format(base_url=stub.base_url, poll_s=poll_s))
    put_drop(project, "sums", sums(range(10)))
    line = line_of(project)
    assert line.ingest("sums").ok
    return line


# Three uploads and creations in turn, then looks, from 14 on a download after each: 2 and 6 are creations, 5 is the
# third upload, 8 a look, 16 the second download.
@pytest.mark.parametrize("call", [1, 2, 5, 6, 8, 16])
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_killed_at_a_call_nothing_is_submitted_twice(make_project, line_of, call, done):
    """Killed before the provider did a call or after, unheard: each request is in one batch, each answer once."""
    calls, child = [0], []

    def fault(method, path):
        calls[0] += 1
        if calls[0] != call:
            return None
        os.kill(child[0].pid, signal.SIGKILL)
        return Reaction(reset=True) if done else Reaction(status=500)

    with BatchStub(add) as stub:
        line = ingested(make_project, line_of, stub, poll_s=0.01)
        stub.fault = fault
        child.append(start(line.project))
        child[0].communicate(timeout=60)
        assert child[0].returncode == -signal.SIGKILL
        assert line.answer(CELL).ok
        assert len(stub.requests) == 10
        assert set(stub.requests.values()) == {1}
    assert line.project.lake.read("answers").height == 10
    assert line.project.lake.read("scores")["score"].to_list() == [1.0] * 10


def test_ended_while_it_waits_it_goes_at_once(make_project, line_of):
    """SIGTERM in the midst of a long wait ends the run within 5 s; the next one collects."""
    with BatchStub(add) as stub:
        line = ingested(make_project, line_of, stub, poll_s=600)
        child = start(line.project)
        give_up = time.monotonic() + 30
        while stub.calls["GET batches"] < 3 and time.monotonic() < give_up:
            time.sleep(0.02)
        child.terminate()
        began = time.monotonic()
        child.communicate(timeout=30)
        assert time.monotonic() - began < 5
        assert child.returncode != 0
        for batch in stub.batches.values():
            while len(batch.course) > 1:
                stub._advance(batch)
        assert line.answer(CELL).ok
        assert len(stub.batches) == 3
        assert set(stub.requests.values()) == {1}

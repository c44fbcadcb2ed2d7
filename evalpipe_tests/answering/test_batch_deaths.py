"""Runs through a batch API that die: the next one takes up what is with the provider, and submits nothing twice."""

import pytest

from evalpipe.core.errors import BackendError
from evalpipe_tests.answering.batching import KilledError, Runs, echo, requests
from evalpipe_tests.batch_stub import BatchStub
from evalpipe_tests.stub import Reaction

LONG = "x" * 50_000  # so that the results of one batch are read in several pieces
EVENTS = [(event, n) for event, most in (("note", 6), ("receive", 5), ("sleep", 2)) for n in range(1, most + 1)]


def echo_at_length(body) -> str:
    return echo(body) + LONG


@pytest.mark.parametrize(("event", "n"), EVENTS)
def test_a_run_killed_at_any_point_is_taken_up(event, n):
    """Before the id is noted, while in progress, before and in the midst of collection: nothing is submitted twice."""
    with BatchStub(echo_at_length) as stub:
        runs = Runs(stub, {"chunk_requests": 4}, kill=lambda happens, count: (happens, count) == (event, n))
        assert runs.run_until_done(requests(range(10))) == 1
        assert set(stub.requests.values()) == {1}
        assert len(stub.batches) == 3 if event != "note" else len(stub.batches) <= 4
    assert runs.outcomes == {f"q{n}.0": ("answered", f"{n}{LONG}") for n in range(10)}


def test_killed_at_every_second_event_it_still_ends():
    """Run after run dies, each a little further on; each request was in one batch and each answer came once."""
    with BatchStub(echo_at_length) as stub:
        runs = Runs(stub, {"chunk_requests": 4}, kill=lambda event, n: n % 2 == 0)
        assert runs.run_until_done(requests(range(20))) > 5
        assert set(stub.requests.values()) == {1}
    assert runs.outcomes == {f"q{n}.0": ("answered", f"{n}{LONG}") for n in range(20)}


def test_a_batch_whose_id_was_never_heard_is_found():
    """The connection breaks as a batch is created: it is found among others, pages of them, and not made again."""
    broken = {"next": True}

    def fault(method, path):
        if (method, path) == ("POST", "/batches") and len(stub.batches) == 7 and broken.pop("next", False):
            return Reaction(reset=True)
        return None

    with BatchStub(echo, fault) as stub:
        Runs(stub, {"chunk_requests": 1}).run(requests(range(7)))
        runs = Runs(stub)
        tally = runs.run(requests(range(10, 15)))
        assert len(stub.batches) == 8
        assert tally.retries == 1
        assert set(stub.requests.values()) == {1}
    assert len(runs.outcomes) == 5


def test_an_intent_that_became_no_batch_is_submitted():
    """A run that died before its batch was made leaves an intent; its requests are asked by the next one."""
    with BatchStub(echo, lambda method, path: Reaction(status=403) if path == "/batches" else None) as stub:
        runs = Runs(stub)
        with pytest.raises(BackendError, match="HTTP 403"):
            runs.run(requests(range(3)))
        stub.fault = lambda method, path: None
        runs.run(requests(range(3)))
        assert len(stub.batches) == 1
    assert len(runs.outcomes) == 3


def test_a_batch_that_the_provider_forgot_is_asked_anew():
    """A batch that was deleted holds nobody's requests."""
    with BatchStub(echo) as stub:
        runs = Runs(stub, kill=lambda event, n: (event, n) == ("sleep", 1))
        with pytest.raises(KilledError):
            runs.run(requests(range(3)))
        stub.batches.clear()
        runs.run(requests(range(3)))
    assert len(runs.outcomes) == 3


def test_a_batch_of_other_requests_is_left_for_a_run_that_wants_them():
    """A run with another prompt does not wait for the batch of the old one; a run that goes back to it collects it."""
    with BatchStub(echo) as stub:
        runs = Runs(stub, kill=lambda event, n: (event, n) == ("sleep", 1))
        with pytest.raises(KilledError):
            runs.run(requests(range(3)))
        runs.run(requests(range(10, 13)))
        assert set(runs.outcomes) == {"q10.0", "q11.0", "q12.0"}
        runs.run(requests(range(2)))
        assert len(runs.outcomes) == 5
        runs.run(requests(range(3)))
        assert len(runs.outcomes) == 6
        assert len(stub.batches) == 2
        assert set(stub.requests.values()) == {1}

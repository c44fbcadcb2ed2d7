"""The asking loop against a backend of our own: how many at once, how often again, when to stop, what is kept."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from evalpipe.answering.ask import ask_all

from evalpipe.answering import ask as loop
from evalpipe.answering.requests import Request
from evalpipe.backends.protocol import Body, TryAgainError
from evalpipe.core.answers import Reply
from evalpipe.core.errors import BackendError

Act = Callable[[int, int], "Reply | Exception | float"]


class Scripted:
    """`act(n, attempt)` says what request n gets: a reply, an error, or seconds to wait before a plain reply."""

    identity = "scripted"

    def __init__(self, act: Act) -> None:
        self.act = act
        self.asked: list[int] = []
        self.open = self.most_open = 0
        self.closed = False

    def body(self, question, messages) -> Body:
        raise NotImplementedError

    @asynccontextmanager
    async def session(self) -> AsyncIterator["Scripted"]:
        yield self
        self.closed = True

    async def ask(self, body: Body) -> Reply:
        number = int(str(body["n"]))
        self.asked.append(number)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            outcome = self.act(number, self.asked.count(number))
            await asyncio.sleep(outcome if isinstance(outcome, float) else 0)
        finally:
            self.open -= 1
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, Reply) else Reply("answered", str(number))


def run(backend: Scripted, requests: int, in_flight: int = 4, retries: int = 3) -> dict[int, Reply]:
    """Ask requests 0 to n-1; each may be received once."""
    received: dict[int, Reply] = {}

    def receive(request: Request, reply: Reply) -> None:
        number = int(request.question_id)
        assert number not in received
        received[number] = reply

    wanted = [Request(str(n), {"n": n}, f"f{n}") for n in range(requests)]
    try:
        asyncio.run(ask_all(backend, wanted, receive, max_in_flight=in_flight, max_retries=retries))
    except BackendError as error:
        raise Stopped(received) from error
    return received


class Stopped(Exception):  # noqa: N818  how a run ended, with what came before
    def __init__(self, received: dict[int, Reply]) -> None:
        super().__init__("stopped")
        self.received = received


@pytest.fixture
def pauses(monkeypatch) -> list[tuple[int, float | None]]:
    """No test waits: each pause is noted, with what the endpoint asked for."""
    noted: list[tuple[int, float | None]] = []

    def no_pause(attempt: int, asked_for_s: float | None) -> float:
        noted.append((attempt, asked_for_s))
        return 0.0

    monkeypatch.setattr(loop, "_pause", no_pause)
    return noted


@pytest.mark.parametrize(("requests", "in_flight", "most"), [(40, 4, 4), (40, 1, 1), (3, 16, 3), (0, 4, 0)])
def test_no_more_at_once_than_allowed(requests, in_flight, most):
    """The bound is reached and never passed; each request is asked once and received once."""
    backend = Scripted(lambda n, attempt: 0.001 * (n % 3))
    received = run(backend, requests, in_flight)
    assert backend.most_open == most
    assert sorted(backend.asked) == sorted(received) == list(range(requests))
    assert backend.closed


def test_one_slow_request_does_not_hold_up_the_others():
    """Replies are handed on in the order in which they come, not in that of the questions."""
    received = run(Scripted(lambda n, attempt: 0.2 if n == 0 else 0.001), 20, in_flight=2)
    assert list(received)[-1] == 0


@pytest.mark.parametrize(
    ("retries", "failures", "outcome", "attempts"),
    [
        (3, 0, "answered", 1),
        (3, 2, "answered", 3),
        (3, 3, "answered", 4),
        (3, 4, "failed", 4),
        (0, 1, "failed", 1),
    ],
)
def test_tries_are_counted_and_bounded(pauses, retries, failures, outcome, attempts):
    """A try that may succeed later is repeated `max_retries` times; then it failed, with its reason and no text."""
    backend = Scripted(
        lambda n, attempt: TryAgainError("overload", latency_s=0.5) if attempt <= failures else Reply("answered", "x")
    )
    (reply,) = run(backend, 1, retries=retries).values()
    assert (reply.outcome, reply.attempts, len(backend.asked)) == (outcome, attempts, attempts)
    assert [attempt for attempt, _ in pauses] == list(range(1, attempts))
    if outcome == "failed":
        assert (reply.text, reply.error, reply.latency_s) == (None, "overload", 0.5)


@pytest.mark.parametrize("outcome", ["truncated", "refused", "rejected"])
def test_what_will_not_get_better_is_not_repeated(outcome):
    """Only what may pass is asked again; another outcome is handed on as it is."""
    backend = Scripted(lambda n, attempt: Reply(outcome))
    assert run(backend, 3)[0].outcome == outcome
    assert len(backend.asked) == 3


def test_the_endpoints_own_pause_is_obeyed(monkeypatch):
    """Retry-After in a real wait: the second try does not come earlier, and not much later."""
    monkeypatch.setattr(loop, "FIRST_PAUSE_S", 0.01)
    started = time.perf_counter()
    run(Scripted(lambda n, attempt: TryAgainError("429", retry_after_s=0.3) if attempt == 1 else Reply("answered")), 1)
    assert 0.3 <= time.perf_counter() - started < 1.5


@pytest.mark.parametrize(
    ("attempt", "asked_for_s", "low", "high"),
    [
        (1, None, 0, 1.0),
        (3, None, 0, 4.0),
        (20, None, 0, 60),
        (1, 7.0, 7.0, 7.25),
        (5, 7.0, 7.0, 11.0),
        (1, 0.0, 0, 1.0),
        (1, 3600.0, 60, 60),
    ],
)
def test_pauses_grow_at_random_within_bounds(attempt, asked_for_s, low, high):
    """Never below what the endpoint asked for, up to a minute, and spread so that not all come back at once."""
    pauses = [loop._pause(attempt, asked_for_s) for _ in range(300)]
    assert low <= min(pauses) <= max(pauses) <= high
    assert len(set(pauses)) > 1 or low == high


def test_a_backend_error_stops_the_run_and_keeps_what_came():
    """Nothing more is sent, what is in flight is given up, the answers before it were handed on."""
    backend = Scripted(
        lambda n, attempt: BackendError("wrong key") if n == 10 else 60.0 if n > 10 else Reply("answered")
    )
    with pytest.raises(Stopped) as stopped:
        run(backend, 1_000, in_flight=4)
    assert isinstance(stopped.value.__cause__, BackendError)
    assert sorted(stopped.value.received) == list(range(10))
    assert len(backend.asked) <= 10 + 4
    assert backend.open == 0


def test_a_full_disk_stops_the_run():
    """When an answer cannot be kept, no further one is paid for."""
    backend = Scripted(lambda n, attempt: 0.001)
    kept: list[Request] = []

    def receive(request: Request, reply: Reply) -> None:
        if len(kept) == 5:
            raise OSError("No space left on device")
        kept.append(request)

    wanted = [Request(str(n), {"n": n}, f"f{n}") for n in range(100)]
    with pytest.raises(OSError, match="No space"):
        asyncio.run(ask_all(backend, wanted, receive, max_in_flight=4, max_retries=3))
    assert len(kept) == 5
    assert len(backend.asked) <= 5 + 4 + 4


def test_cancelling_ends_all_workers_and_closes_the_session():
    """Ctrl-C: no request lingers, in a pause between two tries either, and what came was handed on."""
    backend = Scripted(
        lambda n, attempt: Reply("answered") if n < 3 else TryAgainError("later", 50.0) if n == 3 else 60.0
    )
    received: list[str] = []
    closed: list[bool] = []

    @asynccontextmanager
    async def session():
        try:
            yield backend
        finally:
            closed.append(backend.open == 0)

    backend.session = session

    async def cancelled() -> None:
        wanted = [Request(str(n), {"n": n}, f"f{n}") for n in range(50)]
        asking = asyncio.create_task(
            ask_all(
                backend, wanted, lambda request, _: received.append(request.question_id), max_in_flight=4, max_retries=3
            )
        )
        await asyncio.sleep(0.05)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(cancelled())
    assert received == ["0", "1", "2"]
    assert closed == [True]

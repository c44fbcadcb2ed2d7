"""The engine against a backend of our own: how many at once, how often again, when to stop, what is kept."""

import asyncio
import logging
import random
import time
from collections.abc import Iterator

import pytest

from evalpipe.answering import engine
from evalpipe.answering.engine import Terms, ask_all
from evalpipe.answering.requests import Request
from evalpipe.answering.retry import Patience
from evalpipe.backends.protocol import NotServedError
from evalpipe.core.answers import Reply
from evalpipe.core.errors import BackendError, LakeError
from evalpipe_tests.answering.scripted import Run, Scripted, ask, broken, fault, go, overload, plain, requests


@pytest.fixture
def no_pauses(monkeypatch) -> None:
    """Pauses between two tries are short: a test does not wait for what it does not prove."""
    monkeypatch.setattr("evalpipe.answering.retry.FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr("evalpipe.answering.retry.LONGEST_PAUSE_S", 0.004)
    monkeypatch.setattr("evalpipe.answering.lanes.FIRST_REST_S", 0.002)
    monkeypatch.setattr("evalpipe.answering.lanes.LONGEST_REST_S", 0.01)
    monkeypatch.setattr("evalpipe.answering.limiter.CLIMB", 1e5)  # as if an endpoint's second were a hundredth
    monkeypatch.setattr("evalpipe.answering.limiter.LINGER_S", 0.01)


# How many at once, and in which order.


@pytest.mark.parametrize(("count", "most", "reached"), [(200, 4, 4), (40, 1, 1), (3, 16, 3), (600, 32, 32), (0, 4, 0)])
def test_no_more_at_once_than_allowed(count, most, reached):
    """The bound is reached and never passed; each request is asked once and received once; all is closed."""
    backend = Scripted(lambda n, attempt: 0.001 + 0.001 * (n % 3))
    run = ask(backend, count, max_in_flight=most)
    assert run.error is None
    assert backend.most_open == run.tally.most_in_flight == reached
    assert sorted(backend.asked) == sorted(run.replies) == list(range(count))
    assert (run.tally.tries, run.tally.answered, run.tally.retries) == (count, count, 0)
    assert backend.closed


def test_one_slow_request_does_not_hold_up_the_others():
    """Replies are handed on in the order in which they come, not in that of the questions."""
    run = ask(Scripted(lambda n, attempt: 0.2 if n == 0 else 0.001), 20, max_in_flight=2)
    assert list(run.replies)[-1] == 0


def test_replies_of_one_moment_are_received_together():
    """One write keeps all that came in one turn of the loop."""
    sizes: list[int] = []

    async def run() -> None:
        backend = Scripted(lambda n, attempt: plain(n))
        await ask_all(backend, [requests(range(400))], lambda arrivals: sizes.append(len(arrivals)), Terms())

    asyncio.run(run())
    assert sum(sizes) == 400
    assert len(sizes) < 200


def test_batches_are_drawn_as_they_are_needed():
    """A million requests and a slow endpoint: no more are drawn than some rounds of what may be in flight."""
    drawn = 0

    def batches() -> Iterator[list[Request]]:
        nonlocal drawn
        for start in range(0, 1_000_000, 16):
            drawn += 16
            yield requests(range(start, start + 16))

    async def run() -> None:
        backend = Scripted(lambda n, attempt: 0.02)
        asking = asyncio.create_task(go(backend, batches(), max_in_flight=8))
        await asyncio.sleep(0.3)
        asking.cancel()
        await asyncio.wait({asking})
        assert len(backend.asked) >= 24
        assert drawn <= len(backend.asked) + 2 * 8 + 2 * 16

    asyncio.run(run())


def test_many_small_and_empty_batches():
    """However the requests are cut into batches, each is asked once."""
    dice = random.Random(3)
    cut = sorted(dice.choices(range(500), k=90))
    bounds = list(zip([0, *cut], [*cut, 500], strict=True))
    backend = Scripted(lambda n, attempt: plain(n))
    run = ask(backend, [requests(range(*each)) for each in bounds], max_in_flight=8)
    assert sorted(backend.asked) == sorted(run.replies) == list(range(500))


def test_an_error_while_drawing_ends_the_run_with_it():
    """A question that cannot be rendered, say: what came before is kept, and the error is the run's own."""

    def batches() -> Iterator[list[Request]]:
        yield requests(range(4))
        yield requests(range(4, 8))
        raise ZeroDivisionError("rendering")

    run = ask(Scripted(lambda n, attempt: plain(n)), batches(), max_in_flight=1)
    assert isinstance(run.error, ZeroDivisionError)
    assert len(run.replies) >= 4


# How often again.


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
def test_faults_are_counted_and_bounded(no_pauses, retries, failures, outcome, attempts):
    """What is the endpoint's own fault is repeated `max_retries` times; then it failed, with its reason and no text."""
    backend = Scripted(lambda n, attempt: fault() if attempt <= failures else plain(n))
    run = ask(backend, 1, patience=Patience(retries))
    (arrival,) = run.arrivals.values()
    assert (arrival.reply.outcome, arrival.attempts, len(backend.asked)) == (outcome, attempts, attempts)
    assert (run.tally.tries, run.tally.retries) == (attempts, attempts - 1)
    assert (run.tally.answered, run.tally.failed) == ((1, 0) if outcome == "answered" else (0, 1))
    if outcome == "failed":
        assert arrival.reply == Reply("failed", error="HTTP 500", latency_s=0.5)


@pytest.mark.parametrize("trouble", [overload, broken])
def test_pushbacks_and_broken_connections_use_up_no_retry(no_pauses, trouble):
    """Twenty of them and no retry allowed: the request is answered all the same."""
    backend = Scripted(lambda n, attempt: trouble() if attempt <= 20 else plain(n))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("evalpipe.answering.limiter.random.uniform", lambda low, high: 0.001)
        run = ask(backend, 1, patience=Patience(max_retries=0))
    assert run.replies == {0: plain(0)}
    assert len(backend.asked) == 21
    assert run.tally.pushed_back == (20 if trouble is overload else 0)


@pytest.mark.parametrize("outcome", ["truncated", "refused", "rejected"])
def test_what_will_not_get_better_is_not_repeated(outcome):
    """Only what may pass is asked again; another outcome is handed on as it is."""
    backend = Scripted(lambda n, attempt: Reply(outcome))
    run = ask(backend, 3)
    assert run.outcomes == dict.fromkeys(range(3), outcome)
    assert len(backend.asked) == 3


def test_the_endpoints_own_pause_is_obeyed():
    """Retry-After: nothing at all is sent before that, and not much later all is."""
    asked_at: list[float] = []

    def act(n: int, attempt: int):
        asked_at.append(time.monotonic())
        return overload(0.4) if len(asked_at) == 1 else plain(n)

    run = ask(Scripted(act), 5, max_in_flight=1)
    assert sorted(run.replies) == list(range(5))
    assert asked_at[1] - asked_at[0] >= 0.4


def test_a_word_on_the_rate_with_an_answer_is_obeyed():
    """An answer that says "nothing more for 0.4 s" holds the next one back."""
    asked_at: list[float] = []

    def act(n: int, attempt: int):
        asked_at.append(time.monotonic())
        return Reply("answered", "x", latency_s=0.001, hold_s=0.4 if n == 0 else None)

    ask(Scripted(act), 2, max_in_flight=1)
    assert asked_at[1] - asked_at[0] >= 0.4


def test_a_deadline_ends_the_tries_of_a_question(no_pauses):
    """One that is never served fails with its reason when its time is up, in the midst of others that are answered."""
    backend = Scripted(lambda n, attempt: broken() if n == 3 else 0.01)
    run = ask(backend, 60, max_in_flight=2, patience=Patience(deadline_s=0.2))
    assert run.error is None
    assert run.outcomes == {**dict.fromkeys(range(60), "answered"), 3: "failed"}
    assert run.replies[3].error == "connection reset"
    assert run.arrivals[3].attempts > 3


def test_random_trouble_changes_no_answer(no_pauses):
    """30% of all tries meet a pushback or a broken connection: the final replies are those of a run without."""
    dice = random.Random(7)

    def act(n: int, attempt: int):
        return (overload(0.001) if dice.random() < 0.5 else broken()) if dice.random() < 0.3 else plain(n)

    troubled = ask(Scripted(act), 400, max_in_flight=16, patience=Patience(max_retries=0))
    smooth = ask(Scripted(lambda n, attempt: plain(n)), 400, max_in_flight=16)
    assert troubled.error is None
    assert troubled.tally.retries > 60
    assert troubled.replies == smooth.replies
    assert (troubled.tally.answered, troubled.tally.failed) == (400, 0)
    assert troubled.tally.tries == 400 + troubled.tally.retries


# When to stop, and what is kept.


def test_a_backend_error_stops_the_run_and_keeps_what_came():
    """Nothing more is sent, what is in flight is given up, the answers before it were handed on."""
    backend = Scripted(lambda n, attempt: BackendError("wrong key") if n == 10 else 60.0 if n > 10 else plain(n))
    run = ask(backend, 1_000, max_in_flight=4)
    assert isinstance(run.error, BackendError)
    assert sorted(run.replies) == list(range(10))
    assert len(backend.asked) <= 10 + 4
    assert backend.closed


@pytest.mark.parametrize("error", [LakeError("No space left on device"), OSError("No space left on device")])
def test_a_full_disk_stops_the_run(error):
    """When an answer cannot be kept, no further one is paid for."""
    backend = Scripted(lambda n, attempt: 0.001)
    kept: list[Request] = []

    def receive(arrivals) -> None:
        if len(kept) >= 5:
            raise error
        kept.extend(arrival.request for arrival in arrivals)

    with pytest.raises(type(error), match="No space"):
        asyncio.run(ask_all(backend, [requests(range(200))], receive, Terms(max_in_flight=4)))
    assert 5 <= len(kept) <= 8
    assert len(backend.asked) <= len(kept) + 4 + 4
    assert backend.closed


def test_an_error_of_ours_ends_the_run_instead_of_hanging_it():
    """A fault in a callback or in a session is raised where the run was started."""
    run = ask(Scripted(lambda n, attempt: ZeroDivisionError("ours") if n == 7 else plain(n)), 50, max_in_flight=2)
    assert isinstance(run.error, ZeroDivisionError)
    assert len(run.replies) < 50

    async def wounded() -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(0.05, lambda: 1 // 0)
        await ask_all(Scripted(lambda n, attempt: 60.0), [requests(range(5))], lambda _: None)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(asyncio.wait_for(wounded(), 20))


def test_cancelling_closes_everything_and_keeps_what_came():
    """Ctrl-C: no request lingers, in a pause between two tries either, and what came was handed on."""
    backend = Scripted(lambda n, attempt: plain(n) if n < 3 else broken() if n == 3 else 60.0)
    run = Run()

    async def cancelled() -> None:
        asking = asyncio.create_task(ask_all(backend, [requests(range(50))], run.receive, Terms(max_in_flight=4)))
        while len(backend.asked) < 6:
            await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(cancelled())
    assert sorted(run.replies) == [0, 1, 2]
    assert backend.closed


def test_what_came_in_the_last_moment_is_received():
    """An answer that arrived in the very turn in which the run is cancelled is kept all the same."""
    run = Run()

    async def cancelled() -> None:
        arrived = asyncio.Event()

        def act(n: int, attempt: int):
            if n:
                return 60.0
            asyncio.get_running_loop().call_soon(arrived.set)
            return plain(n)

        asking = asyncio.create_task(ask_all(Scripted(act), [requests(range(2))], run.receive))
        await arrived.wait()
        asking.cancel()
        await asyncio.wait({asking})

    asyncio.run(cancelled())
    assert list(run.replies) == [0]


@pytest.mark.parametrize("answered_before", [0, 5])
def test_an_address_that_serves_nothing(answered_before):
    """A 404 to the first request stops the run with its sentence; after an answer it is that request's own outcome."""
    error = NotServedError("http://host/v1: HTTP 404. Check `base_url`.", Reply("rejected", error="HTTP 404"))
    backend = Scripted(lambda n, attempt: plain(n) if n < answered_before else error)
    run = ask(backend, 20, max_in_flight=1)
    if answered_before:
        assert run.error is None
        assert [run.outcomes[n] for n in range(20)] == ["answered"] * 5 + ["rejected"] * 15
    else:
        assert run.error is error
        assert len(backend.asked) == 1
        assert run.replies == {}


def test_an_endpoint_that_answers_nothing_ends_the_run(no_pauses):
    """After `stall_s` one sentence says how long, the last reason and what to do; what came is kept."""
    backend = Scripted(lambda n, attempt: plain(n) if n < 5 else broken())
    run = ask(backend, 50, max_in_flight=4, stall_s=0.5)
    assert isinstance(run.error, BackendError)
    assert str(run.error) == (
        "the endpoint answered nothing for 0.5 s (last: connection reset). What came before is kept; "
        "see to the endpoint, then run again: only the rest is asked."
    )
    assert sorted(run.replies) == list(range(5))
    assert backend.closed


def test_an_endpoint_that_never_replies_ends_the_run():
    """Silence is no progress either, before the first answer and after."""
    run = ask(Scripted(lambda n, attempt: 60.0), 50, max_in_flight=4, stall_s=0.3)
    assert isinstance(run.error, BackendError)
    assert "answered nothing for 0.3 s (last: no reply at all)" in str(run.error)


def test_a_pause_that_was_asked_for_is_no_standstill():
    """An endpoint that says "in one second" is given that second, though `stall_s` is shorter."""
    run = ask(Scripted(lambda n, attempt: overload(1.0) if attempt == 1 else plain(n)), 3, stall_s=0.4)
    assert run.error is None
    assert sorted(run.replies) == [0, 1, 2]


def test_what_stays_stubborn_at_the_end_has_failed(no_pauses):
    """All is answered but a few that only ever break: they fail, and the run ends well instead of stopping."""
    backend = Scripted(lambda n, attempt: broken() if n in (3, 8) else plain(n))
    run = ask(backend, 20, max_in_flight=4, stall_s=0.4)
    assert run.error is None
    assert {n for n, outcome in run.outcomes.items() if outcome == "failed"} == {3, 8}
    assert len(run.replies) == 20
    assert (run.tally.answered, run.tally.failed) == (18, 2)


# Several places that answer for one model.


def test_a_place_that_refuses_everything_costs_no_answer(no_pauses):
    """Of two addresses one breaks each connection: the other answers all, nothing fails, and few tries are wasted."""
    backend = Scripted(lambda n, attempt: broken(), lambda n, attempt: 0.001)
    run = ask(backend, 300, max_in_flight=16)
    assert run.error is None
    assert run.outcomes == dict.fromkeys(range(300), "answered")
    assert len(backend.places[0].asked) < 150
    assert len(backend.places[1].asked) == 300


def test_two_places_share_the_work():
    """The bound is divided, both are used alike, and each request goes to one of them."""
    backend = Scripted(lambda n, attempt: 0.002, lambda n, attempt: 0.002)
    run = ask(backend, 600, max_in_flight=16)
    assert sorted(backend.asked) == list(range(600))
    assert [place.most_open for place in backend.places] == [8, 8]
    assert min(len(place.asked) for place in backend.places) > 150
    assert run.error is None


def test_a_place_that_recovers_is_used_again(no_pauses):
    """Sick at first, well later: it is found out without being asked, and takes its part."""
    ill = {"left": 40}

    def recovering(n: int, attempt: int):
        ill["left"] -= 1
        return broken() if ill["left"] > 0 else 0.002

    backend = Scripted(recovering, lambda n, attempt: 0.002)
    run = ask(backend, 1500, max_in_flight=8)
    assert run.error is None
    assert len(run.replies) == 1500
    assert len(backend.places[0].asked) > 200


# What is counted, and what is never said.


def test_the_tally_adds_up(no_pauses):
    """Tries, answers, failures, retries and latencies: each reply is counted once and in one place."""

    def act(n: int, attempt: int):
        if n % 10 == 0:
            return fault()
        if n % 10 == 1:
            return Reply("rejected", error="HTTP 400", latency_s=0.001)
        return fault() if n % 10 == 2 and attempt == 1 else Reply("answered", "x", latency_s=0.001 * (n % 100))

    run = ask(Scripted(act), 200, patience=Patience(max_retries=2))
    tally = run.tally
    assert (tally.answered, tally.failed, tally.retries) == (180, 20, 20 * 2 + 20)
    assert tally.tries == 200 + tally.retries
    assert (tally.hits, tally.joined, tally.pushed_back) == (0, 0, 0)
    assert len(tally.latencies_s) == 180
    assert tally.first_sent_s is not None
    assert 0 <= tally.first_sent_s <= tally.seconds
    assert tally.rate_per_s > 0
    assert tally.quantile(0.99) == max(tally.latencies_s)


def test_what_is_asked_and_answered_appears_nowhere(no_pauses, caplog, capfd):
    """A run with trouble at log level DEBUG, and one that fails: no question, no answer in any log, repr or error."""
    asked, told = 424242421, "a secret answer"

    def act(n: int, attempt: int):
        return broken() if attempt == 1 else Reply("answered", told, latency_s=0.001)

    seen: list[object] = []
    with caplog.at_level(logging.DEBUG):
        run = ask(Scripted(act), [requests([asked])])
        assert run.replies[asked].text == told

        async def stopped() -> None:
            task = asyncio.create_task(
                ask_all(Scripted(lambda n, attempt: 60.0), [requests([asked])], lambda _: None, Terms(stall_s=0.2))
            )
            await asyncio.sleep(0.1)
            seen.extend(asyncio.all_tasks())
            seen.extend(repr(each) for each in asyncio.all_tasks())
            with pytest.raises(BackendError) as error:
                await task
            seen.append(str(error.value))

        asyncio.run(stopped(), debug=True)
    said = caplog.text + repr(seen) + "".join(capfd.readouterr()) + repr(run.arrivals[asked].request)
    assert str(asked) not in said.replace(f"question_id='{asked}'", "")
    assert told not in said


def test_the_burst_is_small():
    """No more is started in one go than replies can be looked at: a pushback is seen before the next ones are sent."""
    open_at_first: list[int] = []
    backend = Scripted(lambda n, attempt: open_at_first.append(backend.open) or 0.01)
    ask(backend, 100, max_in_flight=64)
    assert max(open_at_first[: engine.BURST]) <= engine.BURST

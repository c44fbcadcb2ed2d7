"""Single flight through a real Redis: what others know or are asking is not asked again, and nothing waits for ever."""

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalpipe.answering.engine import ask_all
from evalpipe.answering.flights import pack, unpack
from evalpipe.answering.requests import Request
from evalpipe.answering.retry import Patience
from evalpipe.core.answers import OUTCOMES, Reply
from evalpipe.store import bounded_calls
from evalpipe.store.bounded_cache import BoundedCache
from evalpipe.store.shared_access import Access
from evalpipe.store.shared_cache import Lease, Publication, SharedCache
from evalpipe.store.shared_values import key_name
from evalpipe_tests.answering.scripted import Run, Scripted, fault, go, plain, requests
from evalpipe_tests.redis_servers import RedisServer, redis_server

WAIT_MS = 2000.0  # the tests share their machine; what a slow cache may cost is proved with the bounded cache
LEASE_S = 1.0


@asynccontextmanager
async def shared(server: RedisServer, warnings: list[str] | None = None, lease_s: float = 15.0, **more):
    """One process's way to the cache."""
    said = [] if warnings is None else warnings
    wait_ms = more.get("wait_ms", WAIT_MS)
    cache = SharedCache(Access((server.url,), wait_s=wait_ms / 1000), lease_s=lease_s)
    async with BoundedCache(cache, wait_ms=wait_ms, warn=said.append) as bounded:
        yield bounded


def mark() -> str:
    """Keeps the requests of one test apart from all others in the shared server."""
    return uuid4().hex[:24]


def answered(n: int, attempt: int) -> Reply:
    return plain(n)


async def until(seen, seconds: float = 10.0) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not seen():
        assert asyncio.get_running_loop().time() < end, "it does not come"
        await asyncio.sleep(0.01)


async def holds(cache: BoundedCache, wanted: Sequence[Request]) -> list[Lease]:
    """Another process that is asking for them."""
    claimed = await cache.claim([each.key for each in wanted])
    assert all(isinstance(each, Lease) for each in claimed)
    return [each for each in claimed if isinstance(each, Lease)]


def test_what_another_run_knew_is_not_asked(redis_alone):
    """The second run sends only what the first had not; both have the same replies, and their origin is told."""

    async def run() -> None:
        name = mark()
        async with shared(redis_alone) as one, shared(redis_alone) as two:
            first = await go(Scripted(answered), [requests(range(300), name)], one)
            backend = Scripted(answered)
            second = await go(backend, [requests(range(400), name)], two)
        assert first.error is second.error is None
        assert sorted(backend.asked) == list(range(300, 400))
        assert second.replies == {**first.replies, **{n: plain(n) for n in range(300, 400)}}
        assert (second.tally.hits, second.tally.joined, second.tally.tries, second.tally.answered) == (300, 0, 100, 100)
        assert {arrival.origin for n, arrival in second.arrivals.items() if n < 300} == {"cache"}
        assert {arrival.attempts for n, arrival in second.arrivals.items() if n < 300} == {0}

    asyncio.run(run())


def test_all_is_known(redis_alone):
    """A run whose every answer is in the cache ends without a request, in batches and with empty ones between."""

    async def run() -> None:
        wanted = requests(range(3000), mark())
        async with shared(redis_alone) as one:
            await go(Scripted(answered), [wanted], one)
        async with shared(redis_alone) as two:
            backend = Scripted(answered)
            cut = [wanted[at : at + 700] for at in range(0, 3000, 700)]
            done = await go(backend, [[], *cut, []], two)
        assert done.error is None
        assert (len(done.replies), backend.asked, done.tally.hits) == (3000, [], 3000)

    asyncio.run(run())


def test_two_runs_at_once_send_each_request_once(redis_alone):
    """Each in its own order: together they ask every request once, and both have all replies."""

    async def run() -> None:
        wanted = requests(range(600), mark())
        backends = [Scripted(lambda n, attempt: 0.003) for _ in range(2)]
        async with shared(redis_alone) as one, shared(redis_alone) as two:
            runs = await asyncio.gather(
                go(backends[0], [wanted[at : at + 50] for at in range(0, 600, 50)], one, max_in_flight=8),
                go(backends[1], [wanted[::-1]], two, max_in_flight=8),
            )
        assert [each.error for each in runs] == [None, None]
        assert sorted(backends[0].asked + backends[1].asked) == list(range(600))
        assert runs[0].replies == runs[1].replies == {n: plain(n) for n in range(600)}
        for each in runs:
            assert each.tally.tries + each.tally.hits + each.tally.joined == 600
        assert sum(each.tally.joined + each.tally.hits for each in runs) == 600

    asyncio.run(run())


def test_samples_of_one_question_are_asked_apart(redis_alone):
    """The same bytes with another sample index are another request, here and in the cache."""

    async def run() -> None:
        (first,) = requests([7], mark())
        seen: list[tuple[int, str]] = []
        for wanted in ([first, first.again(1)], [first.again(1), first.again(2)]):
            async with shared(redis_alone) as cache:
                await ask_all(
                    Scripted(answered),
                    [wanted],
                    lambda arrivals: seen.extend((each.request.sample, each.origin) for each in arrivals),
                    cache=cache,
                )
        assert sorted(seen) == [(0, "asked"), (1, "asked"), (1, "cache"), (2, "asked")]

    asyncio.run(run())


def test_a_holder_that_dies_is_waited_for_no_longer_than_its_lease(redis_alone):
    """Its lease expires, the waiter asks itself; until then nothing is sent twice, and others go on meanwhile."""

    async def run() -> None:
        wanted = requests(range(20), mark())
        async with shared(redis_alone, lease_s=LEASE_S) as dead, shared(redis_alone, lease_s=LEASE_S) as alive:
            await holds(dead, wanted[:5])
            backend = Scripted(answered)
            began = asyncio.get_running_loop().time()
            asking = asyncio.create_task(go(backend, [wanted], alive, lease_s=LEASE_S))
            await until(lambda: len(backend.asked) >= 15)
            if asyncio.get_running_loop().time() - began < 0.7 * LEASE_S:
                assert sorted(backend.asked) == list(range(5, 20))
            done = await asking
        assert done.error is None
        assert sorted(backend.asked) == list(range(20))
        assert done.replies == {n: plain(n) for n in range(20)}
        assert done.tally.seconds >= LEASE_S - 0.3

    asyncio.run(run())


def test_a_holder_that_lives_is_waited_for(redis_alone):
    """It renews its leases while it asks, for three times as long as they hold: the waiter takes its answers."""

    async def run() -> None:
        wanted = requests(range(4), mark())
        slow, idle = Scripted(lambda n, attempt: 3 * LEASE_S), Scripted(answered)
        async with shared(redis_alone, lease_s=LEASE_S) as one, shared(redis_alone, lease_s=LEASE_S) as two:
            asking = asyncio.create_task(go(slow, [wanted], one, lease_s=LEASE_S))
            await until(lambda: len(slow.asked) == 4)
            waiting = await go(idle, [wanted], two, lease_s=LEASE_S, stall_s=LEASE_S)
            await asking
        assert waiting.error is None  # who waits for another is not at a standstill
        assert idle.asked == []
        assert waiting.replies == {n: plain(n) for n in range(4)}
        assert {arrival.origin for arrival in waiting.arrivals.values()} == {"joined"}
        assert waiting.tally.joined == 4

    asyncio.run(run())


def test_a_failed_request_gives_its_lease_back_at_once(redis_alone):
    """What failed here is nobody's answer: another process asks it, long before the lease would have expired."""

    async def run() -> None:
        wanted = requests(range(3), mark())
        async with shared(redis_alone, lease_s=60) as one, shared(redis_alone, lease_s=60) as two:
            failing = Scripted(lambda n, attempt: fault() if n == 1 else 2.0 if n == 2 else plain(n))
            asking = asyncio.create_task(go(failing, [wanted], one, patience=Patience(0), lease_s=60))
            await until(lambda: 2 in failing.asked)
            backend = Scripted(answered)
            done = await asyncio.wait_for(go(backend, [wanted], two, lease_s=60), 15)
            first = await asking
        assert first.outcomes == {0: "answered", 1: "failed", 2: "answered"}
        assert backend.asked == [1]
        assert done.outcomes == dict.fromkeys(range(3), "answered")

    asyncio.run(run())


@pytest.mark.parametrize("how", ["cancelled", "an error"])
def test_a_run_that_ends_early_gives_its_leases_back(redis_alone, how):
    """Ctrl-C or a wrong key: what had come is published, and nobody waits for the rest."""

    async def run() -> None:
        wanted = requests(range(40), mark())

        def act(n: int, attempt: int):
            if n < 10:
                return plain(n)
            return 60.0 if how == "cancelled" else ZeroDivisionError() if n == 10 else 60.0

        async with shared(redis_alone, lease_s=60) as one, shared(redis_alone, lease_s=60) as two:
            ended = Run()
            asking = asyncio.create_task(go(Scripted(act), [wanted], one, run=ended, max_in_flight=4, lease_s=60))
            await until(lambda: len(ended.arrivals) >= 10)
            if how == "cancelled":
                asking.cancel()
            await asyncio.wait({asking})
            backend = Scripted(answered)
            done = await asyncio.wait_for(go(backend, [wanted], two, lease_s=60), 15)
        assert done.error is None
        assert sorted(backend.asked) == list(range(10, 40))
        assert done.tally.hits == 10

    asyncio.run(run())


def test_a_rejected_request_is_known_to_all_for_its_time(redis_alone):
    """A 400 is an answer: it is kept as long as answers are, and not asked again and again."""

    async def run() -> None:
        wanted = requests(range(3), mark())
        backends = [Scripted(lambda n, attempt: Reply("rejected", error="HTTP 400: too long")) for _ in range(2)]
        runs = []
        for backend in backends:
            async with shared(redis_alone) as cache:
                runs.append(await go(backend, [wanted], cache, ttl_s=500.0))
        assert [sorted(backend.asked) for backend in backends] == [[0, 1, 2], []]
        assert runs[1].replies == {n: Reply("rejected", error="HTTP 400: too long") for n in range(3)}
        with redis_alone.client() as client:
            left = [client.ttl(key_name(each.key)) for each in wanted]
        assert all(400 < each <= 500 for each in left)

    asyncio.run(run())


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"\x00\xff" * 40,
        b"EPA1",
        b"EPL1x:y:z",
        orjson.dumps({"answer": "foreign"}),
        "cut",
        "flipped",
        "of another key",
    ],
    ids=str,
)
def test_a_damaged_or_foreign_value_is_asked_anew(redis_alone, value):
    """It counts as nothing: the request is asked, and the good answer takes its place."""

    async def run() -> None:
        wanted = requests(range(3), mark())
        names = [key_name(each.key) for each in wanted]
        with redis_alone.client() as client:
            if isinstance(value, bytes):
                client.set(names[1], value)
            else:
                async with shared(redis_alone) as cache:
                    await go(Scripted(answered), [wanted], cache)
                good = client.get(names[1])
                assert isinstance(good, bytes)
                bad = {
                    "cut": good[:-3],
                    "flipped": good[:-1] + bytes([good[-1] ^ 1]),
                    "of another key": client.get(names[0]),
                }
                client.set(names[1], bad[value])
        asked = []
        for _ in range(2):
            backend = Scripted(answered)
            async with shared(redis_alone) as cache:
                done = await go(backend, [wanted], cache)
            assert done.error is None
            assert done.replies == {n: plain(n) for n in range(3)}
            asked.append(sorted(backend.asked))
        assert asked == [[0, 1, 2] if isinstance(value, bytes) else [1], []]

    asyncio.run(run())


def test_another_versions_answer_is_asked_and_left_alone(redis_alone):
    """A whole value that this version cannot read: the request is asked, the value stays for whoever wrote it."""

    async def run() -> None:
        (wanted,) = requests([1], mark())
        async with shared(redis_alone) as cache:
            await cache.publish([Publication(wanted.key, None, b'["a new way"]', 60.0)])
            done = await go(Scripted(answered), [[wanted]], cache)
            assert done.replies == {1: plain(1)}
            assert await cache.get_many([wanted.key]) == [b'["a new way"]']

    asyncio.run(run())


def test_redis_is_killed_in_the_middle_of_a_run(monkeypatch):
    """SIGKILL: no answer lost, none failed, each asked once, one warning; what waited for another asks itself."""
    monkeypatch.setattr(bounded_calls, "FIRST_PAUSE_S", 0.2)

    async def run(server: RedisServer) -> None:
        wanted, warnings = requests(range(500), mark()), []
        async with shared(server, lease_s=60) as other, shared(server, warnings, wait_ms=300.0, lease_s=60) as cache:
            await holds(other, wanted[490:])

            def act(n: int, attempt: int):
                if n == 250:
                    server.kill()
                return 0.002

            backend = Scripted(act)
            done = await go(backend, [wanted[at : at + 100] for at in range(0, 500, 100)], cache, max_in_flight=8)
        assert done.error is None
        assert sorted(backend.asked) == list(range(500))
        assert done.replies == {n: plain(n) for n in range(500)}
        assert done.tally.failed == 0
        (warning,) = warnings
        assert "left out" in warning

    with redis_server() as server:
        asyncio.run(run(server))


def test_without_redis_from_the_start(monkeypatch):
    """Nobody listens there: the run asks all itself."""

    async def run(server: RedisServer) -> None:
        server.kill()
        warnings: list[str] = []
        async with shared(server, warnings, wait_ms=300.0) as cache:
            backend = Scripted(answered)
            done = await go(backend, 300, cache)
        assert done.error is None
        assert sorted(backend.asked) == sorted(done.replies) == list(range(300))
        assert len(warnings) == 1

    with redis_server() as server:
        asyncio.run(run(server))


REPLIES = st.builds(
    Reply,
    outcome=st.sampled_from([each for each in OUTCOMES if each != "failed"]),
    text=st.none() | st.text(st.characters(exclude_categories=("Cs",))),
    finish_reason=st.none() | st.sampled_from(["stop", "length", "content_filter"]),
    prompt_tokens=st.none() | st.integers(0, 2**40),
    completion_tokens=st.none() | st.integers(0, 2**40),
    cached_tokens=st.none() | st.integers(0, 2**40),
    latency_s=st.none() | st.floats(0, 1e6),
    error=st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=200),
)


@given(REPLIES)
def test_a_reply_comes_back_as_it_was(reply):
    """Whatever a reply holds, the reader of the cache sees the same."""
    assert unpack(pack(reply)) == reply


@given(
    st.binary()
    | REPLIES.map(lambda reply: pack(reply)[:-1])
    | st.recursive(st.none() | st.integers(-5, 5), st.lists).map(orjson.dumps)
)
def test_what_is_no_reply_is_none(value):
    """No bytes whatsoever make the reader raise, and nothing but a whole reply is taken for one."""
    assert unpack(value) is None


def test_a_failed_reply_is_never_read():
    """What failed for one process is not an answer for another, should one ever write it."""
    assert unpack(pack(Reply("failed", error="HTTP 500"))) is None
    assert unpack(None) is None

"""The shared cache in an event loop: what it may cost at most, and that a run goes on without it and with it again."""

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import pytest

from evalpipe.store import bounded_calls
from evalpipe.store.bounded_cache import BoundedCache
from evalpipe.store.bounded_calls import CacheCounters
from evalpipe.store.shared_access import Access
from evalpipe.store.shared_cache import UNSHARED, Lease, Publication, Rates, SharedCache
from evalpipe.store.shared_values import key_name
from evalpipe_tests.redis_servers import RedisServer, masters_of, redis_cluster, redis_server

WAIT_MS = 100.0  # twice the default: the tests share their machine
SLACK_S = 0.1  # that the machine may be late by
SECRET = "Geheim-4f9aQx81"  # of a server that lives for one test


def fresh(count: int) -> list[tuple[str, int]]:
    """Keys that no other test has."""
    mark = os.urandom(8).hex()
    return [(f"{mark}{number:04x}", 0) for number in range(count)]


def unleased(keys: list[tuple[str, int]], answer: bytes) -> list[Publication]:
    """What a process publishes that asked without the cache."""
    return [Publication(key, None, answer, 60) for key in keys]


@dataclass(slots=True)
class Said:
    """The warnings, and how long the longest call took."""

    warnings: list[str] = field(default_factory=list)
    longest_s: float = 0.0

    @contextmanager
    def timed(self) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.longest_s = max(self.longest_s, time.monotonic() - begun)


@asynccontextmanager
async def bounded(*urls: str, said: Said | None = None, wait_ms: float = WAIT_MS, **access):
    """One process's cache, connected if it can be."""
    warn = said.warnings.append if said else lambda _: None
    shared = SharedCache(Access(urls, wait_s=wait_ms / 1000, **access))
    async with BoundedCache(shared, wait_ms=wait_ms, warn=warn) as cache:
        await asyncio.wait({cache._calls._opening}, timeout=2)
        yield cache


async def until(seen, seconds: float) -> None:
    """Look every 50 ms whether `await seen()` is true."""
    end = time.monotonic() + seconds
    while not await seen():
        assert time.monotonic() < end, "it does not come"
        await asyncio.sleep(0.05)


@pytest.fixture
def short_pauses(monkeypatch):
    """A cache that is left out is tried again soon."""
    monkeypatch.setattr(bounded_calls, "FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(bounded_calls, "LONGEST_PAUSE_S", 0.4)


@pytest.fixture(params=["one server", "six masters"])
def url(request) -> str:
    found = request.getfixturevalue("redis_alone" if request.param == "one server" else "six_masters")
    return found.url if isinstance(found, RedisServer) else found[0].url


def test_every_operation(url):
    """Batches larger than a job, in order; the counters say what was found, granted and held by others."""

    async def run() -> None:
        keys = fresh(1300)
        async with bounded(url, wait_ms=2000) as one, bounded(url, wait_ms=2000) as two:
            leases = await one.claim(keys)
            assert all(isinstance(each, Lease) for each in leases)
            assert await two.claim(keys[:100]) == [None] * 100
            assert await one.renew(leases) == [True] * 1300
            await one.release(leases[1200:])
            said = [b"%d" % at for at in range(1200)]
            batch = zip(keys[:1200], leases[:1200], said, strict=True)
            assert await one.publish([Publication(*each, 60) for each in batch]) == [None] * 1200
            assert await two.get_many(keys) == said + [None] * 100
            assert await two.claim(keys[:7]) == said[:7]
            assert await two.publish(unleased([keys[0], keys[1200]], b"x")) == [b"0", None]
            assert await two.renew([leases[1200], leases[1201]]) == [False, False]
            assert (await two.take(keys[0][0], Rates(requests_per_s=10), 20)).requests == 10
            await two.settle(keys[0][0], 5)
            assert one.counters == CacheCounters(misses=1300)
            assert two.counters == CacheCounters(hits=1207, misses=100, waits=100)

    asyncio.run(run())


@pytest.mark.parametrize("trouble", ["nobody listens", "nobody answers", "wrong password"])
def test_a_cache_that_cannot_be_used_costs_one_wait(trouble):
    """A hundred calls at once and one after the other take one bounded wait together, and draw one warning."""

    async def run(server: RedisServer, access: dict[str, str]) -> None:
        said, keys = Said(), fresh(3)
        warn = said.warnings.append
        begun = time.monotonic()
        shared = SharedCache(Access((server.url,), wait_s=WAIT_MS / 1000, **access))
        async with BoundedCache(shared, wait_ms=WAIT_MS, warn=warn) as cache:
            first = await asyncio.gather(*(cache.claim(keys) for _ in range(50)))
            assert first == [[UNSHARED] * 3] * 50
            for _ in range(50):
                assert await cache.get_many(keys) == [None] * 3
            assert await cache.publish(unleased(keys, b"answer")) == [None] * 3
            assert await cache.renew([Lease(keys[0], 1, "x")]) == [True]
            await cache.release([Lease(keys[0], 1, "x")])
            assert await cache.take("b", Rates(10), 1) is None
            await cache.settle("b", 1)
            spent = time.monotonic() - begun
        assert spent < WAIT_MS / 1000 + SLACK_S
        assert cache.counters.misses == 300
        assert cache.counters.left_out > 50
        (warning,) = said.warnings
        assert "left out" in warning
        assert SECRET not in warning + repr(cache) + repr(shared)

    settings = ("--requirepass", "another") if trouble == "wrong password" else ()
    with redis_server(*settings) as server:
        if trouble == "nobody listens":
            server.kill()
        elif trouble == "nobody answers":
            server.stop()
        asyncio.run(run(server, {"password": SECRET} if trouble == "wrong password" else {}))


def test_a_cache_that_stops_answering_comes_back(short_pauses):
    """SIGSTOP in the middle: bounded waits, growing pauses, one warning; SIGCONT: one word, and it serves."""

    async def run(server: RedisServer) -> None:
        said, keys = Said(), fresh(40)
        async with bounded(server.url, said=said) as cache:
            await cache.claim(keys[:20])
            server.stop()
            for key in keys[20:]:
                with said.timed():
                    assert await cache.claim([key]) == [UNSHARED]
                await asyncio.sleep(0.03)
            errors = cache.counters.errors
            assert 1 <= errors <= 5
            assert cache.counters.left_out >= 14
            assert len(said.warnings) == 1
            server.go_on()

            async def served() -> bool:
                return (await cache.claim(keys[:1])) == [None]

            await until(served, 5)
            assert said.warnings[1:] == ["the shared cache is back"]
            assert said.longest_s < 2 * WAIT_MS / 1000 + SLACK_S

    with redis_server() as server:
        asyncio.run(run(server))


def test_the_pauses_grow_to_a_minute(monkeypatch):
    """A cache that is away for a night is not asked every second."""
    monkeypatch.setattr("random.uniform", lambda low, high: 1.0)
    now = 1000.0
    monkeypatch.setattr(bounded_calls.time, "monotonic", lambda: now)
    calls = bounded_calls.BoundedCalls(SharedCache(Access(("redis://127.0.0.1:1",))), 0.05, lambda _: None)
    pauses = []
    for trial in range(9):
        calls._leave_out("away", trial > 0)
        pauses.append(calls._out_until - now)
        now = calls._out_until
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_thread_that_hangs_holds_nobody_up(short_pauses):
    """As with a name server that says nothing: calls cost one wait, do not queue, and are served afterwards."""

    async def run() -> None:
        said, keys = Said(), fresh(1)
        with redis_server() as server:
            async with bounded(server.url, said=said) as cache:
                hangs = asyncio.create_task(cache._calls.call(lambda _: time.sleep(1.2)))
                await asyncio.sleep(0)
                begun = time.monotonic()
                while time.monotonic() < begun + 1:
                    with said.timed():
                        assert await cache.claim(keys) == [UNSHARED]
                    await asyncio.sleep(0.01)
                assert await hangs is None

                async def served() -> bool:
                    return isinstance((await cache.claim(keys))[0], Lease)

                await until(served, 5)
        assert said.longest_s < WAIT_MS / 1000 + SLACK_S
        assert len(said.warnings) == 2

    asyncio.run(run())


def test_closing_does_not_hang():
    """Neither a silent server nor a thread that is stuck keeps the process."""

    async def run(server: RedisServer) -> None:
        async with bounded(server.url) as cache:
            server.stop()
            stuck = asyncio.create_task(cache._calls.call(lambda _: time.sleep(1)))
            await asyncio.sleep(0)
            waiting = asyncio.create_task(cache.claim(fresh(1)))
            await asyncio.sleep(0)
            begun = time.monotonic()
        assert time.monotonic() - begun < WAIT_MS / 1000 + SLACK_S
        assert await waiting == [UNSHARED]
        assert await stuck is None
        assert await cache.get_many(fresh(1)) == [None]

    with redis_server() as server:
        asyncio.run(run(server))


def test_what_was_handed_over_is_done_before_closing(redis_alone):
    """An answer published in the last moment is there for the others."""

    async def run() -> None:
        key = fresh(1)[0]
        async with bounded(redis_alone.url) as cache:
            published = asyncio.create_task(cache.publish(unleased([key], b"last")))
            await asyncio.sleep(0)
        await published
        async with bounded(redis_alone.url) as cache:
            assert await cache.get_many([key]) == [b"last"]

    asyncio.run(run())


def test_a_process_that_was_late_itself_blames_nobody(redis_alone):
    """The loop stood still for longer than the wait: the reply that lies there is taken."""

    async def run() -> None:
        said, keys = Said(), fresh(200)
        async with bounded(redis_alone.url, said=said) as cache:
            for at in range(8):
                claimed = asyncio.create_task(cache.claim(keys[at * 10 : at * 10 + 10]))
                await asyncio.sleep(0)
                time.sleep(WAIT_MS / 1000 + 0.05)
                assert all(isinstance(each, Lease) for each in await claimed)
            assert (said.warnings, cache.counters.errors) == ([], 0)

    asyncio.run(run())


def test_a_busy_process_blames_nobody(six_masters):
    """The loop works without a pause, as it does at full speed: batches over six servers still come through in time."""

    async def run() -> None:
        said, busy = Said(), True

        async def work() -> None:
            while busy:
                until = time.perf_counter() + 0.004
                while time.perf_counter() < until:
                    pass
                await asyncio.sleep(0)

        async with bounded(six_masters[0].url, said=said) as cache:
            workers = [asyncio.create_task(work()) for _ in range(2)]
            for _ in range(8):
                assert all(isinstance(each, Lease) for each in await cache.claim(fresh(256)))
            busy = False
            await asyncio.gather(*workers)
        assert said.warnings == []

    asyncio.run(run())


@pytest.mark.parametrize("ending", ["out of time", "cancelled"])
def test_leases_that_nobody_waits_for_are_given_back(redis_alone, short_pauses, ending):
    """A claim that came through too late, or whose caller has gone, keeps nobody waiting for a dead lease."""

    async def run() -> None:
        key = fresh(1)[0]
        async with bounded(redis_alone.url) as late, bounded(redis_alone.url) as other:
            calls, server = late._calls, late._calls._cache
            real = server.claim

            def slow(keys):
                claimed = real(keys)
                time.sleep(0.3)
                return claimed

            server.claim = slow  # type: ignore[method-assign]
            claim = asyncio.create_task(late.claim([key]))
            await asyncio.sleep(0.05)
            if ending == "cancelled":
                claim.cancel()
                await asyncio.wait({claim})
                assert claim.cancelled()
            else:
                assert await claim == [UNSHARED]
            assert await other.claim([key]) == [None]
            await asyncio.sleep(0.5)
            assert not calls._busy
            assert isinstance((await other.claim([key]))[0], Lease)

    asyncio.run(run())


def test_a_fault_of_ours_is_raised_and_the_thread_goes_on(redis_alone):
    """It is not taken for an outage."""

    async def run() -> None:
        async with bounded(redis_alone.url) as cache:
            with pytest.raises(ZeroDivisionError):
                await cache._calls.call(lambda _: 1 // 0)
            assert await cache.get_many(fresh(1)) == [None]
            assert cache.counters.errors == 0

    asyncio.run(run())


def test_a_master_is_killed_and_its_replica_takes_over(short_pauses):
    """kill -9 of one of three masters at work: no call is slow, none raises, and all keys and answers are back by
    themselves.
    """

    async def run(nodes: list[RedisServer]) -> None:
        said, keys = Said(), fresh(60)
        async with bounded(nodes[0].url, said=said) as cache:
            assert await cache.publish(unleased(keys, b"before")) == [None] * 60
            with nodes[0].client() as client:  # what its replicas have not got is lost with it
                client.wait(1, 1000)
            victim = masters_of(nodes)[1]
            victim.kill()
            lost = 0

            async def whole() -> bool:
                nonlocal lost
                with said.timed():
                    claimed = await cache.claim(keys)
                lost += claimed.count(UNSHARED)
                with said.timed():
                    published = await cache.publish(unleased(fresh(1), b"during"))
                assert published == [None]
                return claimed == [b"before"] * 60

            await until(whole, 15)
            assert lost > 0
            assert cache.counters.misses >= lost
            assert said.longest_s < 2 * WAIT_MS / 1000 + SLACK_S
            assert len(said.warnings) == 2
            assert said.warnings[1] == "the shared cache is back"
            later = fresh(60)
            assert await cache.publish(unleased(later, b"after")) == [None] * 60
            assert await cache.get_many(later) == [b"after"] * 60

    with redis_cluster(3, replicas=1) as nodes:
        asyncio.run(run(nodes))


def test_keys_of_one_request_lie_in_one_slot():
    """The braces of the name hold fingerprint and sample, and nothing else is hashed."""
    assert key_name(("ab", 3)) == b"evalpipe:{ab:3}"

"""What an endpoint may be asked a second: one bucket alone, its share of one, and one that processes share in Redis."""

import asyncio
import threading
import time
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from evalpipe.answering.budget import Budget, Rates, TokenBucket
from evalpipe.line.sharing import EndpointBucket
from evalpipe.store.bounded_cache import BoundedCache
from evalpipe.store.shared_access import Access
from evalpipe.store.shared_cache import SharedCache
from evalpipe_tests.answering.scripted import Run, Scripted, ask, go, plain, requests
from evalpipe_tests.redis_servers import RedisServer, redis_server

WAIT_MS = 2000.0  # the tests share their machine, and prove no bound on the wait here


@asynccontextmanager
async def shared_cache(server: RedisServer, wait_ms: float = WAIT_MS):
    async with BoundedCache(SharedCache(Access((server.url,), wait_s=wait_ms / 1000)), wait_ms=wait_ms) as cache:
        yield cache


def starts(bucket: TokenBucket, until_s: float, tokens: float = 0.0, begin: float = 50.0) -> int:
    """How many requests start within so many seconds where each starts as soon as it may."""
    now, started = begin, 0
    while now - begin <= until_s:
        delay_s = bucket.delay_s(tokens, now)
        if delay_s <= 1e-9:
            bucket.spend(1, tokens)
            started += 1
        now += max(delay_s, 0.0)
    return started


@pytest.mark.parametrize(("rate", "until_s"), [(0.5, 20.0), (5.0, 10.0), (200.0, 3.0)])
def test_a_rate_of_requests(rate, until_s):
    """So many a second and no more, beginning with one and not with a burst."""
    assert abs(starts(TokenBucket(Rates(rate)), until_s) - (1 + rate * until_s)) <= 1


@pytest.mark.parametrize(("rate", "each"), [(1000.0, 100.0), (1000.0, 250.0), (30.0, 3.0)])
def test_a_rate_of_tokens(rate, each):
    """A second's worth at first, then what flows in."""
    assert abs(starts(TokenBucket(Rates(None, rate)), 10.0, each) - 11 * rate / each) <= 1


def test_the_tighter_of_both_rates_holds():
    """Many small requests meet the one bound, a few large ones the other."""
    assert abs(starts(TokenBucket(Rates(10.0, 1000.0)), 10.0, 10.0) - 101) <= 1
    assert abs(starts(TokenBucket(Rates(10.0, 1000.0)), 10.0, 500.0) - 22) <= 1


def test_a_request_larger_than_a_seconds_worth_goes_through():
    """It waits for a full bucket and leaves a debt: late, and never not at all."""
    assert 3 <= starts(TokenBucket(Rates(None, 100.0)), 10.0, 400.0) <= 4


def test_no_more_than_a_second_gathers():
    """After an hour of rest one second's worth may go at once."""
    bucket = TokenBucket(Rates(20.0))
    starts(bucket, 1.0)
    assert starts(bucket, 0.0, begin=4000.0) == 20


def test_each_process_keeps_to_its_share():
    """Without a shared cache a process takes `budget_share` of both rates."""
    half = Budget(Rates(10.0, 1000.0), 0.5, None, lambda: None)
    assert half._own.rates == Rates(5.0, 500.0)
    assert Budget(Rates(None, 10.0), 0.1, None, lambda: None)._own.rates == Rates(None, 1.0)


def test_tokens_are_estimated_by_the_mean_and_settled():
    """Each answer corrects what was taken for it, though the estimate has moved since its request started."""
    budget = Budget(Rates(None, 10_000.0), 1.0, None, lambda: None, first_estimate=500.0)
    assert budget.delay_s(10.0) == 0
    taken = [budget.started() for _ in range(4)]
    for at, tokens in enumerate((100, 200, 300, 400)):
        budget.answered(tokens, taken[at])
    assert budget.estimate == 250
    assert budget._own.tokens == pytest.approx(10_000 - 1000)


def test_a_run_keeps_to_the_budget():
    """Asked as fast as it may be, an endpoint sees so many requests a second and no more."""
    began = time.monotonic()
    run = ask(Scripted(lambda n, attempt: plain(n)), 41, rates=Rates(40.0), budget_share=0.5)
    assert run.error is None
    assert len(run.replies) == 41
    assert 40 / 20 - 0.05 <= run.tally.seconds <= time.monotonic() - began < 6


def test_a_run_keeps_to_the_budget_of_tokens():
    """Of 23 tokens each and 460 a second, forty take the second that the bucket's first fill does not cover."""
    run = ask(Scripted(lambda n, attempt: plain(n)), 40, rates=Rates(None, 460.0), max_in_flight=1)
    assert run.error is None
    assert 0.9 <= run.tally.seconds < 6


def test_two_processes_share_one_bucket(redis_alone):
    """Two event loops, each with a connection of its own: together 100 a second, both are served."""
    name, runs = uuid4().hex, [Run(), Run()]

    async def one(run: Run) -> None:
        async with shared_cache(redis_alone) as cache:
            bucket = EndpointBucket(cache, name, Rates(100.0))
            await go(Scripted(lambda n, attempt: plain(n)), 130, bucket=bucket, run=run, rates=Rates(100.0))

    began = time.monotonic()
    threads = [threading.Thread(target=lambda run=run: asyncio.run(one(run))) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.monotonic() - began
    assert [run.error for run in runs] == [None, None]
    assert [len(run.replies) for run in runs] == [130, 130]
    assert (260 - 100) / 100 - 0.1 <= seconds < 6  # one second's worth goes at once
    assert all(run.tally.seconds > 0.5 for run in runs)


def test_the_shared_bucket_counts_tokens(redis_alone):
    """What the answers really used is settled: an estimate of 500 does not hold back requests of 23."""
    rates = Rates(None, 1000.0)

    async def run() -> Run:
        async with shared_cache(redis_alone) as cache:
            bucket = EndpointBucket(cache, uuid4().hex, rates)
            return await go(Scripted(lambda n, attempt: plain(n)), 87, bucket=bucket, rates=rates)

    done = asyncio.run(run())
    assert done.error is None
    assert len(done.replies) == 87
    assert 0.8 <= done.tally.seconds < 8  # 2,000 tokens, one second's worth of which are there


@pytest.mark.parametrize("when", ["from the start", "half-way"])
def test_without_the_cache_the_share_holds(when):
    """A cache that is killed leaves a process its own share: it goes on, at that pace, and nothing is lost."""

    async def run(server: RedisServer) -> Run:
        async with shared_cache(server, wait_ms=200.0) as cache:
            bucket = EndpointBucket(cache, "e", Rates(200.0))
            if when == "from the start":
                server.kill()

            def act(n: int, attempt: int):
                if n == 100 and when == "half-way":
                    server.kill()
                return plain(n)

            wanted = 40 if when == "from the start" else 140
            return await go(Scripted(act), wanted, bucket=bucket, rates=Rates(200.0), budget_share=0.1)

    with redis_server() as server:
        done = asyncio.run(run(server))
    assert done.error is None
    assert len(done.replies) == (40 if when == "from the start" else 140)
    # 40 more at 20 a second, less what was granted before and the second's worth that may have gathered.
    assert done.tally.seconds > (1.8 if when == "from the start" else 0.6)
    assert done.tally.seconds < 10


def test_a_bucket_that_is_closed_fetches_nothing_more(redis_alone):
    """A run that ends while a grant is on its way leaves no task behind."""

    async def run() -> None:
        async with shared_cache(redis_alone) as cache:
            bucket = EndpointBucket(cache, uuid4().hex, Rates(1.0))
            asking = asyncio.create_task(
                go(Scripted(lambda n, attempt: plain(n)), [requests(range(5))], bucket=bucket, rates=Rates(1.0))
            )
            await asyncio.sleep(0.2)
            asking.cancel()
            await asyncio.wait({asking})
            await asyncio.sleep(0)
            left = {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}
            assert left <= {cache._calls._opening}

    asyncio.run(run())


def test_a_fault_of_the_bucket_ends_the_run():
    """An error of ours while a grant is fetched is raised, and the run does not wait for grants for ever."""

    class Wounded:
        async def take(self, requests, tokens_each):
            raise ZeroDivisionError

        async def settle(self, tokens):
            raise NotImplementedError

    run = ask(Scripted(lambda n, attempt: plain(n)), 5, bucket=Wounded(), rates=Rates(10.0))
    assert isinstance(run.error, ZeroDivisionError)

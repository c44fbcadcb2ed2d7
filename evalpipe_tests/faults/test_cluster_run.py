"""A run that shares answers through a Redis Cluster, of which a master is killed in the middle."""

import asyncio
import time
from uuid import uuid4

import pytest

from evalpipe.answering.retry import Patience
from evalpipe.store import bounded_calls
from evalpipe.store.bounded_cache import BoundedCache
from evalpipe.store.shared_access import Access
from evalpipe.store.shared_cache import SharedCache
from evalpipe_tests.answering.scripted import Run, Scripted, go, plain, requests
from evalpipe_tests.redis_servers import RedisServer, masters_of, needs_redis, redis_cluster

pytestmark = pytest.mark.alone

QUESTIONS = 2_000
KILL_AT = 500
LEASE_S = 3.0  # of requests whose answers found no cache: so long does the second run wait for them
AFTERWARDS_S = 6.0  # a replica has taken over by then, and the cache is in use again


@pytest.fixture
def cluster():
    if lack := needs_redis():
        pytest.skip(lack)
    with redis_cluster(3, replicas=1) as nodes:
        yield nodes


def test_a_master_is_killed_during_a_run(cluster, monkeypatch):
    """kill -9 of one of three masters: no answer lost, no failure counted against the model, nothing sent twice by the
    run; when the replica has taken over, another run finds the answers of this one.
    """
    monkeypatch.setattr(bounded_calls, "FIRST_PAUSE_S", 0.2)
    monkeypatch.setattr(bounded_calls, "LONGEST_PAUSE_S", 1.0)
    name, warnings = uuid4().hex[:24], []
    wanted = [requests(range(at, at + 100), name) for at in range(0, QUESTIONS, 100)]

    async def run(nodes: list[RedisServer], backend: Scripted) -> Run:
        access = Access(tuple(node.url for node in nodes), wait_s=0.5)
        async with BoundedCache(SharedCache(access, lease_s=LEASE_S), wait_ms=500, warn=warnings.append) as cache:
            return await go(backend, wanted, cache, max_in_flight=4, patience=Patience(0), lease_s=LEASE_S)

    killed_at: list[float] = []

    def act(n: int, attempt: int):
        if n == KILL_AT:
            masters_of(cluster)[1].kill()
            killed_at.append(time.monotonic())
        # The rest is spread over the time that the cluster needs, so that the run goes on with a whole one.
        if killed_at and time.monotonic() - killed_at[0] < AFTERWARDS_S:
            return 0.01
        return plain(n)

    backend = Scripted(act)
    first = asyncio.run(run(cluster, backend))
    assert first.error is None
    assert first.replies == {n: plain(n) for n in range(QUESTIONS)}
    assert (first.tally.failed, first.tally.retries, first.tally.tries) == (0, 0, QUESTIONS)
    assert sorted(backend.asked) == list(range(QUESTIONS))
    assert "left out" in warnings[0]

    alive = [node for node in cluster if node.process.poll() is None]
    second = asyncio.run(run(alive, Scripted(lambda n, attempt: plain(n))))
    assert second.replies == first.replies
    assert second.tally.hits > KILL_AT // 2  # a third of the keys went with the master, but for what its replica had

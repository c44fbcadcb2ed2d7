"""The shared cache for an event loop. It is there to save time, so no call costs much of it, and none raises.

A call waits `wait_ms` at most. A cache that does not answer by then is left out for a while, and every call returns at
once with "nothing is known": the run goes on, and may send a request that another process sends too.
"""

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar

from evalpipe.store.bounded_calls import BoundedCalls, CacheCounters
from evalpipe.store.shared_cache import (
    UNSHARED,
    Claimed,
    Grant,
    Lease,
    PartlyError,
    Publication,
    Rates,
    SharedCache,
)
from evalpipe.store.shared_values import Key

_T = TypeVar("_T")

WAIT_MS = 50.0
KEYS_A_JOB = 512  # at 30,000 keys/s of a cluster 17 ms: long jobs would look like a slow cache


class BoundedCache:
    """`async with BoundedCache(SharedCache(access)) as cache`. For one event loop.

    Args:
        warn: told once when the cache is left out, and once when it is back.
    """

    def __init__(
        self,
        cache: SharedCache,
        *,
        wait_ms: float = WAIT_MS,
        warn: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._calls = BoundedCalls(cache, wait_ms / 1000, warn)

    @property
    def counters(self) -> CacheCounters:
        return self._calls.counters

    async def __aenter__(self) -> Self:
        self._calls.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._calls.close()

    async def claim(self, keys: Sequence[Key]) -> list[Claimed]:
        """For each key its answer, a lease, None (another process holds it) or UNSHARED: ask without a lease."""
        out: list[Claimed] = []
        for part in _parts(keys):
            found = await self._calls.call(lambda cache, part=part: cache.claim(part), undo=_give_back)
            out += found if found is not None else [UNSHARED] * len(part)
        held = out.count(None)
        self.counters.waits += held
        self._count(len(out) - held, sum(isinstance(each, bytes) for each in out))
        return out

    async def get_many(self, keys: Sequence[Key]) -> list[bytes | None]:
        """For each key its answer, or None."""
        out: list[bytes | None] = []
        for part in _parts(keys):
            found = await self._calls.call(lambda cache, part=part: cache.get_many(part))
            out += found if found is not None else [None] * len(part)
        self._count(len(out), len(out) - out.count(None))
        return out

    async def publish(self, items: Sequence[Publication]) -> list[bytes | None]:
        """Store each answer. Returned is the one that was there before, to be adopted, or None."""
        out: list[bytes | None] = []
        for part in _parts(items):
            there = await self._calls.call(lambda cache, part=part: cache.publish(part))
            out += there if there is not None else [None] * len(part)
        return out

    async def renew(self, leases: Sequence[Lease]) -> list[bool]:
        """Whether each lease is still held; True where nobody says, as there is nothing better to do than to go on."""
        out: list[bool] = []
        for part in _parts(leases):
            held = await self._calls.call(lambda cache, part=part: cache.renew(part))
            out += held if held is not None else [True] * len(part)
        return out

    async def release(self, leases: Sequence[Lease]) -> None:
        """Give leases back; those that cannot be end by themselves."""
        for part in _parts(leases):
            await self._calls.call(lambda cache, part=part: cache.release(part))

    async def take(self, bucket: str, rates: Rates, wanted: int, tokens_each: float = 0) -> Grant | None:
        """How many of `wanted` requests may go now; None: nobody says, keep to your own share."""
        return await self._calls.call(lambda cache: cache.take(bucket, rates, wanted, tokens_each))

    async def settle(self, bucket: str, tokens_delta: float) -> None:
        """So many tokens more were used than taken, or fewer if negative."""
        await self._calls.call(lambda cache: cache.settle(bucket, tokens_delta))

    def _count(self, keys: int, hits: int) -> None:
        self.counters.hits += hits
        self.counters.misses += keys - hits


def _give_back(cache: SharedCache, outcome: object) -> None:
    """The leases of a claim that nobody waits for: else they would keep others waiting until they end."""
    claimed = outcome.outcomes if isinstance(outcome, PartlyError) else outcome
    if isinstance(claimed, list) and (leases := [each for each in claimed if isinstance(each, Lease)]):
        cache.release(leases)


def _parts(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for at in range(0, len(items), KEYS_A_JOB):
        yield items[at : at + KEYS_A_JOB]

"""What runs share with one another while they ask: the cache in Redis and, in it, the budget of an endpoint."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from evalpipe.answering.budget import Rates
from evalpipe.config import Config
from evalpipe.config.cache import shared_access
from evalpipe.store import shared_cache
from evalpipe.store.bounded_cache import BoundedCache
from evalpipe.store.shared_cache import SharedCache


@dataclass(frozen=True, slots=True)
class EndpointBucket:
    """The budget of one endpoint as all processes draw on it. `endpoint` is its identity."""

    cache: BoundedCache
    endpoint: str
    rates: Rates

    async def take(self, requests: int, tokens_each: float) -> tuple[int, float] | None:
        rates = shared_cache.Rates(self.rates.requests, self.rates.tokens)
        granted = await self.cache.take(self.endpoint, rates, requests, tokens_each)
        return None if granted is None else (granted.requests, granted.wait_s)

    async def settle(self, tokens: float) -> None:
        await self.cache.settle(self.endpoint, tokens)


@asynccontextmanager
async def sharing(config: Config, note: Callable[[str], None]) -> AsyncIterator[BoundedCache | None]:
    """The shared cache for one run of the engine; None where none is configured. `note` is told when it is left out."""
    section, access = config.file.cache, shared_access(config)
    if access is None:
        yield None
        return
    shared = SharedCache(access, lease_s=section.lease_s, max_value_bytes=section.max_value_bytes)
    async with BoundedCache(shared, wait_ms=section.wait_ms, warn=note) as cache:
        yield cache

"""What runs share with one another while they ask: the cache in Redis and, in it, the budget of an endpoint."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from evalpipe.answering.budget import SharedBucket
from evalpipe.answering.flights import Shared
from evalpipe.config import Config
from evalpipe.config.schema import AnyModel


@asynccontextmanager
async def shared_cache(
    config: Config, model: AnyModel, note: Callable[[str], None]
) -> AsyncIterator[tuple[Shared | None, SharedBucket | None]]:
    yield None, None

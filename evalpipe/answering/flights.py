"""Single flight: what other processes know or are asking is not asked here. Through Redis; without it, nothing of this.

Before a request is sent it is claimed: the shared cache has its answer, or gives this process the lease, or another
process holds the lease. Who waits looks again until the answer is there, or the lease is free because its holder died.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import orjson

from evalpipe.answering.requests import Request
from evalpipe.core.answers import OUTCOMES, Reply
from evalpipe.store.bounded_cache import KEYS_A_JOB, BoundedCache
from evalpipe.store.shared_cache import Lease, Publication
from evalpipe.store.shared_values import Key

PUBLISH_EVERY_S = 0.02
LOOK_FIRST_S, LOOK_MOST_S = 0.02, 0.25  # how often a waiter looks again, from the first time on


@dataclass(frozen=True, slots=True)
class Sorted:
    """A batch of requests: answered elsewhere, ours to ask, or being asked by another process."""

    hits: list[tuple[Request, Reply]]
    ours: list[Request]
    held: list[Request]


@dataclass(slots=True)
class Flights:
    """`found` is called with answers that other processes brought, `freed` with requests whose holder died."""

    cache: BoundedCache
    ttl_s: float
    renew_every_s: float
    found: Callable[[list[tuple[Request, Reply]]], None]
    freed: Callable[[list[Request]], None]
    _leases: dict[Key, Lease] = field(default_factory=dict[Key, Lease])
    _held: dict[Key, Request] = field(default_factory=dict[Key, Request])
    _news: list[Publication] = field(default_factory=list[Publication])
    _given_up: list[Lease] = field(default_factory=list[Lease])
    _tasks: list["asyncio.Task[None]"] = field(default_factory=list["asyncio.Task[None]"])

    def start(self) -> list["asyncio.Task[None]"]:
        """The work beside the asking; the caller watches the tasks for errors."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(each()) for each in (self._publish, self._look, self._renew)]
        return self._tasks

    @property
    def waiting(self) -> int:
        """How many requests wait for another process."""
        return len(self._held)

    async def sort(self, requests: Sequence[Request]) -> Sorted:
        """What is known is found with plain reads; only the rest is claimed, which costs a script each."""
        known = await self.cache.get_many([each.key for each in requests])
        hits: list[tuple[Request, Reply]] = []
        unknown: list[Request] = []
        for request, value in zip(requests, known, strict=True):
            reply = unpack(value)
            if reply is None:
                unknown.append(request)
            else:
                hits.append((request, reply))
        claimed = await self._claim(unknown) if unknown else Sorted([], [], [])
        self._held.update((each.key, each) for each in claimed.held)
        return Sorted(hits + claimed.hits, claimed.ours, claimed.held)

    async def _claim(self, requests: Sequence[Request]) -> Sorted:
        found = Sorted([], [], [])
        for at in range(
            0, len(requests), KEYS_A_JOB
        ):  # each lease is noted before the next wait, which may be the last
            part = requests[at : at + KEYS_A_JOB]
            for request, got in zip(part, await self.cache.claim([each.key for each in part]), strict=True):
                if got is None:
                    found.held.append(request)
                elif isinstance(got, bytes):
                    reply = unpack(got)
                    if reply is not None:
                        found.hits.append((request, reply))
                    else:  # another version's way to write it: ask, and leave it alone
                        found.ours.append(request)
                elif not isinstance(got, Lease):  # the cache is out: nobody coordinates
                    found.ours.append(request)
                else:
                    self._leases[request.key] = got
                    found.ours.append(request)
        return found

    def answered(self, request: Request, reply: Reply) -> None:
        """Tell the others, soon. What failed is nobody's answer: the lease is given back."""
        lease = self._leases.pop(request.key, None)
        if reply.outcome != "failed":
            self._news.append(Publication(request.key, lease, pack(reply), self.ttl_s))
        elif lease is not None:
            self._given_up.append(lease)

    async def close(self) -> None:
        """Publish what is left and give all leases back, so that nobody waits for them to expire."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._given_up.extend(self._leases.values())
        self._leases.clear()
        await self._tell()

    async def _publish(self) -> None:
        while True:
            await asyncio.sleep(PUBLISH_EVERY_S)
            await self._tell()

    async def _tell(self) -> None:
        """Cancelled half-way, it may be called again: an answer is forgotten when it was published, and not before."""
        while self._news:
            news = self._news[:KEYS_A_JOB]
            await self.cache.publish(news)
            del self._news[: len(news)]
        while self._given_up:
            given_up = self._given_up[:KEYS_A_JOB]
            await self.cache.release(given_up)
            del self._given_up[: len(given_up)]

    async def _look(self) -> None:
        pause_s = LOOK_FIRST_S
        while True:
            await asyncio.sleep(pause_s)
            if not self._held:
                pause_s = LOOK_FIRST_S
                continue
            asked = list(self._held.values())
            now = await self._claim(asked)
            for request in (*(each for each, _ in now.hits), *now.ours):
                self._held.pop(request.key, None)
            pause_s = LOOK_FIRST_S if now.hits else min(LOOK_MOST_S, 1.5 * pause_s)
            if now.hits:
                self.found(now.hits)
            if now.ours:
                self.freed(now.ours)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self.renew_every_s)
            if self._leases:
                await self.cache.renew(list(self._leases.values()))


def pack(reply: Reply) -> bytes:
    """A reply as the cache holds it; nothing of who asked, when, or at what cost."""
    return orjson.dumps(
        [
            reply.outcome,
            reply.text,
            reply.finish_reason,
            reply.prompt_tokens,
            reply.completion_tokens,
            reply.cached_tokens,
            reply.latency_s,
            reply.error,
        ]
    )


def unpack(value: bytes | None) -> Reply | None:
    """The reply; None for nothing, or for what another version wrote."""
    if value is None:
        return None
    try:
        fields = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(fields, list) or len(fields) != 8 or fields[0] not in OUTCOMES or fields[0] == "failed":
        return None
    outcome, text, finish_reason, prompt, completion, cached, latency_s, error = fields
    return Reply(outcome, text, finish_reason, prompt, completion, cached, latency_s, error)

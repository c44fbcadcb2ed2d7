"""Endpoints and a client in simulated time: minutes of traffic through a `Limiter` in a second of computing."""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from evalpipe.answering.limiter import Limiter

START = 1000.0  # the clock's: as good as any, and not zero


@dataclass(frozen=True, slots=True)
class Fate:
    """What a request gets, and after how long. `status`: 200, 400 or 429."""

    status: int
    latency_s: float
    retry_after_s: float | None = None


class Endpoint(Protocol):
    def arrive(self, now: float) -> Fate: ...


@dataclass(slots=True)
class TokenBucketEndpoint:
    """So many requests a second, `burst` of them at once; more get a 429. `rate` may be changed on the way."""

    rate: float
    burst: float
    latency_s: float = 0.09
    retry_after_s: float | None = None
    _tokens: float = -1.0
    _at: float = START

    def arrive(self, now: float) -> Fate:
        tokens = self.burst if self._tokens < 0 else self._tokens
        self._tokens = min(self.burst, tokens + self.rate * (now - self._at))
        self._at = now
        if self._tokens < 1:
            return Fate(429, 0.005, self.retry_after_s)
        self._tokens -= 1
        return Fate(200, self.latency_s * random.uniform(0.9, 1.1))


@dataclass(slots=True)
class QueueingEndpoint:
    """`servers` at work side by side, each `latency_s` on a request; the others wait in a queue without end."""

    servers: int
    latency_s: float = 0.1
    noise_s: float = 0.0
    _free_at: list[float] = field(default_factory=list)

    def arrive(self, now: float) -> Fate:
        while len(self._free_at) < self.servers:
            heapq.heappush(self._free_at, now)
        while len(self._free_at) > self.servers:
            heapq.heappop(self._free_at)
        done = max(now, heapq.heappop(self._free_at)) + self.latency_s
        heapq.heappush(self._free_at, done)
        return Fate(200, done - now + random.uniform(0, self.noise_s))


@dataclass(slots=True)
class Client:
    """Always has a request to send. `served` and `refused` are the times of replies; `limits` what was allowed when."""

    limiter: Limiter
    endpoint: Endpoint
    now: float = START
    served: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    limits: list[tuple[float, float]] = field(default_factory=list)
    loop_lag_s: float = 0.0

    def served_by(self, begin: float, end: float) -> float:
        """Answers a second between two times after the start."""
        return sum(begin <= at - START < end for at in self.served) / (end - begin)

    def refused_share(self, begin: float = 0.0) -> float:
        """Of all replies from then on."""
        refused = sum(at - START >= begin for at in self.refused)
        return refused / max(1, refused + sum(at - START >= begin for at in self.served))

    def limit_at(self, seconds: float) -> float:
        return [limit for at, limit in self.limits if at <= START + seconds][-1]


def simulate(*clients: Client, until_s: float, at: dict[float, Callable[[], None]] | None = None) -> None:
    """Run the clients up to `until_s` seconds after the start; `at` says what else happens when."""
    order, events = count(), []

    def plan(when: float, act: Callable[[], None]) -> None:
        heapq.heappush(events, (when, next(order), act))

    planned: dict[int, float] = {}

    def pump(client: Client, now: float) -> None:
        while (delay_s := client.limiter.delay_s(now)) <= 0:
            client.limiter.started(now)
            client.sent.append(now)
            fate = client.endpoint.arrive(now)
            plan(now + fate.latency_s + client.loop_lag_s, lambda fate=fate: reply(client, fate, now))
        when = now + max(delay_s, 0.001)
        if delay_s != float("inf") and not now < planned.get(id(client), 0.0) <= when:
            planned[id(client)] = when
            plan(when, lambda: pump(client, when))

    def reply(client: Client, fate: Fate, sent: float) -> None:
        now = sent + fate.latency_s + client.loop_lag_s
        if fate.status == 200:
            client.served.append(now)
            client.limiter.answered(sent, now - sent, now, client.loop_lag_s)
        elif fate.status == 429:
            client.refused.append(now)
            client.limiter.pushed_back(sent, now, fate.retry_after_s)
        else:
            client.limiter.ended()
        client.limits.append((now, client.limiter.limit))
        pump(client, now)

    for seconds, act in (at or {}).items():
        plan(START + seconds, act)
    for client in clients:
        plan(client.now, lambda client=client: pump(client, client.now))
    while events and events[0][0] <= START + until_s:
        _, _, act = heapq.heappop(events)
        act()

"""What an endpoint may be asked a second, requests and tokens: shared by all processes through Redis, else divided."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

GRANT_S = 0.1  # so much of a second's worth is fetched at a time: ten round trips a second, however fast the endpoint


@dataclass(frozen=True, slots=True)
class Rates:
    """Per second; None: not bounded."""

    requests: float | None = None
    tokens: float | None = None


class SharedBucket(Protocol):
    """The bucket in Redis (`line.sharing`)."""

    async def take(self, requests: int, tokens_each: float) -> tuple[int, float] | None:
        """How many of `requests` are granted, and seconds until the next may come. None: the cache is out."""
        ...

    async def settle(self, tokens: float) -> None:
        """Correct the tokens taken: more were used (positive), or fewer."""
        ...


@dataclass(slots=True)
class TokenBucket:
    """Two rates, filled by time; one second's worth is the most that gathers. Pure; told the time."""

    rates: Rates
    requests: float = 1.0
    tokens: float = 0.0
    _filled_at: float | None = None

    def delay_s(self, tokens: float, now: float) -> float:
        """Seconds until one request of so many tokens may start; one larger than a second's worth waits for that."""
        self._fill(now)
        waits = [0.0]
        if self.rates.requests is not None:
            waits.append((1 - self.requests) / self.rates.requests)
        if self.rates.tokens is not None:
            waits.append((min(tokens, self.rates.tokens) - self.tokens) / self.rates.tokens)
        return max(waits)

    def spend(self, requests: int, tokens: float) -> None:
        self.requests -= requests
        self.tokens -= tokens

    def _fill(self, now: float) -> None:
        seconds = 0.0 if self._filled_at is None else now - self._filled_at
        first = self._filled_at is None
        self._filled_at = now
        if self.rates.requests is not None:
            self.requests = min(max(1.0, self.rates.requests), self.requests + self.rates.requests * seconds)
        if self.rates.tokens is not None:
            start = self.rates.tokens if first else self.tokens
            self.tokens = min(self.rates.tokens, start + self.rates.tokens * seconds)


@dataclass(slots=True)
class Budget:
    """A process's view of the budget. `wake` is called when a grant has come and asking may go on.

    What a request will use is estimated by the mean of those answered so far, and settled afterwards.
    """

    rates: Rates
    share: float
    shared: SharedBucket | None
    wake: Callable[[], None]
    first_estimate: float = 500.0  # tokens of prompt and answer, until the first answers are in
    _own: TokenBucket = field(init=False)
    _granted: int = 0
    _granted_each: float = 0.0  # the estimate of tokens with which those were taken
    _wait_until: float = 0.0
    _fetching: "asyncio.Task[None] | None" = None
    _used: float = 0.0
    _answers: int = 0
    _unsettled: float = 0.0

    def __post_init__(self) -> None:
        requests, tokens = self.rates.requests, self.rates.tokens
        self._own = TokenBucket(Rates(requests and requests * self.share, tokens and tokens * self.share))

    @property
    def estimate(self) -> float:
        """Tokens of one request."""
        return self._used / self._answers if self._answers else self.first_estimate

    def delay_s(self, now: float) -> float:
        """Seconds until one more request may start; a small number while a grant is on its way."""
        if self.shared is None:
            return self._own.delay_s(self.estimate, now)
        if self._granted:
            return 0.0
        if self._fetching is None and now >= self._wait_until:
            self._fetching = asyncio.get_running_loop().create_task(self._fetch())
        return max(self._wait_until - now, 0.05)

    def started(self) -> float:
        """One request starts. Returned are the tokens taken for it."""
        if self.shared is None:
            self._own.spend(1, self.estimate)
            return self.estimate
        self._granted -= 1
        return self._granted_each

    def answered(self, tokens: int, taken: float) -> None:
        """An answer used so many tokens, where `taken` were taken for it; a try without an answer gives none back."""
        if self.rates.tokens is None:
            return
        over = tokens - taken
        self._used += tokens
        self._answers += 1
        if self.shared is None:
            self._own.spend(0, over)
        else:
            self._unsettled += over

    async def _fetch(self) -> None:
        assert self.shared is not None
        try:
            wanted = max(1, int((self.rates.requests or 200.0) * GRANT_S))
            if self.rates.tokens is not None:
                wanted = max(1, min(wanted, int(self.rates.tokens * GRANT_S / max(self.estimate, 1.0))))
            if self._unsettled:
                unsettled, self._unsettled = self._unsettled, 0.0
                await self.shared.settle(unsettled)
            each = self.estimate if self.rates.tokens is not None else 0.0
            got = await self.shared.take(wanted, each)
        finally:
            self._fetching = None
        now = time.monotonic()
        self._granted_each = each
        if got is None:  # the cache is out: one request at a time, by this process's share, until it is back
            self._wait_until = now + self._own.delay_s(self.estimate, now)
            self._granted = int(self._wait_until <= now)
            self._own.spend(self._granted, each * self._granted)
        else:
            self._granted, wait_s = got
            self._wait_until = now + (0.0 if self._granted else wait_s)
        self.wake()

    def close(self) -> None:
        if self._fetching is not None:
            self._fetching.cancel()

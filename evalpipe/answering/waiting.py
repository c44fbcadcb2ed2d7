"""Requests that wait: fresh ones in order, and those to be tried again, each not before its time."""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count

from evalpipe.answering.requests import Request
from evalpipe.backends.protocol import TryAgainError


@dataclass(slots=True)
class Waiting:
    """A request that is not answered yet. `first_try` is a monotonic time; `error` is what the last try met."""

    request: Request
    tries: int = 0
    faults: int = 0
    first_try: float = 0.0
    tokens_taken: float = 0.0  # of the budget, for the last try
    error: TryAgainError | None = None


@dataclass(slots=True, repr=False)
class WaitingLine:
    """Times are in seconds of one monotonic clock."""

    fresh: deque[Waiting] = field(default_factory=deque[Waiting])
    _again: list[tuple[float, int, Waiting]] = field(default_factory=list[tuple[float, int, Waiting]])
    _order: "count[int]" = field(default_factory=count)

    def __bool__(self) -> bool:
        return bool(self.fresh or self._again)

    def add(self, requests: Iterable[Request]) -> None:
        """Fresh ones, behind the others."""
        self.fresh.extend(Waiting(request) for request in requests)

    def again(self, waiting: Waiting, due: float) -> None:
        """One that was tried, not before `due`."""
        heapq.heappush(self._again, (due, next(self._order), waiting))

    def put_back(self, waiting: Waiting, now: float) -> None:
        """One that was taken and could not be tried."""
        if waiting.tries:
            self.again(waiting, now)
        else:
            self.fresh.appendleft(waiting)

    def take_due(self, now: float) -> Waiting | None:
        """The next one that was tried and may be tried again."""
        return heapq.heappop(self._again)[2] if self._again and self._again[0][0] <= now else None

    def due_in_s(self, now: float) -> float | None:
        """Seconds until the next one may be tried again; None: there is none."""
        return self._again[0][0] - now if self._again else None

    @property
    def tried(self) -> list[Waiting]:
        """All that were tried."""
        return [waiting for _, _, waiting in self._again]

    def forget_tried(self) -> None:
        self._again.clear()

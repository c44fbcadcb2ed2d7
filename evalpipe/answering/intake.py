"""Final replies on their way in: kept, with one write for those of one turn of the loop, and then told to others."""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evalpipe.answering.flights import Flights
from evalpipe.answering.requests import Request
from evalpipe.answering.tally import Arrival, Origin, Tally
from evalpipe.core.answers import Reply
from evalpipe.core.errors import EvalpipeError

Receive = Callable[[Sequence[Arrival]], None]


@dataclass(slots=True, repr=False)  # it holds answers, which belong into no log
class Intake:
    """`receive` keeps arrivals. `settled` is called when some were kept, `broken` when they could not be."""

    receive: Receive
    tally: Tally
    settled: Callable[[], None]
    broken: Callable[[EvalpipeError], None]
    flights: Flights | None = None
    progress_at: float = field(default_factory=time.monotonic)  # when the last answer came
    _arrivals: list[Arrival] = field(default_factory=list[Arrival])

    def __bool__(self) -> bool:
        """Whether something has arrived that is not kept yet."""
        return bool(self._arrivals)

    def take(self, arrival: Arrival) -> None:
        """A reply of our own asking. Those of one turn of the loop are kept together, before any of them counts."""
        reply = arrival.reply
        if reply.outcome == "failed":
            self.tally.failed += 1
        else:
            self.tally.answered += 1
            self.progress_at = time.monotonic()
            if reply.latency_s is not None:
                self.tally.latencies_s.append(reply.latency_s)
        if not self._arrivals:
            asyncio.get_running_loop().call_soon(self.keep)
        self._arrivals.append(arrival)

    def keep(self) -> None:
        """Hand on what has arrived."""
        if not self._arrivals:
            return  # a run that ends has kept it already
        arrivals, self._arrivals = self._arrivals, []
        try:
            self.receive(arrivals)
        except EvalpipeError as error:
            self.broken(error)
            return
        if self.flights is not None:
            for arrival in arrivals:
                self.flights.answered(arrival.request, arrival.reply)
        self.settled()

    def found(self, hits: list[tuple[Request, Reply]], origin: Origin) -> None:
        """Answers that other processes asked for."""
        if not hits:
            return
        if origin == "cache":
            self.tally.hits += len(hits)
        else:
            self.tally.joined += len(hits)
        self.progress_at = time.monotonic()
        self.receive([Arrival(request, reply, origin) for request, reply in hits])
        self.settled()

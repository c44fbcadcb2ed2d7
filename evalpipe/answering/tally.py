"""What a run of the engine counts."""

from array import array
from dataclasses import dataclass, field
from typing import Literal

from evalpipe.answering.requests import Request
from evalpipe.core.answers import Reply

# `asked`: by this run. `cache`: another run had published it. `joined`: another process was just asking it.
Origin = Literal["asked", "cache", "joined"]


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request and its final reply. `attempts`: tries of this run, 0 where another one had asked."""

    request: Request
    reply: Reply
    origin: Origin
    attempts: int = 0


@dataclass(slots=True)
class Tally:
    """Counts of one run. `tries` are requests sent, `pushed_back` those of them that met a 429 or 503; `latencies_s`
    are the endpoint's own, of the answers asked for here.
    """

    tries: int = 0
    answered: int = 0
    failed: int = 0
    hits: int = 0
    joined: int = 0
    retries: int = 0
    pushed_back: int = 0
    most_in_flight: int = 0
    first_sent_s: float | None = None  # since the run began
    seconds: float = 0.0
    latencies_s: "array[float]" = field(default_factory=lambda: array("d"))

    def quantile(self, q: float) -> float | None:
        """Of the latencies, by the nearest rank; None without any."""
        if not self.latencies_s:
            return None
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))]

    @property
    def rate_per_s(self) -> float:
        """Answers a second of asking."""
        asking_s = self.seconds - (self.first_sent_s or 0.0)
        return self.answered / asking_s if asking_s > 0 else 0.0

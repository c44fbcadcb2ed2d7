"""The places that answer for one model, each with its own limiter and health; the less loaded of two is taken."""

import math
import random
from dataclasses import dataclass

from evalpipe.answering.limiter import Limiter
from evalpipe.backends.protocol import Session

SICK_AFTER = 5  # broken connections or faults in a row
FIRST_REST_S, LONGEST_REST_S = 0.25, 10.0


@dataclass(slots=True)
class Lane:
    """One session. A sick one rests, then is tried with a single request, and rests longer if that fails too."""

    session: Session
    limiter: Limiter
    _troubles: int = 0
    _rest_until: float = 0.0

    @property
    def sick(self) -> bool:
        return self._troubles >= SICK_AFTER

    def delay_s(self, now: float) -> float:
        """As the limiter's; a sick lane takes one request at a time, after its rest."""
        if self.sick:
            if self.limiter.in_flight:
                return math.inf
            return max(self._rest_until - now, self.limiter.delay_s(now))
        return self.limiter.delay_s(now)

    def troubled(self, now: float) -> None:
        self._troubles += 1
        if self.sick:
            rest_s = min(LONGEST_REST_S, FIRST_REST_S * 2 ** (self._troubles - SICK_AFTER))
            self._rest_until = now + rest_s * random.uniform(0.5, 1.0)

    def well(self) -> None:
        self._troubles = 0


def choose(lanes: list[Lane], now: float) -> tuple[Lane | None, float]:
    """A lane that may take a request now, else how long until one may (infinity: until one in flight has ended).

    Source: the less loaded of two taken at random, Mitzenmacher 2001, "The Power of Two Choices".
    """
    if len(lanes) == 1:
        delay_s = lanes[0].delay_s(now)
        return (lanes[0], 0.0) if delay_s <= 0 else (None, delay_s)
    delays = [lane.delay_s(now) for lane in lanes]
    free = [lane for lane, delay_s in zip(lanes, delays, strict=True) if delay_s <= 0]
    if not free:
        return None, min(delays)
    # A sick lane whose rest is over gets its one try first: nobody else will find out that it is well again.
    for lane in free:
        if lane.sick:
            return lane, 0.0
    two = free if len(free) < 3 else random.sample(free, 2)
    return min(two, key=lambda lane: lane.limiter.in_flight), 0.0

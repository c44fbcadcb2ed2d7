"""How many requests one endpoint may have in flight, and how fast they may start. Pure: it is told what happened, and
when.

Two bounds work together. The **limit** is on requests in flight: it doubles while nothing speaks against it, then grows
by steps, and shrinks when latency climbs beyond `LATENCY_CLIMB` of its own floor. The **pace** is on starts a second:
it does not exist until the endpoint pushes back (429, 503), is then measured, and is lifted when it has not been needed
for long.

Source: additive increase and multiplicative decrease, Chiu and Jain 1989; latency against its floor as the sign of a
queue, Brakmo and Peterson 1995 (TCP Vegas); the climb of the pace, Ha, Rhee and Xu 2008 (CUBIC).
"""

import math
import random
import statistics
from dataclasses import dataclass, field

FIRST_LIMIT = 8
LATENCY_CLIMB = 1.5
SMALL_CLIMB_S = 0.025  # climbs of less are the machine's own noise, whatever the factor
SHRINK = 0.7  # of a limit that is 1.5 times what the endpoint serves at once, that still keeps it busy
SHRINK_HELPS = 0.85  # a queue of ours is 0.7 as long afterwards, another's as long as before
SPREAD = 1.25  # while it doubles, starts come at most so much faster than the limit would have it on average
SPREAD_SLACK_S = 0.002  # a timer is no more exact than that
STEP = 0.05  # growth a round once it no longer doubles
BUSY_LOOP_S = 0.025  # a client that is so far behind itself gains nothing from more in flight

# A bucket that went from empty to empty between two pushbacks has let through exactly its rate. From just below it the
# pace climbs back, lingers there, and then climbs ever faster, should there be more to have.
PACE_OF_MEASURED = 0.95
PACE_AT_FIRST = 0.5  # before the first pushback a burst was let through, so the measure is too high
CLIMB = 0.03  # a second cubed: twice the measure 4.4 s after a pushback, with none in between
LINGER_S = ((1 - PACE_OF_MEASURED) / CLIMB) ** (1 / 3)
CATCH_UP = 2.0  # after a hold, starts may come so much faster than the pace until the credit is spent
MOST_CREDIT_S = 2.0
LIFT_S = 30.0  # a pace that was not needed for so long is dropped
FEW_PUSHBACKS, PUSHBACKS_OF = 0.2, 40  # a share of the last so many replies that is some server's hiccup
LONGEST_HOLD_S = 60.0  # an endpoint may ask for more; it is asked again after this


@dataclass(slots=True)
class Limiter:
    """`most` is the configured bound. Times are in seconds of one monotonic clock."""

    most: int
    limit: float = 0.0
    in_flight: int = 0
    hold_until: float = 0.0
    pace: float | None = None
    episodes: int = 0
    _pushback_share: float = 0.0  # of the last replies, the recent ones counting most
    _doubling: bool = True
    _floor_s: float = math.inf
    _shrinks: int = 0  # rounds in a row that shrank the limit for their latency
    _shrunk_at_s: float = 0.0  # the median of the last of them
    _round: list[float] = field(default_factory=list[float])
    _full: bool = False  # whether the limit was reached in this round: else growing proves nothing
    _changed_at: float = -math.inf  # what started before says nothing about the limit as it is now
    _episode_at: float | None = None
    _first_start: float | None = None
    _starts: int = 0  # since the last episode, less those pushed back
    _measured: float = 0.0  # the rate that was let through between the last two pushbacks
    _credit: float = 0.0
    _credited_at: float = 0.0
    _last_start: float = -math.inf
    _spread_until: float = 0.0
    _unanswered: int = 0  # episodes without an answer in between

    def __post_init__(self) -> None:
        self.limit = self.limit or float(min(self.most, FIRST_LIMIT))

    def delay_s(self, now: float) -> float:
        """How long until one more may start: 0 now, infinity when one in flight has to end first."""
        if self.in_flight >= int(self.limit):
            self._full = True
            return math.inf
        wait_s = self.hold_until - now
        if self._doubling and self._floor_s < math.inf:
            # Spread over the time that one takes: what is sent in one go learns too late that it is too much.
            wait_s = max(wait_s, self._spread_until - now - SPREAD_SLACK_S)
        self._accrue(now)
        if self.pace is not None:
            spacing_s = self._last_start + 1 / (CATCH_UP * self.pace) - now
            credit_s = (1 - self._credit) / self.pace
            wait_s = max(wait_s, spacing_s, credit_s)
        return max(0.0, wait_s)

    def started(self, now: float) -> None:
        self.in_flight += 1
        self._starts += 1
        self._last_start = now
        if self._first_start is None:
            self._first_start = now
        if self._doubling and self._floor_s < math.inf:
            step_s = self._floor_s / (SPREAD * self.limit)
            self._spread_until = max(self._spread_until, now - SPREAD_SLACK_S) + step_s
        if self.pace is not None:
            self._credit -= 1

    def answered(self, started: float, latency_s: float, now: float, loop_lag_s: float = 0.0) -> None:
        """An answer came. `loop_lag_s` is how far this process is behind itself, which is not the endpoint's doing."""
        self.in_flight -= 1
        self._pushback_share -= self._pushback_share / PUSHBACKS_OF
        self._unanswered = 0
        if started >= self._changed_at:
            self._round.append(latency_s - loop_lag_s)
            if len(self._round) >= max(8, int(self.limit / 2)):
                self._judge(now, loop_lag_s)

    def ended(self) -> None:
        """A reply that says nothing about capacity (a 400, a broken connection) came."""
        self.in_flight -= 1

    def held(self, hold_s: float, now: float) -> None:
        """The endpoint said when it will serve again."""
        self.hold_until = max(self.hold_until, now + min(hold_s, LONGEST_HOLD_S))

    def pushed_back(self, started: float, now: float, retry_after_s: float | None) -> None:
        """A 429 or 503 came. Requests sent before the last shrink belong to its episode, and change nothing more."""
        self.in_flight -= 1
        self._pushback_share += (1 - self._pushback_share) / PUSHBACKS_OF
        if retry_after_s:
            self.held(retry_after_s, now)
        elif self.pace is None and self._pushback_share < FEW_PUSHBACKS:
            self._starts -= started > (self._episode_at or 0.0)
            return  # one now and then, and no word of when to come back: that is no limit, and the request waits alone
        if self._episode_at is not None and started <= self._episode_at:
            return
        self._starts -= 1
        self.episodes += 1
        self._unanswered += 1
        if not retry_after_s:
            self.held(random.uniform(0, min(10.0, 0.25 * 2**self._unanswered)), now)
        first = self._episode_at is None
        since = self._first_start if first else self._episode_at
        seconds = max(now - (since or now), 0.02)
        measured = max(self._starts, 1) / seconds
        if first:
            self._measured = PACE_AT_FIRST * measured / PACE_OF_MEASURED
            self._credited_at = self.hold_until  # how much a hold lets gather is not known yet
        else:
            # Over a short while few starts are a poor measure: never less than half, nor more than twice.
            pace = self.pace or measured
            self._measured = min(max(measured, pace / 2), 2 * pace)
            self._credited_at = now
        self.pace = PACE_OF_MEASURED * self._measured
        self._credit = 0.0
        self._episode_at, self._starts = now, 0
        self._shrink(now)
        if self._floor_s < math.inf:
            self.limit = min(float(self.most), max(self.limit, 2 * self.pace * self._floor_s))

    def _accrue(self, now: float) -> None:
        """Credit at the pace, which itself climbs while nothing speaks against it."""
        seconds = now - self._credited_at
        if self.pace is None or seconds <= 0:
            return
        self._credit = min(self._credit + self.pace * seconds, max(1.0, self.pace * MOST_CREDIT_S))
        self._credited_at = now
        calm_s = now - max(self._episode_at or now, self.hold_until)
        if calm_s > LIFT_S:
            self.pace = None
        elif calm_s > 0:
            self.pace = self._measured * (1 + CLIMB * (calm_s - LINGER_S) ** 3)

    def _judge(self, now: float, loop_lag_s: float) -> None:
        """A round of latencies is whole: grow, shrink, or accept that the endpoint is as slow as it is."""
        median_s = statistics.median(self._round)
        self._round.clear()
        self._floor_s = min(self._floor_s, median_s)
        climbed = median_s > LATENCY_CLIMB * self._floor_s and median_s - self._floor_s > SMALL_CLIMB_S
        # One that shrinking did not help is not our queue: longer answers, another load. It is the new floor. What made
        # the limit shrink first is no measure of that: the queue was still growing.
        if climbed and self._shrinks > 1 and median_s > SHRINK_HELPS * self._shrunk_at_s:
            self._floor_s, climbed = median_s, False
        if climbed:
            self._shrink(now)
            self._shrinks += 1
            self._shrunk_at_s = median_s
        else:
            self._shrinks = 0
            if self._full and loop_lag_s < BUSY_LOOP_S:
                grown = 2 * self.limit if self._doubling else self.limit + max(1.0, STEP * self.limit)
                self.limit = min(float(self.most), grown)
        self._full = False

    def _shrink(self, now: float) -> None:
        self.limit = max(1.0, self.limit * SHRINK)
        self._doubling = False
        self._changed_at = now
        self._round.clear()

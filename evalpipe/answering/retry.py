"""How often and when a request is tried again."""

import random
from dataclasses import dataclass

from evalpipe.backends.protocol import TryAgainError

FIRST_PAUSE_S = 0.25
LONGEST_PAUSE_S = 10.0  # between two tries of one request; who asks for more with Retry-After gets up to a minute
LONGEST_ASKED_S = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """`deadline_s` counts from a question's first try; `max_retries` only what is the endpoint's own fault."""

    max_retries: int = 3
    deadline_s: float = 600.0

    def pause_s(self, error: TryAgainError, faults: int, tries: int, since_first_s: float) -> float | None:
        """Seconds before the next try; None: it has failed.

        Args:
            faults: how many tries used up a retry, this one included where it does.
            tries: all of them, this one included.

        Source: full jitter, Brooker 2015, "Exponential Backoff And Jitter".
        """
        if faults > self.max_retries:
            return None
        jitter = random.uniform(0, min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(tries, 20)))
        asked_for_s = min(error.retry_after_s or 0.0, LONGEST_ASKED_S)
        # What the endpoint asked for is obeyed; the limiter spreads those that come back at the same time.
        pause_s = asked_for_s or jitter
        return None if since_first_s + pause_s > self.deadline_s else pause_s

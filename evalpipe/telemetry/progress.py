"""Progress of long work, told to whoever listens. The work knows no terminal and no log."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

LOG_EVERY_S = 30.0  # a shard is minutes of work: a line now and then, never one a question


class Progress(Protocol):
    """Told of each step of one piece of work. Calls must be cheap: one comes per answer."""

    def start(self, label: str, total: int | None) -> None: ...

    def advance(self, done: int = 1, failed: int = 0, cost_usd: float = 0.0) -> None: ...

    def finish(self) -> None: ...

    def note(self, text: str) -> None:
        """A remark beside the work: what it waits for, what it does without."""
        ...


class Silent:
    """Nobody listens."""

    def start(self, label: str, total: int | None) -> None: ...

    def advance(self, done: int = 1, failed: int = 0, cost_usd: float = 0.0) -> None: ...

    def finish(self) -> None: ...

    def note(self, text: str) -> None: ...


@dataclass(slots=True)
class LogLines:
    """A log line every 30 s: done, rate, remaining, failures, cost."""

    log: Callable[[str], None]
    _label: str = ""
    _total: int | None = None
    _done: int = 0
    _failed: int = 0
    _cost_usd: float = 0.0
    _started: float = 0.0
    _spoke: float = field(default=0.0)

    def start(self, label: str, total: int | None) -> None:
        self._label, self._total = label, total
        self._done, self._failed, self._cost_usd = 0, 0, 0.0
        self._started = self._spoke = time.monotonic()

    def advance(self, done: int = 1, failed: int = 0, cost_usd: float = 0.0) -> None:
        self._done += done
        self._failed += failed
        self._cost_usd += cost_usd
        now = time.monotonic()
        if now - self._spoke < LOG_EVERY_S:
            return
        self._spoke = now
        rate = self._done / (now - self._started)
        left = f", {max(0, self._total - self._done) / rate:.0f} s left" if self._total and rate else ""
        total = f" of {self._total:,}" if self._total else ""
        self.log(
            f"{self._label}: {self._done:,}{total}, {rate:.1f}/s{left}, {self._failed} failed, {self._cost_usd:.4f} USD"
        )

    def finish(self) -> None: ...

    def note(self, text: str) -> None:
        self.log(text)

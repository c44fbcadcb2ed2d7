"""Calls of the shared cache with a bound on what they may cost: one thread makes them, and nobody waits for it long.

A cache that does not answer in time is left out for a second, then two, up to a minute; meanwhile calls return at once.
"""

import asyncio
import queue
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar, cast

from evalpipe.core.errors import CacheError
from evalpipe.store.shared_cache import PartlyError, SharedCache

_T = TypeVar("_T")

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
CALM_S = 30.0  # an outage that follows another sooner goes on with its pauses: a flickering cache is no help
OPENING = 10  # nobody waits for the connections to be opened, so that may take so many times longer
SWITCH_S = 0.0005  # how long the loop may keep Python's lock from the thread: else a busy loop looks like a slow cache
_GIVE_WAY_S = 0.001  # lets a thread run that has its reply already and waits for its turn

Ask = Callable[[SharedCache], _T]
Undo = Callable[[SharedCache, object], None]


@dataclass(slots=True)
class CacheCounters:
    """Keys found (`hits`) and not (`misses`, also those that were not looked up), keys that another process was asking
    for (`waits`), calls that failed (`errors`), and calls that were not made because the cache is left out.
    """

    hits: int = 0
    misses: int = 0
    waits: int = 0
    errors: int = 0
    left_out: int = 0


class _Job:
    """A call on its way through the thread. `undo` is for a result that nobody waits for any more."""

    def __init__(self, ask: Ask[object], undo: Undo | None, future: "asyncio.Future[None]") -> None:
        self.ask, self.undo, self.future = ask, undo, future
        self.put_at = time.monotonic()
        self.outcome: object = None
        self.finished = self.abandoned = False


class BoundedCalls:
    """The thread and whether it may be asked. For one event loop; `start` it there."""

    def __init__(self, cache: SharedCache, wait_s: float, warn: Callable[[str], None]) -> None:
        self.counters = CacheCounters()
        self._cache, self._wait_s, self._warn = cache, wait_s, warn
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._pending: set[_Job] = set()
        self._lock = threading.Lock()  # whether a job is finished or abandoned is decided once
        self._finished_at = 0.0
        self._busy = False
        self._out = self._trying = self._closed = False
        self._out_until = self._pause_s = 0.0
        self._back_at = float("-inf")

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = self._loop.create_future()
        # The loop keeps Python's lock for 5 ms at a time, and a batch of a cluster takes it twenty times. It stays so:
        # another cache of this process may be open for longer.
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_S))
        # A daemon: not even a name server that never answers keeps the process from its end.
        threading.Thread(target=self._work, name="shared-cache", daemon=True).start()
        self._opening = asyncio.create_task(self.call(lambda cache: cache.servers.check(), patience=OPENING))

    async def close(self) -> None:
        """What was handed over is still done, for as long as a call may take."""
        self._closed = True
        self._jobs.put(None)
        await asyncio.wait({self._ended}, timeout=self._wait_s)
        self._opening.cancel()

    async def call(self, ask: Ask[_T], undo: Undo | None = None, patience: float = 1) -> _T | None:
        """What the cache says within the time; None where it says nothing."""
        if not self._may_ask():
            self.counters.left_out += 1
            return None
        trial = self._trying = self._out
        job = _Job(_checked(ask) if trial else ask, undo, self._loop.create_future())
        self._pending.add(job)
        self._jobs.put(job)
        try:
            await self._finish(job, self._wait_s * patience)
        except asyncio.CancelledError:
            if not self._abandon(job) and undo is not None:
                self._jobs.put(_Job(lambda cache: undo(cache, job.outcome), None, self._loop.create_future()))
            raise
        finally:
            self._pending.discard(job)
            if trial:
                self._trying = False
        if isinstance(job.outcome, CacheError):
            self._leave_out(str(job.outcome), trial)
            return cast("_T", job.outcome.outcomes) if isinstance(job.outcome, PartlyError) else None
        if isinstance(job.outcome, BaseException):
            raise job.outcome
        if job.abandoned:
            self.counters.left_out += 1
            return None
        if trial and self._out:
            self._out, self._back_at = False, time.monotonic()
            self._warn("the shared cache is back")
        return cast("_T", job.outcome)

    async def _finish(self, job: _Job, wait_s: float) -> None:
        """Returns when the job is finished or abandoned.

        The time runs while the thread is at one job; waiting in a queue that moves is no sign of a slow cache. Once,
        it runs again where this process was late itself or replies are coming in.
        """
        again = True
        while not job.finished:
            begun, replies = time.monotonic(), self._cache.servers.replies
            left = max(0.0, max(job.put_at, self._finished_at) + wait_s - begun)
            await asyncio.wait({job.future}, timeout=left)
            if job.finished or job.abandoned:
                return
            late = time.monotonic() - begun > 1.5 * left + 0.01
            time.sleep(_GIVE_WAY_S)
            if time.monotonic() - max(job.put_at, self._finished_at) < wait_s:
                continue  # another job was finished meanwhile
            if again and (late or self._cache.servers.replies > replies):
                again = False
                wait_s *= 2
            elif self._abandon(job):
                job.outcome = CacheError(f"no reply within {self._wait_s * 1000:g} ms")
                return

    def _abandon(self, job: _Job) -> bool:
        """Nobody waits for it any more. False: it is finished already."""
        with self._lock:
            job.abandoned = not job.finished
        return job.abandoned

    def _may_ask(self) -> bool:
        if self._closed:
            return False
        if not self._out:
            return True
        if self._trying or time.monotonic() < self._out_until:
            return False
        if self._busy:  # still at what it could not do in time
            self._pause()
            return False
        return True

    def _pause(self) -> None:
        self._pause_s = min(LONGEST_PAUSE_S, max(FIRST_PAUSE_S, self._pause_s * 2))
        self._out_until = time.monotonic() + self._pause_s * random.uniform(0.75, 1.25)

    def _leave_out(self, reason: str, trial: bool) -> None:
        self.counters.errors += 1
        if self._out and not trial:  # of the same outage
            return
        if not self._out and time.monotonic() - self._back_at > CALM_S:
            self._pause_s = 0
        self._pause()
        if not self._out:
            self._out = True
            self._warn(
                f"the shared cache is left out, and tried again from time to time ({reason}). The run goes on without "
                "it: requests may be sent that another process sends too"
            )
        for job in self._pending:
            if self._abandon(job):
                _resolve(job.future)

    def _work(self) -> None:
        """The thread: one job after the other."""
        while (job := self._jobs.get()) is not None:
            if job.abandoned:
                continue
            self._busy = True
            outcome: object
            try:
                outcome = job.ask(self._cache)
            except BaseException as error:  # noqa: BLE001 the thread's edge: it is raised where the call was made
                outcome = error
            with self._lock:
                if not job.abandoned:
                    job.outcome, job.finished = outcome, True
            self._finished_at = time.monotonic()
            if job.abandoned and job.undo is not None:
                with suppress(CacheError):
                    job.undo(self._cache, outcome)
            self._busy = False
            self._tell(job.future)
        self._cache.close()
        self._tell(self._ended)

    def _tell(self, future: "asyncio.Future[None]") -> None:
        with suppress(RuntimeError):  # the loop was closed, nobody waits
            self._loop.call_soon_threadsafe(_resolve, future)


def _resolve(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _checked(ask: Ask[_T]) -> Ask[_T]:
    """The first call after an outage: with one server of six still dead it would succeed, and the next one fail."""

    def checked(cache: SharedCache) -> _T:
        cache.servers.check()
        return ask(cache)

    return checked

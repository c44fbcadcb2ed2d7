"""The engine: asks as fast as the endpoint allows and no faster; each answer is received before it counts.

Requests wait in one queue. Whenever something changes, `_pump` starts as many as the budget and the lanes let start;
each is a task that makes one try. A try that may succeed later goes back into the queue with the time before which it
must not start, and holds no slot meanwhile. One run ends when all is answered, or with the first error that concerns
every request.
"""

import asyncio
import math
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evalpipe.answering.budget import Budget, Rates, SharedBucket
from evalpipe.answering.flights import Flights
from evalpipe.answering.intake import Intake, Receive
from evalpipe.answering.lanes import Lane, choose
from evalpipe.answering.limiter import Limiter
from evalpipe.answering.requests import Request
from evalpipe.answering.retry import Patience
from evalpipe.answering.tally import Arrival, Tally
from evalpipe.answering.waiting import Waiting, WaitingLine
from evalpipe.backends.protocol import Backend, NotServedError, Session, TryAgainError
from evalpipe.core.answers import Reply
from evalpipe.core.errors import BackendError
from evalpipe.store.bounded_cache import BoundedCache

BURST = 8  # starts before replies are looked at again: a 429 comes back faster than the next eight are sent
WATCH_S = 0.05


@dataclass(frozen=True, slots=True)
class Terms:
    """How a model may be asked."""

    max_in_flight: int = 256
    patience: Patience = field(default_factory=Patience)
    stall_s: float = 120.0
    rates: Rates = field(default_factory=Rates)
    budget_share: float = 1.0
    ttl_s: float = 3600.0
    lease_s: float = 15.0


async def ask_all(
    backend: Backend,
    batches: Iterable[Sequence[Request]],
    receive: Receive,
    terms: Terms = Terms(),
    cache: BoundedCache | None = None,
    bucket: SharedBucket | None = None,
) -> Tally:
    """Ask every request of `batches`, no two of which are equal; batches are drawn as they are needed.

    Args:
        receive: called with each final reply, in order of arrival; what it raises ends the run.
        cache: answers and leases shared with other processes.
        bucket: the budget shared with other processes; without it `terms.budget_share` of the rates is used.

    Raises: BackendError: no request can be served, or nothing was answered for `terms.stall_s`; what came was received.
    """
    async with backend.sessions() as sessions:
        return await _Run(sessions, receive, terms, cache, bucket).run(batches)


@dataclass(slots=True, repr=False)  # it holds questions, which belong into no log
class _Run:
    sessions: Sequence[Session]
    receive: Receive
    terms: Terms
    cache: BoundedCache | None
    bucket: SharedBucket | None
    tally: Tally = field(default_factory=Tally)
    _lanes: list[Lane] = field(init=False)
    _flights: Flights | None = None
    _budget: Budget | None = None
    _line: WaitingLine = field(default_factory=WaitingLine)
    _intake: Intake = field(init=False)
    _trying: "set[asyncio.Task[None]]" = field(default_factory=set["asyncio.Task[None]"])
    _timer: asyncio.TimerHandle | None = None
    _timer_at: float = 0.0
    _pump_soon: bool = False
    _all_drawn: bool = False
    _enough: int = 0  # so many waiting are enough; with fewer, more are drawn
    _giving_up: bool = False
    _lag_s: float = 0.0
    _began: float = 0.0
    _loop: asyncio.AbstractEventLoop = field(init=False)
    _done: "asyncio.Future[None]" = field(init=False)
    _hungry: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, batches: Iterable[Sequence[Request]]) -> Tally:
        self._loop = asyncio.get_running_loop()
        self._done = self._loop.create_future()
        self._loop.set_exception_handler(self._raised)
        self._began = time.monotonic()
        self._intake = Intake(self.receive, self.tally, self._end_if_all_is_answered, self._stop)
        each = max(1, self.terms.max_in_flight // len(self.sessions))
        self._lanes = [Lane(session, Limiter(each)) for session in self.sessions]
        beside = [self._loop.create_task(self._watch())]
        if self.terms.rates != Rates():
            self._budget = Budget(self.terms.rates, self.terms.budget_share, self.bucket, self._pump)
        if self.cache is not None:
            self._flights = Flights(self.cache, self.terms.ttl_s, self.terms.lease_s / 3, self._joined, self._freed)
            self._intake.flights = self._flights
            beside += self._flights.start()
        beside.append(self._loop.create_task(self._draw(batches)))
        for task in beside:
            task.add_done_callback(self._watch_over)
        try:
            await self._done
        finally:
            if self._timer is not None:
                self._timer.cancel()
            if self._budget is not None:
                self._budget.close()
            for task in (*beside, *self._trying):
                task.cancel()
            await asyncio.gather(*beside, *self._trying, return_exceptions=True)
            if self._intake:
                self._intake.keep()
            if self._flights is not None:
                await self._flights.close()
            self._loop.set_exception_handler(None)
            self.tally.seconds = time.monotonic() - self._began
        return self.tally

    def _watch_over(self, task: "asyncio.Task[None]") -> None:
        """An error in any part ends the run with that error."""
        self._trying.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._stop(error)

    def _raised(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        """An error in a callback would only be logged, and the run wait for ever."""
        error = context.get("exception")
        if isinstance(error, BaseException):
            self._stop(error)
        else:
            loop.default_exception_handler(context)

    def _stop(self, error: BaseException) -> None:
        if not self._done.done():
            self._done.set_exception(error)

    async def _draw(self, batches: Iterable[Sequence[Request]]) -> None:
        """Keeps the queue filled, and no fuller: a shard may be larger than memory."""
        for batch in batches:
            ours: Iterable[Request] = batch
            if self._flights is not None:
                found = await self._flights.sort(batch)
                self._intake.found(found.hits, "cache")
                ours = found.ours
            self._line.add(ours)
            self._pump()
            self._enough = int(2 * sum(lane.limiter.limit for lane in self._lanes))
            while len(self._line.fresh) > self._enough:
                self._hungry.clear()
                await self._hungry.wait()
            await asyncio.sleep(0)
        self._all_drawn = True
        self._end_if_all_is_answered()

    # What may start, starts.

    def _pump(self) -> None:
        if self._done.done():
            return
        now = time.monotonic()
        for _ in range(BURST):
            waiting = self._next(now)
            if waiting is None:
                return
            lane, delay_s = None, self._budget.delay_s(now) if self._budget is not None else 0.0
            if delay_s <= 0:
                lane, delay_s = choose(self._lanes, now)
            if lane is None:
                self._line.put_back(waiting, now)
                self._wake_in(delay_s)
                return
            self._start(lane, waiting, now)
        if not self._pump_soon:
            self._pump_soon = True
            self._loop.call_soon(self._pump_again)

    def _pump_again(self) -> None:
        self._pump_soon = False
        self._pump()

    def _next(self, now: float) -> Waiting | None:
        """The next one that may be tried; those that were tried before go first.

        Where every lane is sick, fresh ones do: they tell a dead endpoint from questions that it cannot bear.
        """
        fresh = self._line.fresh
        fresh_first = bool(fresh) and all(lane.sick for lane in self._lanes)
        while not fresh_first and (waiting := self._line.take_due(now)) is not None:
            assert waiting.error is not None
            if now - waiting.first_try <= self.terms.patience.deadline_s:
                return waiting
            self._failed(waiting, waiting.error)
        if fresh:
            waiting = fresh.popleft()
            if len(fresh) <= self._enough and not self._hungry.is_set():
                self._hungry.set()
            return waiting
        if (due_in_s := self._line.due_in_s(now)) is not None:
            self._wake_in(due_in_s)
        return None

    def _wake_in(self, delay_s: float) -> None:
        """Pump again then; when a slot is what is missing (infinity), the reply that frees it does so."""
        if math.isinf(delay_s):
            return
        when = self._loop.time() + max(delay_s, 0.001)
        if self._timer is not None:
            if self._timer_at <= when:
                return
            self._timer.cancel()
        self._timer, self._timer_at = self._loop.call_at(when, self._ring), when

    def _ring(self) -> None:
        self._timer = None
        self._pump()

    def _start(self, lane: Lane, waiting: Waiting, now: float) -> None:
        waiting.tries += 1
        if waiting.tries == 1:
            waiting.first_try = now
            if self.tally.first_sent_s is None:
                self.tally.first_sent_s = now - self._began
        self.tally.tries += 1
        lane.limiter.started(now)
        in_flight = sum(each.limiter.in_flight for each in self._lanes)  # `_trying` still counts those that just ended
        self.tally.most_in_flight = max(self.tally.most_in_flight, in_flight)
        if self._budget is not None:
            waiting.tokens_taken = self._budget.started()
        task = self._loop.create_task(self._try(lane, waiting, now))
        self._trying.add(task)
        task.add_done_callback(self._watch_over)

    # One try, and what comes of it.

    async def _try(self, lane: Lane, waiting: Waiting, started: float) -> None:
        try:
            reply = await lane.session.ask(waiting.request.content)
        except TryAgainError as error:
            self._troubled(lane, waiting, error, started)
        except NotServedError as error:
            if not self.tally.answered:
                raise
            lane.limiter.ended()
            self._received(waiting, error.rejected)
        else:
            now = time.monotonic()
            lane.well()
            if reply.outcome == "rejected" or reply.latency_s is None:
                lane.limiter.ended()
            else:
                lane.limiter.answered(started, reply.latency_s, now, self._lag_s)
            if reply.hold_s:
                lane.limiter.held(reply.hold_s, now)
            self._received(waiting, reply)
        self._pump()

    def _troubled(self, lane: Lane, waiting: Waiting, error: TryAgainError, started: float) -> None:
        now = time.monotonic()
        waiting.error = error
        if error.trouble == "overload":
            self.tally.pushed_back += 1
            lane.limiter.pushed_back(started, now, error.retry_after_s)
        else:
            lane.limiter.ended()
            lane.troubled(now)
            waiting.faults += error.trouble == "fault"
        since_first_s = now - waiting.first_try
        pause_s = self.terms.patience.pause_s(error, waiting.faults, waiting.tries, since_first_s)
        if pause_s is None or self._giving_up:
            self._failed(waiting, error)
        else:
            self.tally.retries += 1
            self._line.again(waiting, now + pause_s)

    def _failed(self, waiting: Waiting, error: TryAgainError) -> None:
        reply = Reply("failed", error=error.reason, latency_s=error.latency_s)
        self._received(waiting, reply)

    def _received(self, waiting: Waiting, reply: Reply) -> None:
        if self._budget is not None and reply.outcome != "failed":
            tokens = (reply.prompt_tokens or 0) + (reply.completion_tokens or 0)
            self._budget.answered(tokens, waiting.tokens_taken)
        self._intake.take(Arrival(waiting.request, reply, "asked", waiting.tries))

    def _joined(self, hits: list[tuple[Request, Reply]]) -> None:
        self._intake.found(hits, "joined")

    def _freed(self, requests: list[Request]) -> None:
        """Their holder died, or gave them up."""
        self._line.add(requests)
        self._pump()

    def _end_if_all_is_answered(self) -> None:
        if not self._all_drawn or self._line or (self._flights is not None and self._flights.waiting):
            return
        if any(lane.limiter.in_flight for lane in self._lanes) or self._intake or self._done.done():
            return
        self._done.set_result(None)

    # What is looked at now and then.

    async def _watch(self) -> None:
        while True:
            before = time.monotonic()
            await asyncio.sleep(WATCH_S)
            now = time.monotonic()
            self._lag_s = 0.7 * self._lag_s + 0.3 * max(0.0, now - before - WATCH_S)
            held_until = max((lane.limiter.hold_until for lane in self._lanes), default=0.0)
            if self._flights is not None and self._flights.waiting and not self._line:
                self._intake.progress_at = now  # others are asking what is left
            if now - max(self._intake.progress_at, held_until) > self.terms.stall_s:
                self._stalled()

    def _stalled(self) -> None:
        """Nothing was answered for so long. A rest that was tried and is less than what was answered has failed: it
        is the questions. Else it is the endpoint, and the run ends.
        """
        if self._giving_up:
            return  # what is still in flight ends within its time-out
        waiting = self._line.tried
        if self._all_drawn and not self._line.fresh and len(waiting) + len(self._trying) <= self.tally.answered:
            self._giving_up = True
            self._line.forget_tried()
            for each in waiting:
                assert each.error is not None
                self._failed(each, each.error)
            return
        said = next((each.error.reason for each in waiting if each.error), "no reply at all")
        self._stop(
            BackendError(
                f"the endpoint answered nothing for {self.terms.stall_s:g} s (last: {said}). What came before is kept; "
                "see to the endpoint, then run again: only the rest is asked."
            )
        )

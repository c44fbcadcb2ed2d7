"""The course of a run through a provider's batch API: submit files of requests, wait, collect.

Nothing is submitted twice: a batch's intent is in the journal before it is created, and its id right after, so that a
later run takes up what an earlier one left with the provider. Batches are never cancelled: what is paid for is kept.
"""

import asyncio
import tempfile
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from evalpipe.answering.batch_records import UnfinishedBatch, custom_id, intent, over, submitted
from evalpipe.answering.chunks import cut
from evalpipe.answering.intake import Receive
from evalpipe.answering.requests import Request
from evalpipe.answering.retry import Patience
from evalpipe.answering.tally import Arrival, Tally
from evalpipe.backends.protocol import BatchBackend, Batches, BatchResult, BatchState, TryAgainError
from evalpipe.core.answers import Reply
from evalpipe.core.errors import BackendError
from evalpipe.core.quoting import one_line

MOST_TRIES = 300  # of one call: with `Retry-After: 0` no pause adds up
_UNKNOWN = Request("", b"", "")  # holds the place of a request that this run has not drawn yet
_T = TypeVar("_T")
Note = Callable[[Mapping[str, object]], None]
Sleep = Callable[[float], Awaitable[None]]


async def ask_batches(
    backend: BatchBackend,
    requests: Iterable[Sequence[Request]],
    receive: Receive,
    note: Note,
    unfinished: Sequence[UnfinishedBatch] = (),
    poll_s: float = 30.0,
    patience_s: float = 600.0,
    sleep: Sleep = asyncio.sleep,
    say: Callable[[str], None] = lambda text: None,
) -> Tally:
    """Ask every request of `requests`, no two of which are equal, but for those that `unfinished` batches hold.

    Args:
        receive: called with final replies, some at a time; what it raises ends the run.
        note: keeps a record (`batch_records`); what it raises ends the run before anything is submitted unnoted.
        unfinished: batches of earlier runs. One that holds none of `requests` is left as it is.
        poll_s: pause between two looks at the batches.
        patience_s: pauses, all together, for which one call is tried again.
        say: told what is waited for.

    Raises: BackendError: the provider takes no batch, or cannot be reached; submitted batches go on, and the next run
        collects them.
    """
    began = time.monotonic()
    async with backend.batches() as batches:
        run = _Run(backend, batches, receive, note, poll_s, patience_s, sleep, say, began)
        try:
            await run.run(requests, unfinished)
        finally:
            run.tally.seconds = time.monotonic() - began
    return run.tally


@dataclass(slots=True)
class _Live:
    """A batch with the provider, and those of our requests that it holds and that are not answered yet."""

    key: str
    state: BatchState
    waiting: dict[str, Request]
    file: str | None = None  # of this run's own batches: what was uploaded


@dataclass(slots=True)
class _Run:
    backend: BatchBackend
    batches: Batches
    receive: Receive
    note: Note
    poll_s: float
    patience_s: float
    sleep: Sleep
    say: Callable[[str], None]
    began: float
    tally: Tally = field(default_factory=Tally)
    _live: list[_Live] = field(default_factory=list["_Live"])
    _crowded: deque[_Live] = field(default_factory=deque["_Live"])  # refused until another batch has ended
    _hopeless: str | None = None

    async def run(self, requests: Iterable[Sequence[Request]], unfinished: Sequence[UnfinishedBatch]) -> None:
        taken_up = await self._taken_up(unfinished)
        holder = {each: live for live in taken_up for each in live.waiting}
        for live in taken_up:
            live.waiting.clear()  # what this run does not want stays with the batch, for a run that does
        await self._submit_all(self._new(requests, holder))
        self._live += [live for live in taken_up if live.waiting]
        if self._live:
            waiting = sum(len(each.waiting) for each in self._live)
            ids = ", ".join(each.state.batch for each in self._live[:3]) + (", ..." if len(self._live) > 3 else "")
            self.say(
                f"waiting for {waiting:,} answers of the provider (batches {one_line(ids, 200)}), "
                "which may take hours; if this run ends before, the next one collects them"
            )
        while self._live:
            await self._look()
            if self._live:
                await self.sleep(self.poll_s)
        if self._hopeless and not self.tally.answered:
            raise BackendError(self._hopeless)

    # What earlier runs left, and what is new.

    async def _taken_up(self, unfinished: Sequence[UnfinishedBatch]) -> list[_Live]:
        """The unfinished batches that the provider took and still knows; the requests of the others are asked anew."""
        found: list[_Live] = []
        for each in unfinished:
            state = await self._surely(lambda each=each: self._find(each))
            if state is None or state.refusal is not None:
                self.note(over(each.key))
                continue
            if each.batch is None:
                self.note(submitted(each.key, state.batch))
            found.append(_Live(each.key, state, dict.fromkeys(each.custom_ids, _UNKNOWN)))
        return found

    async def _find(self, each: UnfinishedBatch) -> BatchState | None:
        return await (self.batches.find(each.key) if each.batch is None else self.batches.state(each.batch))

    def _new(self, requests: Iterable[Sequence[Request]], holder: Mapping[str, _Live]) -> Iterator[Request]:
        """The requests that no batch holds; those that one holds are noted there."""
        for some in requests:
            for request in some:
                name = custom_id(request.fingerprint, request.sample)
                if name in holder:
                    holder[name].waiting[name] = replace(request, content=b"")
                elif len(request.content) + len(name) + 100 > self.backend.chunk_bytes:
                    error = f"the request is larger than `chunk_bytes` = {self.backend.chunk_bytes}"
                    self._arrived([(request, Reply("rejected", error=error))])
                else:
                    yield request

    async def _submit_all(self, requests: Iterator[Request]) -> None:
        waiting: dict[str, Request] = {}

        def kept() -> Iterator[Request]:
            for request in requests:
                # Without its text: a shard may be larger than memory, and the file holds it.
                waiting[custom_id(request.fingerprint, request.sample)] = replace(request, content=b"")
                yield request

        with tempfile.TemporaryDirectory(prefix="evalpipe-batch-") as folder:
            path = Path(folder, "requests.jsonl")
            for chunk in cut(kept(), path, self.backend.chunk_requests, self.backend.chunk_bytes):
                file = await self._surely(lambda: self.batches.upload(path))
                await self._create(file, {each: waiting.pop(each) for each in chunk.custom_ids})

    async def _create(self, file: str, requests: dict[str, Request]) -> None:
        key = uuid4().hex
        self.note(intent(key, requests))
        tried = False

        async def once() -> BatchState:
            nonlocal tried
            if tried and (found := await self.batches.find(key)) is not None:
                return found  # it was created, though we never heard so
            tried = True
            return await self.batches.create(file, key)

        state = await self._surely(once)
        self.note(submitted(key, state.batch))
        self._live.append(_Live(key, state, requests, file))
        if self.tally.first_sent_s is None:
            self.tally.first_sent_s = time.monotonic() - self.began
        self.tally.tries += len(requests)
        self.tally.most_in_flight = max(self.tally.most_in_flight, sum(len(each.waiting) for each in self._live))

    # What comes of them.

    async def _look(self) -> None:
        """One look at each batch; those that ended are collected."""
        for live in list(self._live):
            state = await self._surely(lambda live=live: self.batches.state(live.state.batch))
            live.state = state or replace(live.state, status="gone", ended=True)
            if not live.state.ended:
                continue
            self._live.remove(live)
            if live.state.crowded and live.file is not None and self._live:
                self.note(over(live.key))
                self._crowded.append(live)
                continue
            if live.state.refusal is not None:
                self.note(over(live.key))
                raise BackendError(_refused(live.state))
            await self._collect(live)
            if self._crowded:
                again = self._crowded.popleft()
                assert again.file is not None
                await self._create(again.file, again.waiting)

    async def _collect(self, live: _Live) -> None:
        for file in live.state.files:
            await self._surely(lambda file=file: self._read(file, live.waiting))
        error = f"the batch {live.state.batch} ended ({live.state.status}) without a result for it"
        left = list(live.waiting.values())
        live.waiting.clear()
        self._arrived([(request, Reply("failed", error=error)) for request in left])

    async def _read(self, file: str, waiting: dict[str, Request]) -> None:
        """Receive a file's results; of a file read before, those that had not come."""
        async with aclosing(self.batches.results(file)) as results:
            async for some in results:
                told = {each.custom_id: each for each in reversed(some) if each.custom_id in waiting}
                self._arrived([(waiting[name], self._reply(result)) for name, result in told.items()])
                for name in told:
                    del waiting[name]

    def _reply(self, result: BatchResult) -> Reply:
        if result.hopeless is None:
            return result.reply
        self._hopeless = self._hopeless or result.hopeless
        return result.reply if self.tally.answered else Reply("failed", error=result.reply.error)

    def _arrived(self, replies: list[tuple[Request, Reply]]) -> None:
        if not replies:
            return
        self.receive([Arrival(request, reply, "asked", 1) for request, reply in replies])
        failed = sum(reply.outcome == "failed" for _, reply in replies)
        self.tally.failed += failed
        self.tally.answered += len(replies) - failed

    async def _surely(self, call: Callable[[], Awaitable[_T]]) -> _T:
        """What `call` returns, tried again while it may succeed."""
        patience, paused_s, tries = Patience(deadline_s=self.patience_s), 0.0, 0
        while True:
            try:
                return await call()
            except TryAgainError as error:
                tries += 1
                pause_s = patience.pause_s(error, 0, tries, paused_s)
                if pause_s is None or tries > MOST_TRIES:
                    raise BackendError(
                        f"the provider of batches cannot be talked to (last: {error.reason}). What was submitted goes "
                        "on there and is in the journal: see to the provider, then run again to collect it."
                    ) from None
                self.tally.retries += 1
                paused_s += pause_s
                await self.sleep(pause_s)


def _refused(state: BatchState) -> str:
    mend = (
        "Lower `chunk_requests`, or run again when other batches of the account have ended."
        if state.crowded
        else "Nothing of it was processed. Correct what it names, then run again."
    )
    return f"the batch {state.batch} was refused: {state.refusal}. {mend}"

"""Questions at work: rendered and fingerprinted, their requests asked, the answers journaled and committed.

The questions are those of a cell (`line.answer`), or some of a drop that a member of the committee is asked
(`line.committee`). The caller holds the lease and decides what is to be asked.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol
from uuid import uuid4

import polars as pl

from evalpipe.answering.batch_records import unfinished
from evalpipe.answering.batches import ask_batches
from evalpipe.answering.engine import Terms, ask_all
from evalpipe.answering.loop import run_until_signalled
from evalpipe.answering.requests import Request
from evalpipe.answering.tally import Arrival, Tally
from evalpipe.backends.protocol import BatchBackend
from evalpipe.config.models import AnyModel, OpenAIBatchModel
from evalpipe.core.answers import Reply
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import draw, drop_of
from evalpipe.line.answers import commit_segment
from evalpipe.line.models import ReadyModel, terms_of, to_questions
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.sharing import EndpointBucket, sharing
from evalpipe.store.journal import Journal, Segment
from evalpipe.store.lake import Lake
from evalpipe.store.lease import Lease
from evalpipe.telemetry.progress import Progress

KEEP_BYTES = 32_000_000  # of rendered requests; those of a larger shard are rendered again when they are sent
BATCH = 1_024  # questions rendered at a time: some 5 ms, and one round trip to the shared cache


class Asked(Protocol):
    """What is asked: frames of rows like those of `raw_questions`, all of one bank; drawn several times."""

    @property
    def name(self) -> str:
        """What a person calls them."""
        ...

    @property
    def bank(self) -> str: ...

    @property
    def shard_of(self) -> Callable[[str], str]:
        """The shard of a question, from its id."""
        ...

    def batches(self, lake: Lake) -> Iterator[pl.DataFrame]: ...


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Which questions: rows `where` of `table`, all of one bank. `name` is what a person calls them."""

    name: str
    bank: str
    table: Literal["questions", "raw_questions"]
    where: pl.Expr
    shard_of: Callable[[str], str]  # of a question id

    def batches(self, lake: Lake) -> Iterator[pl.DataFrame]:
        return lake.batches(self.table, self.where)


def shard_questions(shard: str, bank: str) -> QuestionSet:
    """The validated questions of a shard."""
    here = (pl.col("drop") == drop_of(shard)) & (pl.col("shard") == shard)
    return QuestionSet(f"shard {shard}", bank, "questions", here, lambda _: shard)


@dataclass(slots=True, repr=False)
class Cell:
    """A cell at work, or a member of the committee on some questions of a drop. The caller holds its lease."""

    project: Project
    ready: ReadyModel
    asked: Asked
    journal: Journal
    made: MadeBy
    progress: Progress
    held: Lease
    started: datetime = field(default_factory=now)
    tally: Tally = field(default_factory=Tally)
    _segment: Segment | None = None
    _rendered: list[Request] = field(default_factory=list[Request])  # while they fit `KEEP_BYTES`
    _same: dict[str, object] = field(default_factory=dict[str, object])

    def take_over(self) -> int:
        """Commit what runs that died left in the cell's journal; the lease says that their writers are gone."""
        return sum(self._commit(name) for name in self.journal.leftovers())

    def fingerprints(self, draws: bool) -> pl.DataFrame:
        """`question_id`, `fingerprint` and `draw` (0 unless `draws`) of every question of the set, in stored order.

        Raises: UsageError: there is none.
        """
        maker = self.ready.maker()
        frames: list[pl.DataFrame] = []
        kept_bytes = 0
        for rows in self._batches():
            made = [
                maker.request(question, version)
                for question, version in zip(to_questions(rows), rows["question_version"], strict=True)
            ]
            found = [each.fingerprint for each in made]
            if kept_bytes <= KEEP_BYTES:
                kept_bytes += sum(len(each.content) for each in made)
                self._rendered += made
            ids = rows["question_id"]
            drawn = [draw(str(each)) if draws else 0.0 for each in ids]
            frames.append(pl.DataFrame({"question_id": ids, "fingerprint": found, "draw": drawn}))
        if not frames:
            raise no_questions(self.asked.name)
        if kept_bytes > KEEP_BYTES:
            self._rendered.clear()
        return pl.concat(frames)

    def ask(self, to_send: pl.DataFrame) -> None:
        """Ask, journal, commit. The caller starts and finishes the progress; here it advances."""
        project = self.project
        model = project.config.models[self.ready.key]
        self._same = {
            "model": self.ready.key,
            "bank": self.asked.bank,
            "model_version": self.ready.model_version,
            "prompt_name": self.ready.renderer.name,
            "prompt_hash": self.ready.renderer.prompt_hash,
            **self.made.columns(),
        }
        # A name of its own: a second attempt of the same Dagster run must not look like the first one's commit.
        name = f"{self.made.run_id}-{uuid4().hex[:8]}"
        with self.journal.segment(name) as segment:
            self._segment = segment
            self.tally = run_until_signalled(self._asked(to_send, terms_of(model, project.config.file.cache)))
        self._commit(name)

    def _commit(self, name: str) -> int:
        """Commit a segment. Batches of which something may still come are first noted in a segment of their own."""
        if isinstance(self.ready.backend, BatchBackend) and (left := unfinished(self.journal.read(name))):
            with self.journal.segment(f"batches-{uuid4().hex}") as kept:
                kept.write([each.as_record() for each in left])
        self.held.check()
        return commit_segment(self.project.lake, self.journal, name)

    async def _asked(self, to_send: pl.DataFrame, terms: Terms) -> Tally:
        if isinstance(self.ready.backend, BatchBackend):
            return await self._asked_in_batches(self.ready.backend, to_send)
        async with sharing(self.project.config, self.progress.note) as cache:
            bucket = None if cache is None else EndpointBucket(cache, self.ready.backend.identity, terms.rates)
            return await ask_all(self.ready.backend, self._requests(to_send), self._receive, terms, cache, bucket)

    async def _asked_in_batches(self, backend: BatchBackend, to_send: pl.DataFrame) -> Tally:
        segment, model = self._segment, self.project.config.models[self.ready.key]
        assert segment is not None
        assert isinstance(model, OpenAIBatchModel)
        # What earlier runs left with the provider moves into this run's segment, where the answers will be.
        old = [name for name in self.journal.leftovers() if name != segment.name]
        left = unfinished(record for name in old for record in self.journal.read(name))
        segment.write([each.as_record() for each in left])
        segment.flush()
        self.journal.remove(old)

        def note(record: Mapping[str, object]) -> None:
            segment.write([record])
            segment.flush()  # a batch that nobody remembers would be submitted again

        return await ask_batches(
            backend,
            self._requests(to_send),
            self._receive,
            note,
            left,
            poll_s=model.poll_s,
            patience_s=model.deadline_s,
            say=self.progress.note,
        )

    def _requests(self, to_send: pl.DataFrame) -> Iterator[list[Request]]:
        """The requests of `to_send`, in stored order; rendered as they are drawn where the shard is large."""
        samples: dict[str, list[int]] = dict(to_send.group_by("question_id").agg("sample").iter_rows())
        for batch in self._made(samples):
            wanted = [(each, samples[each.question_id]) for each in batch if each.question_id in samples]
            if wanted:
                yield [each if n == 0 else each.again(n) for each, indices in wanted for n in indices]

    def _made(self, wanted: Collection[str]) -> Iterator[list[Request]]:
        if self._rendered:
            yield from (self._rendered[at : at + BATCH] for at in range(0, len(self._rendered), BATCH))
            return
        maker = self.ready.maker()
        for rows in self._batches():
            rows = rows.filter(pl.col("question_id").is_in(wanted))
            versions = rows["question_version"]
            yield [maker.request(each, version) for each, version in zip(to_questions(rows), versions, strict=True)]

    def _batches(self) -> Iterator[pl.DataFrame]:
        for rows in self.asked.batches(self.project.lake):
            yield from rows.iter_slices(BATCH)

    def _receive(self, arrivals: Sequence[Arrival]) -> None:
        assert self._segment is not None
        model = self.project.config.models[self.ready.key]
        at = now().isoformat()
        rows: list[dict[str, object]] = []
        failed, cost_usd = 0, 0.0
        for arrival in arrivals:
            cost = _cost_usd(model, arrival)
            shard = self.asked.shard_of(arrival.request.question_id)
            rows.append({**_answer_row(arrival), **self._same, "shard": shard, "cost_usd": cost, "answered_at": at})
            failed += arrival.reply.outcome == "failed"
            cost_usd += cost or 0.0
        self._segment.write(rows)
        self.progress.advance(len(rows), failed, cost_usd)


def _answer_row(arrival: Arrival) -> dict[str, object]:
    request, reply = arrival.request, arrival.reply
    return {
        "fingerprint": request.fingerprint,
        "sample": request.sample,
        "question_id": request.question_id,
        "question_version": request.question_version,
        "origin": arrival.origin,
        "outcome": reply.outcome,
        "text": reply.text,
        "finish_reason": reply.finish_reason,
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "cached_tokens": reply.cached_tokens,
        "latency_s": reply.latency_s,
        "attempts": arrival.attempts,
        "error": reply.error,
    }


def _cost_usd(model: AnyModel, arrival: Arrival) -> float | None:
    """What this run paid: nothing where another one had asked."""
    if model.input_usd_per_million is None and model.output_usd_per_million is None:
        return None
    if arrival.origin != "asked":
        return 0.0
    reply: Reply = arrival.reply
    into = (reply.prompt_tokens or 0) * (model.input_usd_per_million or 0)
    out = (reply.completion_tokens or 0) * (model.output_usd_per_million or 0)
    return (into + out) / 1e6


def no_questions(name: str) -> UsageError:
    return UsageError(f"{name}: the lake holds no questions of it. Ingest or validate its drop first.")

"""model_answers: one cell asked. What is known is not asked again; what comes back is in the journal at once."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import polars as pl

from evalpipe.answering.ask import ask_all
from evalpipe.answering.requests import Request
from evalpipe.backends.completion import storable
from evalpipe.config.schema import AnyModel
from evalpipe.core.answers import OUTCOMES, Reply
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import draw, drop_of, from_key
from evalpipe.line.models import ReadyModel, ready_model, to_questions
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.store.journal import Segment, journal_folder, read_segment, remove, segments
from evalpipe.store.lake import Lake
from evalpipe.store.lease import lease
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Progress

LIMIT, MAX_REQUESTS = "limit", "max_requests"  # why a cell was left partial on purpose


@dataclass(frozen=True, slots=True)
class Asking:
    """How much of a cell to ask: questions whose draw is below `sample_below`, and at most `max_requests` requests."""

    sample_below: float = 1.0
    max_requests: int | None = None


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """Counts of one cell after the run. `outcomes` counts questions, joined and known ones too; `asked` those with
    any outcome; `sent` requests of this run; `taken_over` answers found in journals of runs that died.
    """

    model: str
    shard: str
    questions: int
    asked: int
    outcomes: dict[str, int]
    sent: int
    known: int
    taken_over: int
    retries: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    latency_p50_s: float | None
    latency_p99_s: float | None
    seconds: float

    @property
    def failed(self) -> int:
        return self.outcomes["failed"]


def answer_cell(
    project: Project,
    model: str,
    shard: str,
    made: MadeBy,
    progress: Progress,
    asking: Asking = Asking(),
) -> AnswerSummary:
    """Ask what is missing in a cell, and commit it to `answers` in one transaction.

    Raises:
        UsageError: the shard is not in the lake.
        ConfigError: the model's configuration does not fit.
        BackendError: the endpoint serves nothing; what came before is in the journal for the next run.
    """
    started = now()
    with lease(project.lake, "cells", model, shard):
        ready = ready_model(project, model)
        # Before the questions: were they replaced in between, the cell would say the old version and be asked again.
        versions = shard_row(project.lake, shard)
        questions = cell_questions(project.lake, shard)
        requests = ready.requests(to_questions(questions))
        taken_over = _take_over(project.lake, model, shard)
        known = _known(project.lake, model, requests)
        unknown = [each for each in requests if each.fingerprint not in known]
        missing = _unique(each for each in unknown if draw(each.question_id) < asking.sample_below)
        configured = project.config.models[model]
        most = min((each for each in (asking.max_requests, configured.max_requests) if each is not None), default=None)
        to_send = missing if most is None else missing[:most]
        rows = dict(zip(questions["question_id"], questions.iter_rows(named=True), strict=True))
        retries = _ask(project, ready, shard, to_send, rows, made, progress) if to_send else 0
        summary = _summary(
            project.lake, ready, shard, (questions, requests), (started, to_send, known), (taken_over, retries)
        )
        stopped_by = None
        if summary.asked < questions.height:
            stopped_by = MAX_REQUESTS if len(to_send) < len(missing) else LIMIT
        _write_cell(project, ready, versions, summary, stopped_by, made)
    return summary


def cell_questions(lake: Lake, shard: str) -> pl.DataFrame:
    """Raises UsageError: no such shard, or nothing in it."""
    rows = lake.read("questions", (pl.col("drop") == drop_of(shard)) & (pl.col("shard") == shard))
    if rows.is_empty():
        raise UsageError(f"shard {shard}: the lake holds no questions of it. Validate its drop first.")
    return rows


def shard_row(lake: Lake, shard: str) -> dict[str, object]:
    """The shard's row of table `shards`. Raises UsageError: no such shard."""
    rows = lake.read("shards", (pl.col("drop") == drop_of(shard)) & (pl.col("shard") == shard))
    if rows.is_empty():
        raise UsageError(f"shard {shard}: the lake holds no such shard. Validate its drop first.")
    return rows.row(0, named=True)


def answers_of(lake: Lake, model: str, fingerprints: list[str]) -> pl.DataFrame:
    """The answers that count for these fingerprints: the first per fingerprint and sample that did not fail, else the
    last failure.
    """
    wanted = pl.Series("fingerprint", sorted(set(fingerprints)), dtype=pl.String)
    rows = lake.read("answers", (pl.col("model") == model) & pl.col("fingerprint").is_in(wanted.implode()))
    came = rows.filter(pl.col("outcome") != "failed").sort("answered_at", maintain_order=True)
    failures = rows.filter(pl.col("outcome") == "failed").sort("answered_at", descending=True, maintain_order=True)
    return pl.concat([came, failures]).unique(["fingerprint", "sample"], keep="first", maintain_order=True)


def _known(lake: Lake, model: str, requests: list[Request]) -> set[str]:
    rows = answers_of(lake, model, [each.fingerprint for each in requests])
    return set(rows.filter(pl.col("outcome") != "failed")["fingerprint"])


def _unique(requests: Iterable[Request]) -> list[Request]:
    """Equal requests are sent once, and the answer serves them all."""
    return list({(each.fingerprint, each.sample): each for each in requests}.values())


def _ask(
    project: Project,
    ready: ReadyModel,
    shard: str,
    requests: list[Request],
    rows: dict[str, dict[str, object]],
    made: MadeBy,
    progress: Progress,
) -> int:
    """Ask, journal, commit; returns how many tries were repeated."""
    model = project.config.models[ready.key]
    retries = 0
    progress.start(f"{from_key(ready.key)} · {shard}", len(requests))
    # A name of its own: a second attempt of the same Dagster run must not look like the first one's commit.
    segment = Segment(journal_folder(project.lake, ready.key, shard), f"{made.run_id}-{uuid4().hex[:8]}")
    with segment:

        def receive(request: Request, reply: Reply) -> None:
            nonlocal retries
            retries += reply.attempts - 1
            cost_usd = _cost_usd(model, reply)
            row = _answer_row(ready, shard, request, reply, rows[request.question_id], made)
            segment.write({**row, "cost_usd": cost_usd})
            progress.advance(1, failed=int(reply.outcome == "failed"), cost_usd=cost_usd or 0.0)

        try:
            asyncio.run(
                ask_all(
                    ready.backend,
                    requests,
                    receive,
                    max_in_flight=min(model.max_in_flight, len(requests)),
                    max_retries=model.max_retries,
                )
            )
        finally:
            progress.finish()
    _commit(project.lake, segment.path)
    return retries


def _answer_row(
    ready: ReadyModel, shard: str, request: Request, reply: Reply, question: dict[str, object], made: MadeBy
) -> dict[str, object]:
    return {
        "fingerprint": request.fingerprint,
        "sample": request.sample,
        "model": ready.key,
        "shard": shard,
        "bank": question["bank"],
        "question_id": request.question_id,
        "outcome": reply.outcome,
        "text": reply.text,
        "finish_reason": storable(reply.finish_reason) if reply.finish_reason else None,
        "prompt_tokens": reply.prompt_tokens,
        "completion_tokens": reply.completion_tokens,
        "cached_tokens": reply.cached_tokens,
        "latency_s": reply.latency_s,
        "attempts": reply.attempts,
        "error": reply.error,
        "answered_at": now().isoformat(),
        "question_version": question["question_version"],
        "model_version": ready.model_version,
        "prompt_name": ready.renderer.name,
        "prompt_hash": ready.renderer.prompt_hash,
        **made.columns(),
    }


def _cost_usd(model: AnyModel, reply: Reply) -> float | None:
    if model.input_usd_per_million is None and model.output_usd_per_million is None:
        return None
    into = (reply.prompt_tokens or 0) * (model.input_usd_per_million or 0)
    out = (reply.completion_tokens or 0) * (model.output_usd_per_million or 0)
    return (into + out) / 1e6


def _take_over(lake: Lake, model: str, shard: str) -> int:
    """Commit what runs that died left in the cell's journal. The caller holds the lease, so their writers are gone."""
    return sum(_commit(lake, path) for path in segments(journal_folder(lake, model, shard)))


def _commit(lake: Lake, segment: Path) -> int:
    """A segment becomes one transaction, known by its name: after a crash in between it is not added twice."""
    rows = [{**row, "answered_at": datetime.fromisoformat(str(row["answered_at"]))} for row in read_segment(segment)]
    added = bool(rows) and lake.append(
        "answers", pl.DataFrame(rows, schema=TABLES["answers"].columns), transaction=f"journal:{segment.stem}"
    )
    remove([segment])
    return len(rows) if added else 0


def _summary(
    lake: Lake,
    ready: ReadyModel,
    shard: str,
    cell: tuple[pl.DataFrame, list[Request]],
    sending: tuple[datetime, list[Request], set[str]],
    counts: tuple[int, int],
) -> AnswerSummary:
    (questions, requests), (started, sent, known) = cell, sending
    answers = answers_of(lake, ready.key, [each.fingerprint for each in requests])
    asked = pl.DataFrame({"fingerprint": [each.fingerprint for each in requests]}, schema={"fingerprint": pl.String})
    per_question = asked.join(answers.select("fingerprint", "outcome"), on="fingerprint")
    counted = dict(per_question.group_by("outcome").len().iter_rows())
    ours = answers.filter(pl.col("fingerprint").is_in([each.fingerprint for each in sent]))
    return AnswerSummary(
        model=ready.key,
        shard=shard,
        questions=questions.height,
        asked=per_question.height,
        outcomes={outcome: counted.get(outcome, 0) for outcome in OUTCOMES},
        sent=len(sent),
        known=sum(each.fingerprint in known for each in requests),
        taken_over=counts[0],
        retries=counts[1],
        prompt_tokens=int(ours["prompt_tokens"].sum()),
        completion_tokens=int(ours["completion_tokens"].sum()),
        cost_usd=float(ours["cost_usd"].sum()),
        latency_p50_s=_quantile(ours["latency_s"], 0.5),
        latency_p99_s=_quantile(ours["latency_s"], 0.99),
        seconds=(now() - started).total_seconds(),
    )


def _quantile(values: pl.Series, q: float) -> float | None:
    found = values.quantile(q)
    return None if found is None else float(found)


def _write_cell(
    project: Project,
    ready: ReadyModel,
    versions: dict[str, object],
    summary: AnswerSummary,
    stopped_by: str | None,
    made: MadeBy,
) -> None:
    """The cell's row: answers are in; labels and scorers stay null until it is scored."""
    row = {
        **{name: versions[name] for name in ("shard", "drop", "bank", "questions_version")},
        "model": ready.key,
        "model_version": ready.model_version,
        "n_questions": summary.questions,
        "n_asked": summary.asked,
        "n_failed": summary.failed,
        "stopped_by": stopped_by,
        "answered_at": now(),
        **made.columns(),
    }
    project.lake.replace(
        "cells", pl.DataFrame([row], schema=TABLES["cells"].columns), model=ready.key, shard=summary.shard
    )

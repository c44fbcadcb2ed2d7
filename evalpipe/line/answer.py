"""model_answers: one cell asked. What is known is not asked again; what comes back is in the journal at once."""

from dataclasses import dataclass

import polars as pl

from evalpipe.core.answers import OUTCOMES
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import drop_of, from_key
from evalpipe.line.answers import answers_of
from evalpipe.line.cell import Cell, shard_questions
from evalpipe.line.missing import Missing, missing_of
from evalpipe.line.models import ReadyModel, ready_model
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.store.journal import cell_journal
from evalpipe.store.lake import Lake
from evalpipe.store.lease import lease
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Progress

LIMIT, MAX_REQUESTS = "limit", "max_requests"  # why a cell was left partial on purpose


@dataclass(frozen=True, slots=True)
class Asking:
    """How much to ask: questions whose draw is below `sample_below`, and at most `max_requests` requests."""

    sample_below: float = 1.0
    max_requests: int | None = None

    def most(self, project: Project, model: str) -> int | None:
        """The requests that one run may send; the model's own limit holds too."""
        limits = (self.max_requests, project.config.models[model].max_requests)
        return min((each for each in limits if each is not None), default=None)


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """Counts of one cell after the run. `outcomes` counts questions times samples, joined and known ones too; `asked`
    the questions all of whose samples have an outcome; `taken_over` answers found in journals of runs that died. Of
    this run: `sent` requests that it asked, `tries` with their repetitions, `hits` and `joined` what the shared cache
    and other processes answered; `joined` counts equal questions of the cell as well.
    """

    model: str
    shard: str
    questions: int
    asked: int
    outcomes: dict[str, int]
    failed: int
    sent: int
    tries: int
    known: int
    hits: int
    joined: int
    taken_over: int
    retries: int
    pushed_back: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: float
    latency_p50_s: float | None
    latency_p99_s: float | None
    rate_per_s: float
    first_sent_s: float | None
    seconds: float


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
    with lease(project.lake, "cells", model, shard, on_wait=progress.note) as held:
        # Before the questions: were they replaced in between, the cell would say the old version and be asked again.
        versions = shard_row(project.lake, shard)
        asked, journal = shard_questions(shard, str(versions["bank"])), cell_journal(project.lake, model, shard)
        cell = Cell(project, ready_model(project, model), asked, journal, made, progress, held)
        taken_over = cell.take_over()
        missing = missing_of(cell, cell.ready.samples, asking.sample_below, asking.most(project, model))
        if not missing.to_send.is_empty():
            progress.start(f"{from_key(model)} · {shard}", missing.to_send.height)
            try:
                cell.ask(missing.to_send)
            finally:
                progress.finish()
        summary = _summary(cell, shard, missing, taken_over)
        stopped_by = None
        if summary.asked < summary.questions:
            stopped_by = MAX_REQUESTS if missing.held_back else LIMIT
        held.check()
        _write_cell(project, cell.ready, versions, summary, stopped_by, made)
    return summary


def shard_row(lake: Lake, shard: str) -> dict[str, object]:
    """The shard's row of table `shards`. Raises UsageError: no such shard."""
    rows = lake.read("shards", (pl.col("drop") == drop_of(shard)) & (pl.col("shard") == shard))
    if rows.is_empty():
        raise UsageError(f"shard {shard}: the lake holds no such shard. Validate its drop first.")
    return rows.row(0, named=True)


def _summary(cell: Cell, shard: str, missing: Missing, taken_over: int) -> AnswerSummary:
    samples, tally, requests = cell.ready.samples, cell.tally, missing.requests
    spent = ["outcome", "prompt_tokens", "completion_tokens", "cost_usd", "run_id", "origin"]
    answers = answers_of(cell.project.lake, cell.ready.key, requests["fingerprint"], spent)
    counting = answers.filter(pl.col("sample") < samples)
    each = requests.select("question_id", "fingerprint").join(counting, on="fingerprint")
    counted = dict(each.group_by("outcome").len().iter_rows())
    whole = each.group_by("question_id").agg(n=pl.len(), failed=(pl.col("outcome") == "failed").any())
    whole = whole.filter(pl.col("n") == samples)
    ours = answers.filter((pl.col("run_id") == cell.made.run_id) & (pl.col("origin") == "asked"))
    doubles = requests.height - requests["fingerprint"].n_unique()
    return AnswerSummary(
        model=cell.ready.key,
        shard=shard,
        questions=requests.height,
        asked=whole.height,
        outcomes={outcome: counted.get(outcome, 0) for outcome in OUTCOMES},
        failed=int(whole["failed"].sum()),
        sent=missing.to_send.height - tally.hits - tally.joined,
        tries=tally.tries,
        known=requests.join(missing.known.filter(pl.col("sample") < samples), on="fingerprint").height,
        hits=tally.hits,
        joined=tally.joined + doubles,
        taken_over=taken_over,
        retries=tally.retries,
        pushed_back=tally.pushed_back,
        prompt_tokens=int(ours["prompt_tokens"].sum()),
        completion_tokens=int(ours["completion_tokens"].sum()),
        cost_usd=float(ours["cost_usd"].sum()),
        latency_p50_s=tally.quantile(0.5),
        latency_p99_s=tally.quantile(0.99),
        rate_per_s=tally.rate_per_s,
        first_sent_s=tally.first_sent_s,
        seconds=(now() - cell.started).total_seconds(),
    )


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

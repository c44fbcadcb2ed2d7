"""committee_answers: a member of the committee is asked about a drop, and what it said is read as the scorer reads it.

It asks as a cell does: the same engine, the same cleaned text, the same table `answers`. So a question that the model
answered with this prompt, for a cell or for the committee, is not asked again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from evalpipe.backends.protocol import BatchBackend
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key, shard_key
from evalpipe.line.answer import LIMIT, MAX_REQUESTS, Asking
from evalpipe.line.cell import Cell, QuestionSet
from evalpipe.line.drops import DropState, drop_state
from evalpipe.line.hearing import NOT_ASKED, Heard, hear
from evalpipe.line.missing import missing_of
from evalpipe.line.models import ReadyModel, ready_model, scorers_version
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.store.journal import committee_journal
from evalpipe.store.lease import Lease, lease
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Progress

CHUNK_QUESTIONS = 8_192  # asked and committed at a time: two shards of the usual size, a row group of the lake
EVERYTHING = Asking()


@dataclass(slots=True)
class CommitteeSummary:
    """Counts of one member and drop after the run. `outcomes`: of the questions, known ones too; they add up to
    `questions`. `answered`: those to which an answer could be read. Of this run: `sent` requests that it asked, and the
    others as in `AnswerSummary`.
    """

    member: str
    drop: str
    bank: str
    outcomes: dict[str, int] = field(default_factory=dict[str, int])
    answered: int = 0
    sent: int = 0
    tries: int = 0
    known: int = 0
    hits: int = 0
    joined: int = 0
    taken_over: int = 0
    retries: int = 0
    pushed_back: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0

    @property
    def questions(self) -> int:
        return sum(self.outcomes.values())

    @property
    def failed(self) -> int:
        return self.outcomes["failed"]

    @property
    def asked(self) -> int:
        return self.questions - self.outcomes[NOT_ASKED]


def answer_committee(
    project: Project, member: str, drop: str, made: MadeBy, progress: Progress, asking: Asking = EVERYTHING
) -> CommitteeSummary:
    """Ask the member what it was not asked about the drop, a chunk at a time, and replace its rows in
    `committee_answers`: one per question of the drop, with a null answer where nothing could be read.

    Raises:
        UsageError: the drop is not in the lake.
        ConfigError: the model's configuration does not fit.
        BackendError: the endpoint serves nothing; what came before is kept for the next run.
    """
    started = now()
    with lease(project.lake, "committee", member, drop, on_wait=progress.note) as held:
        # Before the questions: were they replaced in between, the row would say the old version and be made again.
        state = drop_state(project, drop)
        if state is None:
            raise UsageError(f"drop {from_key(drop)!r}: the lake does not hold it. Ingest it first.")
        ready = ready_model(project, member)
        summary = CommitteeSummary(member, drop, str(state["bank"]))
        stopped_by = _ask(project, ready, state, made, progress, held, asking, summary)
        held.check()
        heard = hear(project, ready, _questions(state))
        summary.outcomes, summary.answered = heard.outcomes, heard.answered
        _replace_votes(project, ready, state, heard, made)
        row = {
            **{name: state[name] for name in ("drop", "bank", "content_digest")},
            "member": member,
            "kinds": heard.kinds,
            "model_version": ready.model_version,
            "scorers_version": scorers_version(project.config, summary.bank, heard.kinds),
            "answers_version": heard.version,
            "n_questions": summary.questions,
            "n_asked": summary.asked,
            "n_answered": summary.answered,
            "n_failed": summary.failed,
            "stopped_by": stopped_by if summary.asked < summary.questions else None,
            "answered_at": now(),
            **made.columns(),
        }
        held.check()
        cell = pl.DataFrame([row], schema=TABLES["committee_cells"].columns)
        project.lake.replace("committee_cells", cell, member=member, drop=drop)
    _add_costs(project, made, summary, started)
    return summary


def member_trouble(project: Project, member: str, drop: str) -> str | None:
    """What is wrong with what a member said about a drop, as a sentence; None: nothing that a person should see."""
    rows = project.lake.read("committee_cells", (pl.col("drop") == drop) & (pl.col("member") == member))
    if rows.is_empty():
        return "the member was not asked about this drop"
    row = rows.row(0, named=True)
    n_questions, n_asked, n_failed = row["n_questions"], row["n_asked"], row["n_failed"]
    limit = project.config.file.answers.max_failed_fraction
    if n_questions and not row["n_answered"]:
        return (
            f"no answer could be read of {n_questions:,} questions: the member has no say about this drop. See to its "
            "answers (`evalpipe show QUESTION_ID`), or take it out of `[labels] committee`."
        )
    if n_failed > limit * n_asked:
        return (
            f"{n_failed:,} of {n_asked:,} asked questions failed, the limit is {limit:.0%}; "
            "labels are doubted by what there is"
        )
    return None


def _ask(
    project: Project,
    ready: ReadyModel,
    state: DropState,
    made: MadeBy,
    progress: Progress,
    held: Lease,
    asking: Asking,
    summary: CommitteeSummary,
) -> str:
    """Ask chunk by chunk; returns why questions are left over, if any are."""
    journal = committee_journal(project.lake, summary.member, summary.drop)
    most, stopped_by = asking.most(project, summary.member), LIMIT
    progress.start(f"committee: {from_key(summary.member)} · {from_key(summary.drop)}", int(str(state["n_questions"])))
    try:
        for chunk in _chunks(project, state, whole=isinstance(ready.backend, BatchBackend)):
            cell = Cell(project, ready, chunk, journal, made, progress, held)
            summary.taken_over += cell.take_over()
            missing = missing_of(cell, 1, asking.sample_below, most)
            to_send = missing.to_send.height
            progress.advance(missing.requests.height - to_send)
            if to_send:
                cell.ask(missing.to_send)
            most = None if most is None else most - to_send
            stopped_by = MAX_REQUESTS if missing.held_back else stopped_by
            tally = cell.tally
            first = missing.known.filter(pl.col("sample") == 0)
            summary.known += missing.requests.join(first, on="fingerprint", how="semi").height
            summary.sent += to_send - tally.hits - tally.joined
            summary.tries += tally.tries
            summary.hits += tally.hits
            summary.joined += tally.joined
            summary.retries += tally.retries
            summary.pushed_back += tally.pushed_back
    finally:
        progress.finish()
    return stopped_by


def _chunks(project: Project, state: DropState, whole: bool) -> Iterator[QuestionSet]:
    """The drop's questions, whole shards of them at a time. `whole`: all at once, for a provider that takes a day for
    a batch of any size.
    """
    drop = str(state["drop"])
    here = pl.col("drop") == drop
    shards = project.lake.scan("raw_questions").filter(here).group_by("shard").len().sort("shard").collect()
    if whole and not shards.is_empty():
        yield _questions(state)
        return
    some: list[str] = []
    questions = 0
    for shard, size in shards.iter_rows():
        if some and questions + size > CHUNK_QUESTIONS:
            yield _questions(state, pl.col("shard").is_in(some))
            some, questions = [], 0
        some.append(shard)
        questions += size
    if some:
        yield _questions(state, pl.col("shard").is_in(some))


def _questions(state: DropState, which: pl.Expr | None = None) -> QuestionSet:
    drop, shards = str(state["drop"]), int(str(state["n_shards"]))
    here = pl.col("drop") == drop
    return QuestionSet(
        name=f"drop {from_key(drop)}",
        bank=str(state["bank"]),
        table="raw_questions",
        where=here if which is None else here & which,
        shard_of=lambda question_id: shard_key(drop, question_id, shards),
    )


def _replace_votes(project: Project, ready: ReadyModel, state: DropState, heard: Heard, made: MadeBy) -> None:
    same = {
        **{name: state[name] for name in ("drop", "bank")},
        "member": ready.key,
        "model_version": ready.model_version,
        **made.columns(),
    }
    whole = [pl.lit(value, pl.String).alias(name) for name, value in same.items()]
    project.lake.replace_stream(
        "committee_answers",
        lambda: (frame.with_columns(whole) for frame in heard.frames),
        member=ready.key,
        drop=str(state["drop"]),
    )


def _add_costs(project: Project, made: MadeBy, summary: CommitteeSummary, started: datetime) -> None:
    ours = (pl.col("model") == summary.member) & (pl.col("run_id") == made.run_id) & (pl.col("origin") == "asked")
    spent = project.lake.read("answers", ours, ["prompt_tokens", "completion_tokens", "cost_usd"])
    summary.prompt_tokens = int(spent["prompt_tokens"].sum())
    summary.completion_tokens = int(spent["completion_tokens"].sum())
    summary.cost_usd = float(spent["cost_usd"].sum())
    summary.seconds = (now() - started).total_seconds()

"""committee_answers: a member of the committee is asked about a drop, and what it said is read as the scorer reads it.

It asks as a cell does: the same engine, the same cleaned text, the same table `answers`. So a question that the model
answered with this prompt, for a cell or for the committee, is not asked again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from evalpipe.backends.protocol import BatchBackend
from evalpipe.core.answers import OUTCOMES
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key, shard_key
from evalpipe.core.versions import DIGEST_BYTES
from evalpipe.line.answer import LIMIT, MAX_REQUESTS, Asking
from evalpipe.line.answered import AnsweredQuestion, answered_questions
from evalpipe.line.cell import Cell, QuestionSet
from evalpipe.line.drops import DropState, drop_state
from evalpipe.line.missing import missing_of
from evalpipe.line.models import ReadyModel, ready_model, scorer_for, scorers_version
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.store.journal import committee_journal
from evalpipe.store.lease import Lease, lease
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Progress

CHUNK_QUESTIONS = 8_192  # asked and committed at a time: two shards of the usual size, a row group of the lake
NOT_ASKED = "not_asked"
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
    questions: int = 0
    outcomes: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*OUTCOMES, NOT_ASKED), 0))
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
        kinds, answers_version = _write_answers(project, ready, state, made, summary)
        row = {
            **{name: state[name] for name in ("drop", "bank", "content_digest")},
            "member": member,
            "kinds": kinds,
            "model_version": ready.model_version,
            "scorers_version": scorers_version(project.config, summary.bank, kinds),
            "answers_version": answers_version,
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
        return f"no answer could be read of {n_questions:,} questions: the member has no say about this drop"
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


def _write_answers(
    project: Project, ready: ReadyModel, state: DropState, made: MadeBy, summary: CommitteeSummary
) -> tuple[list[str], str]:
    """Replace the member's rows, and count them; returns the kinds of the questions, and a hash of what was said."""
    kinds: set[str] = set()
    said = hashlib.blake2b(digest_size=DIGEST_BYTES)

    def frames() -> Iterator[pl.DataFrame]:
        nonlocal said
        said = hashlib.blake2b(digest_size=DIGEST_BYTES)  # called again when another writer came between
        summary.questions = summary.answered = 0
        summary.outcomes = dict.fromkeys(summary.outcomes, 0)
        for some in answered_questions(project.lake, ready, _questions(state), samples=1):
            rows = [_vote(project, ready, each, made) for each in some]
            for row in rows:
                summary.questions += 1
                summary.answered += row["answer"] is not None
                summary.outcomes[str(row["outcome"] or NOT_ASKED)] += 1
                said.update(json.dumps([row["question_id"], row["question_version"], row["answer"]]).encode())
            kinds.update(each.question.kind for each in some)
            yield pl.DataFrame(rows, schema=TABLES["committee_answers"].columns)

    project.lake.replace_stream("committee_answers", frames, member=summary.member, drop=summary.drop)
    return sorted(kinds), said.hexdigest()


def _vote(project: Project, ready: ReadyModel, each: AnsweredQuestion, made: MadeBy) -> Mapping[str, object]:
    scorer = scorer_for(project.config, str(each.row["bank"]), each.question.kind)
    answer = each.answers[0] if each.answers else None
    text = answer["text"] if answer and answer["outcome"] == "answered" else None
    score = None if text is None else scorer.score(each.question, str(text))
    extracted = score.extracted if score else None
    return {
        **{name: each.row[name] for name in ("drop", "bank", "question_id", "question_version")},
        "member": ready.key,
        "fingerprint": each.fingerprint,
        "outcome": answer["outcome"] if answer else None,
        "extracted": extracted,
        "rule": score.rule if score else None,
        "answer": None if extracted is None else scorer.key(each.question, extracted),
        "model_version": ready.model_version,
        "scorer": scorer.name,
        "scorer_version": scorer.version,
        **made.columns(),
    }


def _add_costs(project: Project, made: MadeBy, summary: CommitteeSummary, started: datetime) -> None:
    ours = (pl.col("model") == summary.member) & (pl.col("run_id") == made.run_id) & (pl.col("origin") == "asked")
    spent = project.lake.read("answers", ours, ["prompt_tokens", "completion_tokens", "cost_usd"])
    summary.prompt_tokens = int(spent["prompt_tokens"].sum())
    summary.completion_tokens = int(spent["completion_tokens"].sum())
    summary.cost_usd = float(spent["cost_usd"].sum())
    summary.seconds = (now() - started).total_seconds()

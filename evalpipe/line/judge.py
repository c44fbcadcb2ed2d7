"""judge_verdicts: the answers of one cell judged, where its bank has a judge. What is known is not asked again."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.core.versions import digest
from evalpipe.line.agreement import Agreement, compare_with_people
from evalpipe.line.answer import shard_row
from evalpipe.line.answered import answered_questions
from evalpipe.line.cell import shard_questions
from evalpipe.line.judge_versions import judged_version
from evalpipe.line.judges import Judge, JudgedSet, ToJudge, judges_of
from evalpipe.line.models import ReadyModel, ready_model
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.verdict_asking import ask_verdicts, spent_on
from evalpipe.line.verdicts import stored_verdicts, to_judge
from evalpipe.store.lease import Lease, lease
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Progress


@dataclass(slots=True)
class JudgeSummary:
    """Counts of one cell after the run: `to_judge` = read + unreadable + failed. Of this run: `sent` requests that it
    asked, the rest as in `AnswerSummary`. `agreements`: each judge beside people, by kind; None: it has no labels.
    """

    model: str
    shard: str
    bank: str
    judges: list[str] = field(default_factory=list[str])
    to_judge: int = 0
    read: int = 0
    unreadable: int = 0
    failed: int = 0
    sent: int = 0
    hits: int = 0
    joined: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float = 0.0
    seconds: float = 0.0
    agreements: dict[str, Agreement | None] = field(default_factory=dict[str, Agreement | None])


def judge_cell(project: Project, model: str, shard: str, made: MadeBy, progress: Progress) -> JudgeSummary:
    """Ask for the verdicts that a cell's answers lack, and first compare a judge with people that never was.

    Raises:
        UsageError: the shard is not in the lake.
        ConfigError: the judge's configuration does not fit.
        BackendError: the judge's endpoint serves nothing; what came before is in the journal for the next run.
    """
    started = now()
    with lease(project.lake, "cells", model, shard, on_wait=progress.note) as held:
        # Before the questions: were labels replaced in between, the cell would say the old version and be judged again.
        versions = shard_row(project.lake, shard)
        bank, kinds = str(versions["bank"]), versions["kinds"]
        assert isinstance(kinds, list)
        summary = JudgeSummary(model, shard, bank)
        judges = {kind: judge for kind, judge in judges_of(project, bank).items() if kind in kinds}
        if not judges:
            return summary
        version = judged_version(project.config, bank, kinds, str(versions["labels_version"]))
        ready = ready_model(project, model)
        for kind, judge in judges.items():
            summary.agreements[kind] = compare_with_people(project, judge, made, progress)
            _judge(project, ready, judge, shard, made, progress, held, summary)
        for judge in sorted({each.ready.key for each in judges.values()}):
            into, out, cost = spent_on(project, judge, made)
            summary.judges.append(judge)
            summary.prompt_tokens += into
            summary.completion_tokens += out
            summary.cost_usd += cost
        held.check()
        _mark_judged(project, model, shard, version, summary.failed)
    summary.seconds = (now() - started).total_seconds()
    return summary


def _judge(
    project: Project,
    ready: ReadyModel,
    judge: Judge,
    shard: str,
    made: MadeBy,
    progress: Progress,
    held: Lease,
    summary: JudgeSummary,
) -> None:
    asked = shard_questions(shard, judge.bank)

    def answers() -> Iterator[list[ToJudge]]:
        for some in answered_questions(project.lake, ready, asked, ready.samples):
            if found := to_judge(judge, some):
                yield found

    if next(answers(), None) is None:
        return  # nothing was answered
    judged = JudgedSet(f"{from_key(ready.key)} · {shard}", judge.bank, judge, lambda _: shard, answers)
    # No shard has this name: theirs end in a number. The model as a hash: two names could be too long for a file's.
    journal = f"{shard}.judged-{digest(ready.key, judge.kind)[:12]}"
    most = project.config.models[judge.ready.key].max_requests
    sent, tally = ask_verdicts(project, judge, judged, journal, made, progress, held, most)
    summary.sent += sent - tally.hits - tally.joined
    summary.hits += tally.hits
    summary.joined += tally.joined
    summary.retries += tally.retries
    for some in answers():
        states = Counter(verdict.state for _, verdict in stored_verdicts(project.lake, judge, some))
        summary.to_judge += len(some)
        summary.read += states["read"]
        summary.unreadable += states["unreadable"]
        summary.failed += states["failed"]


def judge_trouble(project: Project, model: str, shard: str) -> str | None:
    """Why a cell's answers must not be scored yet, as a sentence; None: nothing."""
    rows = project.lake.read("cells", (pl.col("model") == model) & (pl.col("shard") == shard))
    if rows.is_empty():
        return None
    unjudged, asked = rows["n_unjudged"].fill_null(0)[0], rows["n_asked"][0]
    limit = project.config.file.answers.max_failed_fraction
    if unjudged <= limit * asked:
        return None
    return (
        f"{unjudged:,} answers have no verdict of the judge, of {asked:,} asked questions; the limit is {limit:.0%}. "
        "They are asked for again; see to the judge's endpoint, or to its `max_requests`."
    )


def _mark_judged(project: Project, model: str, shard: str, version: str | None, unjudged: int) -> None:
    """Write into the cell's row what its verdicts were made from, and how many are missing."""
    cell = project.lake.read("cells", (pl.col("model") == model) & (pl.col("shard") == shard))
    if cell.is_empty():
        return  # judged without ever having been answered: nothing was asked, so nothing was made
    row = {**cell.row(0, named=True), "judged_version": version, "n_unjudged": unjudged}
    project.lake.replace("cells", pl.DataFrame([row], schema=TABLES["cells"].columns), model=model, shard=shard)

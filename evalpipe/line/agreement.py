"""A judge compared with people: it judges answers that they have judged, asked like all others, once per version."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from evalpipe.core.agreement import cohen_kappa
from evalpipe.core.keys import to_key
from evalpipe.core.questions import Question
from evalpipe.core.stats import accuracy
from evalpipe.core.versions import digest
from evalpipe.line.judge_versions import labelled_path, labelled_version
from evalpipe.line.judges import Judge, JudgedSet, ToJudge, readable
from evalpipe.line.labelled import Labelled, read_labelled
from evalpipe.line.models import to_questions
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.verdict_asking import ask_verdicts
from evalpipe.line.verdicts import stored_verdicts
from evalpipe.store.lake import Lake
from evalpipe.store.lease import lease
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Progress

LABELLED = "labelled"  # stands for the shard in the rows of `answers`


@dataclass(frozen=True, slots=True)
class Agreement:
    """The last comparison of today's judge on today's labelled answers; a row of table `judge_agreement`."""

    row: Mapping[str, Any]

    @property
    def whole(self) -> bool:
        return not self.row["n_failed"]


def agreement_of(project: Project, judge: Judge) -> Agreement | None:
    """None: it was not compared yet with the labelled answers as they are, or there are none."""
    labelled = labelled_version(project.config, judge.options)
    return compared_before(project.lake, judge.bank, judge.kind, judge.ready.model_version, labelled)


def compared_before(
    lake: Lake, bank: str, kind: str, judge_version: str, labelled_version: str | None
) -> Agreement | None:
    """The same of a judge and labelled answers that are named by their versions; None: there are none."""
    if labelled_version is None:
        return None
    rows = lake.read(
        "judge_agreement",
        (pl.col("bank") == bank)
        & (pl.col("kind") == kind)
        & (pl.col("judge_version") == judge_version)
        & (pl.col("labelled_version") == labelled_version),
    ).sort("compared_at")
    return None if rows.is_empty() else Agreement(rows.row(-1, named=True))


def compare_with_people(project: Project, judge: Judge, made: MadeBy, progress: Progress) -> Agreement | None:
    """Let the judge judge the labelled answers, unless it has; None where there are none.

    Raises: ConfigError: the file of labelled answers does not fit. BackendError: the judge's endpoint serves nothing.
    """
    path = labelled_path(project.config, judge.options)
    if path is None:
        return None
    if (known := agreement_of(project, judge)) and known.whole:
        return known
    # One run compares, the others of the same judge wait and find it done.
    name = f"{LABELLED}-{digest(judge.bank, judge.kind)[:12]}"
    with lease(project.lake, "judges", judge.ready.key, name, on_wait=progress.note) as held:
        if (known := agreement_of(project, judge)) and known.whole:
            return known
        version = labelled_version(project.config, judge.options)
        labelled = read_labelled(path)
        found = _answers(project, judge, labelled)
        answers = [each for each, _ in found]
        asked = JudgedSet(
            f"labelled answers of {judge.bank}", judge.bank, judge, lambda _: LABELLED, lambda: iter([answers])
        )
        if answers:
            ask_verdicts(project, judge, asked, name, made, progress, held, None)
        verdicts = dict(stored_verdicts(project.lake, judge, answers))
        states = [verdicts[each.name].state for each in answers]
        both = [
            (right, verdicts[each.name].score.value == 1)
            for each, right in found
            if verdicts[each.name].state == "read"
        ]
        people, said = [right for right, _ in both], [right for _, right in both]
        same = pl.Series([float(one == other) for one, other in both], dtype=pl.Float64)
        estimate = accuracy(same) if both else None
        row = {
            "bank": judge.bank,
            "kind": judge.kind,
            "judge": judge.ready.key,
            "judge_version": judge.ready.model_version,
            "labelled_version": version,
            "n_labelled": len(labelled),
            "n_left_out": len(labelled) - len(found),
            "n_compared": len(both),
            "n_unreadable": states.count("unreadable"),
            "n_failed": states.count("failed"),
            "agreement": estimate.value if estimate else None,
            "agreement_low": estimate.low if estimate else None,
            "agreement_high": estimate.high if estimate else None,
            "kappa": cohen_kappa(people, said),
            "right_by_people": sum(people),
            "right_by_judge": sum(said),
            "compared_at": now(),
            **made.columns(),
        }
        held.check()
        project.lake.append("judge_agreement", pl.DataFrame([row], schema=TABLES["judge_agreement"].columns))
    return Agreement(row)


def _answers(project: Project, judge: Judge, labelled: list[Labelled]) -> list[tuple[ToJudge, bool]]:
    """The labelled answers with their questions, and whether people found them right; what is not in the lake is left
    out. Two people may have judged one answer: each verdict is compared.
    """
    ids = [each.question_id for each in labelled if each.question_id is not None]
    rows = project.lake.read("questions", (pl.col("bank") == judge.bank) & pl.col("question_id").is_in(ids))
    # Of a question in several drops any will do that has it as it was judged; the last is nearest to today.
    known = {question.question_id: question for question in to_questions(rows)}
    found: list[tuple[ToJudge, bool]] = []
    for at, each in enumerate(labelled):
        question = known.get(each.question_id or "")
        if each.question is not None:
            question = Question(f"labelled {at}", each.question, "text", each.targets)
        text = readable(each.answer)
        if question is not None and text is not None:
            found.append((ToJudge(f"{to_key(LABELLED)} {at}", question, text), each.right))
    return found

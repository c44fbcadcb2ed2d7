"""label_doubts: which labels of a drop are doubted, and whether so many are that the drop is stopped."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.labels import DOUBTS, doubts, suspects
from evalpipe.labels.gate import GateVerdict, judge_drop
from evalpipe.line.drops import ACCEPT, decisions, ingested, write_state
from evalpipe.line.ingest import REPEATED
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.votes import committee_version
from evalpipe.store.lease import lease
from evalpipe.store.tables import TABLES

# A repeated id with another target says that one of the two is wrong, not which.
REPEATED_SUSPICION = 0.5

_SEEN = ("question_id", "text", "kind", "choices", "targets", "worked_solution", "question_version")


@dataclass(frozen=True, slots=True)
class DoubtSummary:
    drop: str
    bank: str
    questions: int
    doubted: int
    by_signal: dict[str, int]
    verdict: GateVerdict


def doubt_drop(project: Project, drop: str, made: MadeBy) -> DoubtSummary:
    """Write the drop's suspects, best first, and the gate's verdict into the drop's row.

    Raises: DropError: the drop is not ingested.
    """
    with lease(project.lake, "drops", drop):
        state = ingested(project, drop)
        here = pl.col("drop") == drop
        votes_version = committee_version(project, drop)  # before the votes are read

        def batches() -> Iterator[pl.DataFrame]:
            return project.lake.batches("raw_questions", here, _SEEN)

        found = pl.concat([doubts(batches), _repeated(project, drop)])
        versions = project.lake.read("raw_questions", here, ["question_id", "question_version", "targets"])
        rows = (
            suspects(found)
            .join(versions, on="question_id")
            .with_columns(
                bank=pl.lit(state["bank"]),
                drop=pl.lit(drop),
                flagged=pl.lit(True),
                evidence=pl.lit([], dtype=TABLES["suspects"].columns["evidence"]),
            )
            .sort("suspicion", "question_id", descending=[True, False])
        )
        project.lake.replace("suspects", rows, drop=drop)
        write_state(project, drop, {"n_doubted": rows.height, "doubts_version": votes_version}, made)
        verdict = gate_verdict(project, drop)
        changes: dict[str, object] = {
            "gate_passed": verdict.passed,
            "gate_share": verdict.share,
            "gate_limit": verdict.limit,
            "gate_accepted_by": decisions(project, ACCEPT).get(drop),
            "gate_message": verdict.message,
            "gated_at": now(),
        }
        write_state(project, drop, changes, made)
    counted = found.group_by("signal").len().sort("signal")
    return DoubtSummary(
        drop=drop,
        bank=str(state["bank"]),
        questions=versions.height,
        doubted=rows.height,
        by_signal=dict(zip(counted["signal"], counted["len"], strict=True)),
        verdict=verdict,
    )


def gate_verdict(project: Project, drop: str) -> GateVerdict:
    """Whether the drop may go on, by its counts, today's limit, and whether a person accepted it.

    Raises: DropError: the drop is not ingested.
    """
    state = ingested(project, drop)
    counts = [state[name] or 0 for name in ("n_questions", "n_quarantined", "n_doubted")]
    questions, quarantined, doubted = (int(str(count)) for count in counts)
    return judge_drop(
        drop=from_key(drop),
        n_rows=questions + quarantined,
        n_quarantined=quarantined,
        n_doubted=doubted,
        limit=project.config.limit_of(str(state["bank"])),
        accepted_by=decisions(project, ACCEPT).get(drop),
    )


def _repeated(project: Project, drop: str) -> pl.DataFrame:
    """Doubts of the questions whose id stands again in the drop with something else; the others are in quarantine."""
    rows = project.lake.read(
        "quarantine", (pl.col("drop") == drop) & (pl.col("code") == REPEATED), ["question_id", "file", "line"]
    ).unique("question_id", keep="first", maintain_order=True)
    return rows.select(
        question_id="question_id",
        signal=pl.lit(REPEATED),
        reason=pl.format("the same question_id stands again in {}:{} and says something else", "file", "line"),
        suspicion=pl.lit(REPEATED_SUSPICION),
        proposed_target=pl.lit(None, pl.String),
    ).cast(pl.Schema(DOUBTS))

"""label_doubts: which labels of a drop are doubted, and whether so many are that the drop is stopped."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.labels import DOUBTS, doubts
from evalpipe.labels.weighing.error_rate import ErrorRate
from evalpipe.labels.weighing.gate import GateVerdict, judge_drop
from evalpipe.line.bank import bank_of
from evalpipe.line.drops import ACCEPT, decisions, ingested, write_state
from evalpipe.line.ingest import REPEATED
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.votes import committee_version
from evalpipe.line.weigh import Weighed, weigh
from evalpipe.store.lease import lease
from evalpipe.store.tables import TABLES

# A repeated id with another target says that one of the two is wrong, not which.
REPEATED_SUSPICION = 0.5


@dataclass(frozen=True, slots=True)
class DoubtSummary:
    drop: str
    bank: str
    questions: int
    suspects: int
    flagged: int
    by_signal: dict[str, int]  # suspects that each signal speaks against
    rate: ErrorRate
    accuracy: Mapping[str, float]  # of each member of the committee, as estimated from the answers
    verdict: GateVerdict


def doubt_drop(project: Project, drop: str, made: MadeBy) -> DoubtSummary:
    """Write the drop's suspects, best first, and the gate's verdict into the drop's row.

    Raises: DropError: the drop is not ingested.
    """
    with lease(project.lake, "drops", drop):
        state = ingested(project, drop)
        bank = str(state["bank"])
        votes_version = committee_version(project, drop)  # before the votes are read
        found = pl.concat([doubts(bank_of(project, drop, bank)), _repeated(project, drop)])
        weighed = weigh(project, drop, bank, found)
        versions = project.lake.read("raw_questions", pl.col("drop") == drop, ["question_id", "question_version"])
        rows = (
            weighed.doubted.suspects.join(versions, on="question_id")
            .with_columns(bank=pl.lit(bank), drop=pl.lit(drop))
            .sort("suspicion", "question_id", descending=[True, False])
        )
        project.lake.replace("suspects", rows.select(list(TABLES["suspects"].columns)), drop=drop)
        flagged = rows.filter("flagged")
        project.lake.replace("label_errors", _rates(weighed, flagged, drop, bank, made), drop=drop)
        write_state(project, drop, {"n_doubted": flagged.height, "doubts_version": votes_version}, made)
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
    counted = rows.explode("signals").group_by("signals").len().drop_nulls().sort("signals")
    return DoubtSummary(
        drop=drop,
        bank=bank,
        questions=versions.height,
        suspects=rows.height,
        flagged=flagged.height,
        by_signal=dict(zip(counted["signals"], counted["len"], strict=True)),
        rate=weighed.rates[None],
        accuracy=weighed.doubted.opinion.accuracy,
        verdict=verdict,
    )


def _rates(weighed: Weighed, flagged: pl.DataFrame, drop: str, bank: str, made: MadeBy) -> pl.DataFrame:
    """Rows of `label_errors`: of the whole drop, and of each subject where there are several."""
    subjects = flagged.join(weighed.questions.select("question_id", "subject"), on="question_id")
    n_flagged: dict[str | None, int] = dict(subjects.group_by("subject").len().iter_rows())
    rows = [
        {
            "drop": drop,
            "bank": bank,
            "subject": subject,
            "verdict": rate.verdict,
            "n_questions": rate.n,
            "n_known": rate.n_known,
            "n_members": len(weighed.doubted.ballots.members),
            "n_flagged": flagged.height if subject is None else n_flagged.get(subject, 0),
            "raw_rate": rate.raw,
            "rate": rate.rate,
            "ci95_low": rate.low,
            "ci95_high": rate.high,
            "committee_error": rate.committee_error,
            "settled": rate.settled,
            **made.columns(),
        }
        for subject, rate in weighed.rates.items()
    ]
    return pl.DataFrame(rows, schema=TABLES["label_errors"].columns)


def error_rate_of(project: Project, drop: str) -> ErrorRate:
    """What `label_doubts` measured of the whole drop; before that, that nothing is known."""
    rows = project.lake.read("label_errors", (pl.col("drop") == drop) & pl.col("subject").is_null())
    if rows.is_empty():
        return ErrorRate("no committee", 0, 0, 0.0)
    row = rows.row(0, named=True)
    measured = (row["rate"], row["ci95_low"], row["ci95_high"], row["committee_error"], row["settled"])
    return ErrorRate(row["verdict"], row["n_questions"], row["n_known"], row["raw_rate"], *measured)


def gate_verdict(project: Project, drop: str) -> GateVerdict:
    """Whether the drop may go on, by its counts, today's limit, and whether a person accepted it.

    Raises: DropError: the drop is not ingested.
    """
    state = ingested(project, drop)
    counts = [state[name] or 0 for name in ("n_questions", "n_quarantined", "n_doubted")]
    questions, quarantined, flagged = (int(str(count)) for count in counts)
    return judge_drop(
        drop=from_key(drop),
        n_rows=questions + quarantined,
        n_quarantined=quarantined,
        n_flagged=flagged,
        rate=error_rate_of(project, drop),
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

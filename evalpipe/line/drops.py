"""The state of a drop: one row of the table `drops`, which the steps of ingest fill one after the other."""

from collections.abc import Mapping

import polars as pl

from evalpipe.core.errors import DropError, UsageError
from evalpipe.core.keys import from_key
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.store.tables import TABLES

ACCEPT, RETIRE = "accept", "retire"

DropState = Mapping[str, object]


def drop_state(project: Project, drop: str) -> DropState | None:
    """The drop's row as a mapping, or None before its ingest."""
    rows = project.lake.read("drops", pl.col("drop") == drop)
    return None if rows.is_empty() else rows.row(0, named=True)


def ingested(project: Project, drop: str) -> DropState:
    """Raises DropError: the drop was not ingested yet."""
    state = drop_state(project, drop)
    if state is None:
        raise DropError(
            f"drop {from_key(drop)!r} is not ingested: materialise `raw_questions` of partition {drop} first."
        )
    return state


def write_state(project: Project, drop: str, changes: Mapping[str, object], made: MadeBy) -> None:
    """Put `changes` into the drop's row. The caller holds the drop's lease."""
    row = {**(drop_state(project, drop) or {"drop": drop}), **changes, **made.columns()}
    project.lake.replace("drops", pl.DataFrame([row], schema=TABLES["drops"].columns), drop=drop)


def decide(project: Project, drop: str, decision: str, by: str, why: str) -> None:
    """Record what a person decided about a drop: `accept` or `retire`; nothing is ever taken back silently.

    Raises: UsageError: the drop was never ingested, or a name or reason is missing.
    """
    if not by.strip() or not why.strip():
        raise UsageError("--by and --why must not be empty: a decision is recorded with its author and its reason.")
    if drop_state(project, drop) is None:
        known = ", ".join(from_key(each) for each in project.lake.read("drops")["drop"].sort()) or "none"
        raise UsageError(f"no drop {from_key(drop)!r} was ingested. Drops in the lake: {known}.")
    row = {"drop": drop, "decision": decision, "by": by, "why": why, "at": now()}
    project.lake.append("decisions", pl.DataFrame([row], schema=TABLES["decisions"].columns))


def decisions(project: Project, decision: str) -> dict[str, str]:
    """Who decided so, by drop; the last one who did."""
    rows = project.lake.read("decisions", pl.col("decision") == decision).sort("at")
    return dict(zip(rows["drop"], rows["by"], strict=True))


def retired(project: Project) -> set[str]:
    return set(decisions(project, RETIRE))


def stopped_drops(project: Project) -> set[str]:
    """Drops that their gate stops today; some of them were let through before their labels were doubted anew."""
    drops = project.lake.read("drops", pl.col("gate_passed").eq(False), ["drop"])
    return set(drops["drop"]) - set(decisions(project, ACCEPT))


def drop_order(project: Project) -> pl.DataFrame:
    """`drop`, `bank`, `order`: unretired drops in the order of their first ingest; a later one supersedes."""
    drops = project.lake.read("drops", columns=["drop", "bank", "ingested_at"])
    drops = drops.filter(~pl.col("drop").is_in(sorted(retired(project)))).sort("ingested_at", "drop")
    return drops.select("drop", "bank").with_row_index("order")

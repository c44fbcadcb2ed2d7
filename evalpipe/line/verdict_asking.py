"""A judge asked: through the engine, the cache, the journal and the table `answers`, as every model is."""

import polars as pl

from evalpipe.answering.tally import Tally
from evalpipe.core.keys import from_key
from evalpipe.line.cell import Cell
from evalpipe.line.judges import Judge, JudgedSet
from evalpipe.line.missing import missing_of
from evalpipe.line.project import MadeBy, Project
from evalpipe.store.journal import cell_journal
from evalpipe.store.lease import Lease
from evalpipe.telemetry.progress import Progress


def ask_verdicts(
    project: Project,
    judge: Judge,
    asked: JudgedSet,
    journal: str,
    made: MadeBy,
    progress: Progress,
    held: Lease,
    most: int | None,
) -> tuple[int, Tally]:
    """Ask for the verdicts that are not known, at most `most`; returns how many were asked, and how that went.

    Args:
        journal: its name among those of the judge; no shard has it.

    Raises: BackendError: the endpoint serves nothing; what came before is in the journal for the next run.
    """
    cell = Cell(project, judge.ready, asked, cell_journal(project.lake, judge.ready.key, journal), made, progress, held)
    cell.take_over()
    missing = missing_of(cell, 1, 1.0, most)
    if not missing.to_send.is_empty():
        progress.start(f"judge {from_key(judge.ready.key)} · {asked.name}", missing.to_send.height)
        try:
            cell.ask(missing.to_send)
        finally:
            progress.finish()
    return missing.to_send.height, cell.tally


def spent_on(project: Project, judge: str, made: MadeBy) -> tuple[int, int, float]:
    """Prompt tokens, completion tokens and USD of what this run asked the judge."""
    ours = (pl.col("model") == judge) & (pl.col("run_id") == made.run_id) & (pl.col("origin") == "asked")
    rows = project.lake.read("answers", ours, ["prompt_tokens", "completion_tokens", "cost_usd"])
    return int(rows["prompt_tokens"].sum()), int(rows["completion_tokens"].sum()), float(rows["cost_usd"].sum())

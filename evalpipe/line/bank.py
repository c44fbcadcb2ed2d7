"""The bank that a drop belongs to, as the signals read it: its own questions, and those that stand beside them."""

from collections.abc import Iterator

import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.labels import Bank
from evalpipe.line.drops import drop_order
from evalpipe.line.project import Project

_SEEN = ("question_id", "text", "kind", "choices", "targets", "worked_solution", "question_version")


def bank_of(project: Project, drop: str, bank: str) -> Bank:
    """The drop's questions as delivered, and those of the bank's other drops that are not retired, the latest first.

    Of a validated drop the questions count with their reviews, and without those that a review excluded; one that its
    gate stopped does not count; one that still waits for its gate counts as delivered.
    """

    def own() -> Iterator[pl.DataFrame]:
        return project.lake.batches("raw_questions", pl.col("drop") == drop, _SEEN)

    def others() -> Iterator[pl.DataFrame]:
        for other, table in _standing(project, drop, bank):
            where = pl.col("drop") == other
            if table == "questions":
                where &= pl.col("status") == "active"
            for frame in project.lake.batches(table, where, _SEEN):
                yield frame.with_columns(drop=pl.lit(from_key(other)))

    return Bank(own, others)


def _standing(project: Project, drop: str, bank: str) -> list[tuple[str, str]]:
    """Each other drop of the bank that counts, the latest first, and the table that has its questions as they count."""
    states = project.lake.read("drops", pl.col("bank") == bank, ["drop", "gated_at", "gate_passed", "validated_at"])
    ordered = drop_order(project).join(states, on="drop").filter(pl.col("drop") != drop).sort("order", descending=True)
    return [
        (other, "questions" if validated else "raw_questions")
        for other, gated, passed, validated in ordered.select(
            "drop", "gated_at", "gate_passed", "validated_at"
        ).iter_rows()
        if passed or gated is None
    ]

"""Open doubts: the suspects of today's questions that no review has settled, and who had a vote in each."""

import polars as pl

from evalpipe.config import Config
from evalpipe.line.project import Project


def open_doubts(project: Project, questions: pl.DataFrame) -> pl.DataFrame:
    """`bank`, `question_id`, `who` (those who gave evidence, models by key): flagged suspects that are still open.

    A suspect speaks of the question version and the drop that it was found in; where another stands by now, it is
    silent. Merely suspicious questions, which are not flagged, are no part of it.

    Args:
        questions: the standing questions (`line.standing`), with `review_ids`.
    """
    flagged = (
        project.lake.scan("suspects")
        .filter(pl.col("flagged"))
        .select(
            "bank",
            "question_id",
            "question_version",
            "drop",
            who=pl.col("evidence").list.eval(pl.element().struct.field("who")),
        )
        .collect()
    )
    standing = questions.filter(is_open()).select("bank", "question_id", "question_version", "drop")
    found = standing.join(flagged, on=standing.columns, maintain_order="left")
    return found.select("bank", "question_id", pl.col("who").fill_null([])).unique(
        ["bank", "question_id"], keep="first", maintain_order=True
    )


def is_open() -> pl.Expr:
    """Whether a doubt in this question would still be open: it counts, and no review holds for it."""
    return (pl.col("status") == "active") & (pl.col("review_ids").list.len() == 0)


def kin_of(config: Config, model: str) -> list[str]:
    """The model itself and the models of its `family`, by key: none of them is an independent witness for it."""
    family = config.models[model].family
    return [key for key, each in config.models.items() if key == model or (family and each.family == family)]


def with_vote_of(kin: list[str]) -> pl.Expr:
    """Whether one of these models is among those who gave evidence."""
    return pl.col("who").list.eval(pl.element().is_in(kin)).list.any()

"""Verdicts of people as the lake holds them: those of a drop, what they settle, and where people disagree."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from evalpipe.core.versions import digest
from evalpipe.labels.review.reviews import Review, Settled, applies, settle
from evalpipe.line.models import to_questions
from evalpipe.line.project import Project

_FIELDS = (
    "bank",
    "question_id",
    "verdict",
    "by",
    "correct_target",
    "at",
    "why",
    "question_version",
    "drop",
    "picked",
    "said",
    "review_id",
)


def review_of_row(row: dict[str, object]) -> Review:
    """A row of `label_reviews`; its drop is a key."""
    return Review(**{name: row[name] for name in _FIELDS}, overrules=bool(row["overrules"]))  # pyright: ignore[reportArgumentType]  the table's own types


def reviews_of(project: Project, drop: str, bank: str) -> dict[str, list[Review]]:
    """The verdicts on questions of this drop, by question id, oldest first."""
    return reviews_by_drop(project, (pl.col("drop") == drop) & (pl.col("bank") == bank)).get(drop, {})


def reviews_by_drop(project: Project, where: pl.Expr | None = None) -> dict[str, dict[str, list[Review]]]:
    """The same for every drop that has some."""
    rows = project.lake.read("label_reviews", where).sort("at", "taken_at", maintain_order=True)
    found: dict[str, dict[str, list[Review]]] = {}
    for row in rows.iter_rows(named=True):
        found.setdefault(row["drop"], {}).setdefault(row["question_id"], []).append(review_of_row(row))
    return found


def reviews_version(reviews: dict[str, list[Review]]) -> str:
    """Hash of the verdicts that a drop was validated with."""
    return _version([each.review_id for several in reviews.values() for each in several])


@dataclass(frozen=True, slots=True)
class Reviewed:
    """The version of a drop's verdicts, and when the last one was taken; None: there is none."""

    version: str
    taken_at: datetime | None

    def since(self, moment: object) -> bool:
        """Whether a verdict was taken after that moment."""
        return self.taken_at is not None and isinstance(moment, datetime) and self.taken_at > moment


def reviewed_drops(project: Project) -> Mapping[str, Reviewed]:
    """Of every drop, cheap enough for every tick; of one without verdicts too."""
    rows = project.lake.read("label_reviews", columns=["drop", "review_id", "taken_at"])
    by_drop = rows.group_by("drop").agg("review_id", pl.col("taken_at").max())
    found = {drop: Reviewed(_version(ids), taken_at) for drop, ids, taken_at in by_drop.iter_rows()}
    return defaultdict(lambda: Reviewed(_version([]), None), found)


def _version(review_ids: list[str]) -> str:
    return digest(sorted(review_ids))


def settled_questions(project: Project, where: pl.Expr | None = None) -> dict[tuple[str, str], Settled]:
    """What the verdicts make of each question that has some, by drop and question id.

    Args:
        where: which rows of `label_reviews`; None for all.
    """
    found: dict[tuple[str, str], Settled] = {}
    for drop, reviews in reviews_by_drop(project, where).items():
        questions = project.lake.read(
            "raw_questions", (pl.col("drop") == drop) & pl.col("question_id").is_in(list(reviews))
        )
        for question, version in zip(to_questions(questions), questions["question_version"], strict=True):
            of_version = [
                each for each in reviews[question.question_id] if applies(each, drop=drop, question_version=version)
            ]
            found[drop, question.question_id] = settle(question.targets, of_version, question.kind)
    return found

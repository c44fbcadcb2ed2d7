"""What a verdict is about: the version of the question that it saw, in the drops that hold it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import polars as pl

from evalpipe.core.keys import fits_key, from_key, to_key
from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line
from evalpipe.labels.review.reviews import Review
from evalpipe.labels.review.targets import as_targets, fitted
from evalpipe.labels.structure import unscorable
from evalpipe.line.drops import retired
from evalpipe.line.models import to_questions
from evalpipe.line.project import Project


@dataclass(frozen=True, slots=True)
class Holder:
    """A drop that holds a question, and how the question reads there."""

    drop: str
    question_version: str
    question: Question
    retired: bool


Holders = Mapping[tuple[str, str], list[Holder]]


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a verdict cannot be taken."""

    reason: str


class Unknown(Wrong):
    """What it names is not in the lake; a drop that comes later may bring it."""


def holders(project: Project, reviews: Iterable[Review]) -> Holders:
    """Who holds the questions that the reviews are about, by bank and id, in the order of their first ingest."""
    banks = {review.bank for review in reviews}
    ids = {form for review in reviews for form in (review.question_id, review.question_id.strip())}
    if not ids:
        return {}
    rows = project.lake.read(
        "raw_questions", pl.col("bank").is_in(sorted(banks)) & pl.col("question_id").is_in(sorted(ids))
    )
    order = project.lake.read("drops", columns=["drop", "ingested_at"])
    rows = rows.join(order, on="drop").sort("ingested_at", "drop")
    gone = retired(project)
    found: dict[tuple[str, str], list[Holder]] = {}
    for question, (bank, drop, version) in zip(
        to_questions(rows), rows.select("bank", "drop", "question_version").iter_rows(), strict=True
    ):
        found.setdefault((bank, question.question_id), []).append(Holder(drop, version, question, drop in gone))
    return found


def addressed(review: Review, there: Holders) -> list[Review] | Wrong:
    """The review once for each drop that it is about, with drop (a key), version and target filled in.

    Without a version it is about the one that stands: that of the latest drop which is not retired. Without a drop it
    is about all that hold this version now, and about none that comes later.
    """
    every = there.get((review.bank, review.question_id)) or there.get((review.bank, review.question_id.strip()))
    if not every:
        return Unknown(
            f"no drop in the lake holds question {one_line(review.question_id, 60)!r} of bank "
            f"{one_line(review.bank, 60)!r}. Mend the id or the bank, or ingest its drop first."
        )
    named = every if review.drop is None else [each for each in every if each.drop in _keys(review.drop)]
    if not named:
        known = ", ".join(repr(from_key(each.drop)) for each in every)
        return Unknown(f"drop {one_line(review.drop or '', 60)!r} does not hold this question; it is in {known}.")
    live = [each for each in named if not each.retired] or named
    version = review.question_version or live[-1].question_version
    about = [each for each in live if each.question_version == version]
    if not about:
        about = [each for each in named if each.question_version == version]
    if not about:
        return Wrong(
            f"no drop holds version {one_line(version, 40)!r} of this question: it was mistyped, or the question has "
            "changed since. Export it again and judge it as it reads now."
        )
    question = about[-1].question
    target = review.correct_target and fitted(question, review.correct_target)
    if target and (fault := unscorable(replace(question, targets=as_targets(question.kind, target)))):
        return Wrong(f"correct_target cannot be a target of this question: {fault.reason}.")
    return [
        replace(
            review, question_id=question.question_id, question_version=version, drop=each.drop, correct_target=target
        )
        for each in about
    ]


def _keys(name: str) -> tuple[str, ...]:
    """A drop may be named as its folder is, or by its key."""
    return (to_key(name), name) if fits_key(name) else (name,)

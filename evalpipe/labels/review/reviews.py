"""People's verdicts on a question, and what they settle. None is ever overwritten: a later one supersedes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

from evalpipe.core.questions import Kind, Status
from evalpipe.core.versions import digest
from evalpipe.labels.review.targets import as_targets, comparable

Verdict = Literal["confirm", "correct", "ambiguous", "exclude"]
VERDICTS: tuple[str, ...] = get_args(Verdict)

# `open`: nobody judged it; `disagreement`: people did, and not alike, so that the label stays as delivered.
State = Literal["open", "reviewed", "disagreement"]

RANDOM = "random"  # `picked`: drawn at random, so that it may stand for its drop
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Review:
    """One verdict. `said` is the digest of all that its line holds; `review_id` is the same unless it had no time.

    A verdict taken into the lake is filled in (`at`, `question_version`, `drop`) and keeps `said` and `review_id`.
    """

    bank: str
    question_id: str
    verdict: Verdict
    by: str
    correct_target: str | None = None
    at: datetime | None = None  # aware; None: before every dated one
    why: str | None = None
    question_version: str | None = None  # None: whatever the question says
    drop: str | None = None  # None: every drop that holds the question
    picked: str | None = None  # RANDOM or None
    overrules: bool = False
    said: str = ""
    review_id: str = ""

    def __post_init__(self) -> None:
        at = self.at.astimezone(UTC).isoformat() if self.at else None
        parts = (self.bank, self.question_id, self.verdict, self.by, self.correct_target, at, self.why)
        said = self.said or digest(*parts, self.question_version, self.drop, self.picked, self.overrules)
        object.__setattr__(self, "said", said)
        object.__setattr__(self, "review_id", self.review_id or said)


@dataclass(frozen=True, slots=True)
class Settled:
    """What counts as right after all reviews, and whether the question counts."""

    targets: tuple[str, ...]
    status: Status
    review_ids: tuple[str, ...]  # of the reviews that were heard, oldest first; empty where they settled nothing
    state: State = "open"


def applies(review: Review, *, drop: str, question_version: str) -> bool:
    """A review holds for the drop that it names and the question version that it saw."""
    return review.drop in (None, drop) and review.question_version in (None, question_version)


def settle(targets: tuple[str, ...], reviews: Iterable[Review], kind: Kind = "text") -> Settled:
    """Apply one question's reviews: of each person the latest counts, and where these differ none does.

    Two verdicts differ when they make something else of the question; `correct` to 7.0 and to 7 do not, of a number.
    One that overrules stands alone over what others said before it, not over what they say after.
    """
    heard = in_order(reviews)
    if not heard:
        return Settled(targets, "active", ())
    outcomes = [_outcome(targets, review, kind) for review in holding(heard)]
    made = {(status, frozenset(comparable(kind, each) for each in right)) for right, status in outcomes}
    if len(made) > 1:
        return Settled(targets, "active", (), "disagreement")
    right, status = outcomes[-1]
    return Settled(right, status, tuple(review.review_id for review in heard), "reviewed")


def in_order(reviews: Iterable[Review]) -> list[Review]:
    """By time, and of the same time in the order given; those without a time come first."""
    return sorted(reviews, key=lambda review: review.at or _LONG_AGO)


def holding(reviews: Iterable[Review]) -> list[Review]:
    """The verdicts that hold, oldest first: the latest of each person since the last one that overruled.

    A person is known by name, whatever its case.
    """
    latest: dict[str, Review] = {}
    for review in in_order(reviews):
        person = " ".join(review.by.casefold().split())
        if review.overrules:
            latest.clear()
        latest.pop(person, None)
        latest[person] = review
    return list(latest.values())


def _outcome(targets: tuple[str, ...], review: Review, kind: Kind) -> tuple[tuple[str, ...], Status]:
    if review.verdict == "correct" and review.correct_target is not None:
        return as_targets(kind, review.correct_target), "active"
    if review.verdict == "ambiguous":
        return targets, "ambiguous"
    return targets, "excluded" if review.verdict == "exclude" else "active"

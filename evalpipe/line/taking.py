"""Verdict files taken into the append-only table `label_reviews`: each verdict once, for the drops that it is about."""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from evalpipe.core.errors import UsageError
from evalpipe.core.versions import digest
from evalpipe.labels.review.files import FORMAT_OF_SUFFIX, place, read_reviews
from evalpipe.labels.review.reviews import Review
from evalpipe.labels.review.rows import BadLine
from evalpipe.line.addressing import Unknown, Wrong, addressed, holders
from evalpipe.line.project import Project, now
from evalpipe.store.lease import lease
from evalpipe.store.tables import TABLES


@dataclass(frozen=True, slots=True)
class TakenReviews:
    """What a file of verdicts held: new ones, ones that were there already, lines that could not be used.

    `unknown` of the bad lines name a question or a drop that is not in the lake, and may be good when it is.
    """

    file: str
    new: int
    known: int
    bad: tuple[BadLine, ...]
    unjudged: int = 0
    unknown: int = 0
    drops: dict[str, int] = field(default_factory=dict)  # new verdicts on questions of each


def take_reviews(project: Project, path: Path) -> TakenReviews:
    """Append the verdicts of a file; one that is there already is not added again, however often the file is taken.

    A verdict that names no version of its question, or no drop, is filled in with what the lake holds now. One without
    a time is given that of its taking; it is new where it goes beyond what was taken from the file of this name before.

    Raises: UsageError: the file cannot be read, or is none of CSV, JSONL and JSON.
    """
    format = FORMAT_OF_SUFFIX.get(path.suffix.lower())
    if format is None:
        raise UsageError(f"{path}: verdicts are read from {', '.join(FORMAT_OF_SUFFIX)} files.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: byte {error.start:,} is not UTF-8. Save the file as UTF-8 text.") from None
    read = read_reviews(path.name, text, format)
    bad, unknown = list(read.bad), 0
    usable: list[list[Review]] = []  # each verdict, once for each drop
    there = holders(project, [each.review for each in read.found])
    for each in read.found:
        about = addressed(each.review, there)
        if isinstance(about, Wrong):
            bad.append(BadLine(each.line, f"{place(path.name, each.line, format)}: {about.reason}"))
            unknown += isinstance(about, Unknown)
        else:
            usable.append(about)
    taken_at = now()
    with lease(project.lake, "reviews"):
        before = project.lake.read("label_reviews", columns=["review_id", "said", "file", "at", *_PERSON])
        known = set(before["review_id"])
        undated = _beyond(before.filter(pl.col("file") == path.name), [about[0] for about in usable])
        rows: list[dict[str, object]] = []
        new = 0
        drops: dict[str, int] = {}
        for index, about in enumerate(usable):
            if index not in undated if about[0].at is None else about[0].said in known:
                continue
            new += 1
            for each in about:
                drops[str(each.drop)] = drops.get(str(each.drop), 0) + 1
                rows.append(_row(_dated(each, taken_at, new), path.name, taken_at))
        if rows:
            project.lake.append("label_reviews", pl.DataFrame(rows, schema=TABLES["label_reviews"].columns))
    in_order = tuple(sorted(bad, key=lambda each: each.line))
    return TakenReviews(path.name, new, len(usable) - new, in_order, read.unjudged, unknown, drops)


def take_landed(project: Project) -> list[TakenReviews | UsageError]:
    """All files of `reviews/` in the landing place that are whole; what cannot be read at all is returned too."""
    taken: list[TakenReviews | UsageError] = []
    for path in project.landing.review_files(project.config.file.landing.settle_s):
        try:
            taken.append(take_reviews(project, path))
        except UsageError as error:
            taken.append(error)
    return taken


_PERSON = ("bank", "question_id", "by")


def _beyond(before: pl.DataFrame, reviews: list[Review]) -> set[int]:
    """Which of the undated reviews of a file (by index) are new, given what was taken from a file of its name.

    A file grows, or is written anew. What one person says about one question in it is a sequence; where its beginning
    is the end of the sequence taken before, that much is known. So a repeat counts when something else came between,
    and a file read twice adds nothing.
    """
    earlier: dict[tuple[str, ...], list[str]] = {}
    undated = before.filter(pl.col("review_id") != pl.col("said")).unique("review_id").sort("at")
    for *person, said in undated.select(*_PERSON, "said").iter_rows():
        earlier.setdefault(tuple(person), []).append(said)
    now_said: dict[tuple[str, ...], list[int]] = {}
    for index, review in enumerate(reviews):
        if review.at is None:
            said = now_said.setdefault((review.bank, review.question_id, review.by), [])
            if not said or reviews[said[-1]].said != review.said:
                said.append(index)
    new: set[int] = set()
    for person, indices in now_said.items():
        then, said = earlier.get(person, []), [reviews[index].said for index in indices]
        shared = next(n for n in range(min(len(then), len(said)), -1, -1) if then[len(then) - n :] == said[:n])
        new.update(indices[shared:])
    return new


def _dated(review: Review, taken_at: datetime, number: int) -> Review:
    """With a time: microseconds apart, so that verdicts of one file stay in its order."""
    if review.at is not None:
        return review
    at = taken_at + timedelta(microseconds=number)
    return replace(review, at=at, review_id=digest(review.said, at.isoformat()))


def _row(review: Review, file: str, taken_at: datetime) -> dict[str, object]:
    return {**asdict(review), "file": file, "taken_at": taken_at}

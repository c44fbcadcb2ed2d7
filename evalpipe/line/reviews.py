"""Verdicts of people: taken from files into the append-only table `reviews`, and looked up by drop."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from evalpipe.core.errors import UsageError
from evalpipe.core.versions import digest
from evalpipe.labels.reviews import BadLine, Review, read_reviews
from evalpipe.line.project import Project, now
from evalpipe.store.lease import lease
from evalpipe.store.tables import TABLES


@dataclass(frozen=True, slots=True)
class TakenReviews:
    """What a file of verdicts held: new ones, ones that were there already, lines that could not be used."""

    file: str
    new: int
    known: int
    bad: tuple[BadLine, ...]


def take_reviews(project: Project, path: Path) -> TakenReviews:
    """Append the verdicts of a CSV or JSONL file; one that is there already is not added again.

    Raises: UsageError: the file cannot be read, or is neither CSV nor JSONL.
    """
    if path.suffix not in (".csv", ".jsonl"):
        raise UsageError(f"{path}: verdicts are read from .csv or .jsonl files.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read ({error}). Verdict files are UTF-8 text.") from None
    found, bad = read_reviews(path.name, text, "csv" if path.suffix == ".csv" else "jsonl")
    taken_at = now()
    with lease(project.lake, "reviews"):
        known = set(project.lake.read("label_reviews", columns=["review_id"])["review_id"])
        new = list({each.review_id: each for each in found if each.review_id not in known}.values())
        rows = [
            {
                "review_id": each.review_id,
                "bank": each.bank,
                "question_id": each.question_id,
                "question_version": each.question_version,
                "verdict": each.verdict,
                "correct_target": each.correct_target,
                "by": each.by,
                "at": each.at,
                "drop": each.drop,
                "why": each.why,
                "file": path.name,
                "taken_at": taken_at,
            }
            for each in new
        ]
        if rows:
            project.lake.append("label_reviews", pl.DataFrame(rows, schema=TABLES["label_reviews"].columns))
    return TakenReviews(path.name, len(new), len(found) - len(new), tuple(bad))


def reviews_of(project: Project, drop: str, bank: str) -> dict[str, list[Review]]:
    """The verdicts on questions of this drop, by question id, oldest first."""
    rows = project.lake.read("label_reviews", pl.col("bank") == bank)
    if rows.is_empty():
        return {}
    wanted = rows["question_id"].unique().to_list()
    here = project.lake.read(
        "raw_questions", (pl.col("drop") == drop) & pl.col("question_id").is_in(wanted), ["question_id"]
    )
    found: dict[str, list[Review]] = {}
    for row in rows.join(here, on="question_id", how="semi").sort("at", "taken_at").iter_rows(named=True):
        review = Review(**{name: row[name] for name in _FIELDS})
        found.setdefault(review.question_id, []).append(review)
    return found


_FIELDS = ("bank", "question_id", "question_version", "verdict", "correct_target", "by", "at", "why", "drop")


def reviews_version(reviews: dict[str, list[Review]]) -> str:
    """Hash of the verdicts that a drop was validated with."""
    return digest(sorted(each.review_id for several in reviews.values() for each in several))

"""One row of a verdict file, whatever its format: the verdict that it holds, or what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from evalpipe.core.quoting import one_line
from evalpipe.labels.review.reviews import RANDOM, VERDICTS, Review, Verdict

REQUIRED = ("bank", "question_id", "verdict", "by")
OPTIONAL = ("correct_target", "at", "why", "question_version", "drop", "picked", "overrules")
MAX_FIELD = 10_000  # characters; a verdict is a few words
_YES, _NO = ("yes", "true", "y", "1"), ("no", "false", "n", "0", "")

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line or task of a verdict file that could not be used, counted from 1, and what is wrong with it."""

    line: int
    reason: str


def unjudged(row: Row) -> bool:
    """A row of an exported sheet that nobody filled in yet."""
    return not row.get("verdict", "").strip() and not row.get("correct_target", "").strip()


def review_of(row: Row) -> Review | str:
    """The review that a row holds, or what is wrong with it."""
    values = {key: row.get(key, "").strip() for key in (*REQUIRED, *OPTIONAL)}
    for key, value in values.items():
        if key in REQUIRED and not value:
            return f"`{key}` is empty{': write who judged' if key == 'by' else ''}."
        if len(value) > MAX_FIELD or _broken(value):
            return f"`{key}` is too long (over {MAX_FIELD:,} characters) or broken Unicode."
    verdict = values["verdict"].lower()
    if verdict not in VERDICTS:
        return f"verdict {one_line(verdict, 40)!r} is none of {', '.join(VERDICTS)}."
    if (verdict == "correct") != bool(values["correct_target"]):
        need = "needs a correct_target" if verdict == "correct" else "takes no correct_target (only `correct` does)"
        return f"verdict `{verdict}` {need}."
    if values["picked"] not in ("", RANDOM):
        return f"picked {one_line(values['picked'], 40)!r} is not `{RANDOM}`. Leave it as it was exported."
    if values["overrules"].lower() not in (*_YES, *_NO):
        return f"overrules {one_line(values['overrules'], 40)!r} is neither yes nor no."
    try:
        at = datetime.fromisoformat(values["at"]) if values["at"] else None
        at = at if at is None else (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return f"at {one_line(values['at'], 40)!r} is no ISO 8601 time, such as 2026-11-23T14:05:00Z."
    return Review(
        values["bank"],
        row["question_id"],  # an id may begin or end with a space; whether it does, the lake knows
        cast("Verdict", verdict),
        values["by"],
        correct_target=values["correct_target"] or None,
        at=at,
        why=values["why"] or None,
        question_version=values["question_version"] or None,
        drop=values["drop"] or None,
        picked=values["picked"] or None,
        overrules=values["overrules"].lower() in _YES,
    )


def _broken(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)

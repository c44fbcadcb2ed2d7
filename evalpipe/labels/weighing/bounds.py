"""What an accuracy could become if the doubted labels were reviewed: the worst and the best that verdicts could do."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True, slots=True)
class Bounds:
    """The accuracy, as a fraction, between which every outcome of the open reviews lies."""

    low: float
    high: float


def doubt_bounds(rows: pl.DataFrame, doubted: pl.Series) -> Bounds | None:
    """The accuracies if every doubted label were wrong against the model, and in its favour; None without rows.

    Against it: whatever it got right of the doubted was right by a wrong key alone. In its favour: whatever it answered
    and got wrong is the true key. What could not be read, was cut off or refused becomes right by no key; at best the
    review leaves its question out. No verdict, and no mixture of verdicts, leads out of these bounds.

    Args:
        rows: one row per counted answer: `question_id`, `score` (null: could not be read, and earned nothing).
        doubted: ids of the questions whose label is open to doubt; others than those of `rows` are let be.
    """
    if rows.is_empty():
        return None
    points, total = float(rows["score"].sum()), rows.height
    open_rows = rows.filter(pl.col("question_id").is_in(doubted.unique().to_list()))
    earned, unread = float(open_rows["score"].sum()), open_rows["score"].null_count()
    missed = open_rows.height - unread - earned
    scored = total - unread
    return Bounds((points - earned) / total, (points + missed) / scored if scored else 0.0)

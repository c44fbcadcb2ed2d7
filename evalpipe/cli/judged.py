"""What `evalpipe leaderboard` says beside judged scores: how far the judge agrees with people, or that nobody knows."""

from collections.abc import Iterator
from typing import Any

import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line


def judge_cell_text(row: dict[str, Any]) -> str | None:
    """The judge and its agreement with people, for a cell of the table; None: no judge."""
    if row["judge"] is None:
        return None
    if row["judge_agreement"] is None:
        return f"{_names(row['judge'])}: never compared"
    return f"{_names(row['judge'])}: {_span(row)}"


def judge_lines(rows: pl.DataFrame) -> Iterator[str]:
    """A sentence per judged bank. `rows`: of whole banks."""
    for (bank,), judged in rows.filter(pl.col("judge").is_not_null()).group_by("bank", maintain_order=True):
        row = judged.row(0, named=True)
        unjudged = int(judged["n_unjudged"].sum())
        lacking = f" {unjudged:,} answers have no verdict, and count as failed." if unjudged else ""
        if row["judge_agreement"] is None:
            yield (
                f"Warning: {one_line(str(bank), 60)}: this judge ({_names(row['judge'])}) was never compared with "
                f"people; what its scores are worth is not known. Give it answers that people have judged: `labelled`, "
                f"docs/judge.md.{lacking}"
            )
            continue
        kappa = "" if row["judge_kappa"] is None else f", kappa {row['judge_kappa']:.2f}"
        yield (
            f"{one_line(str(bank), 60)}: judged by {_names(row['judge'])}, whose verdict is that of people on "
            f"{_agreement(row)}{kappa}.{lacking}"
        )


def _agreement(row: dict[str, Any]) -> str | None:
    if row["judge_agreement"] is None:
        return None
    return f"{_span(row)} of {row['n_judge_labelled']:,} labelled answers"


def _span(row: dict[str, Any]) -> str:
    span = f"{row['judge_agreement_low']:.2f} to {row['judge_agreement_high']:.2f}"
    return f"{row['judge_agreement']:.2f} ({span})"


def _names(judge: str) -> str:
    return ", ".join(one_line(from_key(each), 60) for each in judge.split(", "))

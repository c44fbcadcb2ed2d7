"""The answers that the lake holds: which of them count, and a segment of the journal become a transaction."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

import polars as pl

from evalpipe.line.project import now
from evalpipe.store.journal import Journal, Row
from evalpipe.store.lake import Lake
from evalpipe.store.tables import TABLES

COMMIT_ROWS = 16_384  # a frame at a time, so that a shard of any size is committed in little memory

# Answers, then what the endpoint will not serve, then what did not arrive.
_WORTH = {"answered": 0, "truncated": 0, "refused": 0, "rejected": 1, "failed": 2}


def answers_of(
    lake: Lake,
    model: str,
    fingerprints: pl.Series,
    columns: Sequence[str] | None = None,
    until: datetime | None = None,
) -> pl.DataFrame:
    """The answers that count for these fingerprints, one per fingerprint and sample: the first answer, else the last
    rejection, else the last failure. `columns` None: all of them. `until`: those that were there at that time.
    """
    wanted = {"fingerprint", "sample", "outcome", "answered_at", *(columns or TABLES["answers"].columns)}
    found = (
        lake.scan("answers")
        .filter(pl.col("model") == model, pl.lit(True) if until is None else pl.col("answered_at") <= until)
        .select(name for name in TABLES["answers"].columns if name in wanted)
        .join(pl.LazyFrame({"fingerprint": fingerprints.unique()}), on="fingerprint", how="semi")
        .with_columns(worth=pl.col("outcome").replace_strict(_WORTH, default=2, return_dtype=pl.Int8))
        .with_columns(order=pl.when(pl.col("worth") == 0).then(1).otherwise(-1) * pl.col("answered_at").dt.epoch("us"))
        .collect()
    )
    return (
        found.sort("worth", "order", maintain_order=True)
        .unique(["fingerprint", "sample"], keep="first", maintain_order=True)
        .drop("worth", "order")
    )


def known_of(lake: Lake, model: str, fingerprints: pl.Series, rejected_ttl_s: float) -> pl.DataFrame:
    """`fingerprint` and `sample` of what need not be asked: answers for ever, rejections for a while."""
    counting = answers_of(lake, model, fingerprints, ["outcome"])
    fresh = pl.col("answered_at") > now() - timedelta(seconds=rejected_ttl_s)
    stands = (pl.col("outcome") != "failed") & ((pl.col("outcome") != "rejected") | fresh)
    return counting.filter(stands).select("fingerprint", "sample")


def commit_segment(lake: Lake, journal: Journal, name: str) -> int:
    """A segment becomes one transaction, known by its name: after a crash in between it is not added twice.

    Returns: how many rows were added.
    """
    added = 0

    def frames() -> Iterator[pl.DataFrame]:
        nonlocal added
        added = 0
        rows = (row for row in journal.read(name) if "fingerprint" in row)
        while some := list(islice(rows, COMMIT_ROWS)):
            added += len(some)
            yield _frame(some)

    if not lake.append_stream("answers", frames, transaction=f"journal:{name}"):
        added = 0
    journal.remove([name])
    return added


def _frame(rows: list[Row]) -> pl.DataFrame:
    schema = TABLES["answers"].columns
    columns = {name: [row.get(name) for row in rows] for name in schema if name != "answered_at"}
    at = [datetime.fromisoformat(str(row["answered_at"])) for row in rows]
    return pl.DataFrame({**columns, "answered_at": at}, schema_overrides=schema).select(list(schema))

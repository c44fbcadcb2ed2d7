"""Parquet, a few thousand rows at a time."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from evalpipe.core.quoting import one_line
from evalpipe.sources.rows import Reject, SourceRow

BATCH_ROWS = 4096  # a few MB of questions


def read_parquet(path: Path, name: str) -> Iterator[SourceRow | Reject]:
    """Each row, typed as the file has it. Raises OSError: the file cannot be read."""
    number = 0
    try:
        # `collect_batches` reads each row group once and waits for the consumer; slices would read a group per slice.
        scan = pl.scan_parquet(path, glob=False, hive_partitioning=False)
        for batch in scan.collect_batches(chunk_size=BATCH_ROWS, lazy=True):
            for fields in batch.iter_rows(named=True):
                number += 1
                yield SourceRow(name, number, fields)
    # Polars panics, which is no Exception, on some files that lie about themselves.
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        after = f" after row {number}" if number else ""
        said = one_line(str(error)[:200], 80)
        yield Reject(name, None, f"not Parquet, or broken{after} ({said}). Write and deliver the file again.")

"""Reading is a stream: memory does not grow with the drop."""

import csv
import json
import time
import tracemalloc

import polars as pl
import pytest

from evalpipe.sources import Delivered, DropSpec, read_drop

ROWS = 50_000
MAX_PEAK_BYTES = 15e6  # 0.4 MB for lines, a few MB for a Parquet batch; holding all 50,000 questions takes 32 MB
MAX_S_PER_ROW = 400e-6  # 12e-6 on an idle machine untraced; tracing and a shared machine cost several times that


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_memory_is_bounded_and_rows_are_quick(tmp_path, suffix):
    """A drop of 50,000 rows needs a batch's memory, whatever its format."""
    path = tmp_path / f"q.{suffix}"
    texts = [f"{i}: " + "how many are there? " * 8 for i in range(ROWS)]
    if suffix == "parquet":
        pl.DataFrame({"question": texts, "answer": range(ROWS)}).write_parquet(path)
    else:
        with path.open("w", newline="") as stream:
            if suffix == "csv":
                csv.writer(stream).writerows([("question", "answer"), *zip(texts, range(ROWS), strict=True)])
            else:
                stream.writelines(json.dumps({"question": t, "answer": i}) + "\n" for i, t in enumerate(texts))
    del texts
    tracemalloc.start()
    started = time.perf_counter()
    delivered = sum(isinstance(one, Delivered) for one in read_drop(tmp_path, DropSpec("bank")))
    elapsed_s = time.perf_counter() - started
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert delivered == ROWS
    assert peak_bytes < MAX_PEAK_BYTES
    assert elapsed_s < MAX_S_PER_ROW * ROWS

"""Parquet, a few thousand rows at a time."""

import json
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import polars as pl

from evalpipe.core.quoting import one_line
from evalpipe.sources.rows import Reject, SourceRow

BATCH_ROWS = 4096  # a few MB of questions
_PROOF = Path(__file__).with_name("parquet_proof.py")
_START_S = 60  # a child starts in 0.3 s; this is for a machine that is very busy
_SLOWEST_BYTES_PER_S = 2**20  # polars decodes about 100 times as fast


def read_parquet(path: Path, name: str) -> Iterator[SourceRow | Reject]:
    """Each row, typed as the file has it; none of a broken file. Raises OSError: the file cannot be read."""
    facts = path.stat()
    trouble = _trouble(path, facts.st_size, facts.st_mtime_ns)
    if trouble:
        yield Reject(name, None, f"not Parquet, or broken ({trouble}). Write and deliver the file again.")
        return
    # `collect_batches` reads each row group once and waits for the consumer; slices would read a group per slice.
    scan = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    number = 0
    for batch in scan.collect_batches(chunk_size=BATCH_ROWS, lazy=True):
        for fields in batch.iter_rows(named=True):
            number += 1
            yield SourceRow(name, number, fields)


@lru_cache(maxsize=8)  # a file is opened twice, to sniff and to read
def _trouble(path: Path, size_bytes: int, mtime_ns: int) -> str:
    """What is wrong with a file, "" if it can be decoded to its end.

    Found out in a child process, 0.3 s a file: a flipped byte can have polars ask for 2^61 bytes, which aborts the
    process, or panic in a thread, which merely ends the rows early.
    """
    command = [sys.executable, "-P", str(_PROOF), str(path), str(BATCH_ROWS)]
    timeout_s = _START_S + size_bytes / _SLOWEST_BYTES_PER_S
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=timeout_s, check=True)  # noqa: S603  # our own program
    except subprocess.TimeoutExpired:
        return f"decoding it does not end within {timeout_s:.0f} s"
    except subprocess.CalledProcessError as error:
        return f"decoding it ends a process with status {error.returncode}"
    return one_line(json.loads(done.stdout).get("error", ""), 80)

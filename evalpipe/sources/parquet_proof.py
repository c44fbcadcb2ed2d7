"""A program of its own: decode a Parquet file to its end and say on stdout how many rows it has, or what is wrong.

Run by `parquet.py` in a child process, because polars aborts the process it runs in on some broken files.
"""

import json
import resource
import sys

import polars as pl


def main(path: str, batch_rows: int) -> dict[str, object]:
    """Every column of every row is decoded, as the reader will do it, and dropped."""
    scan = pl.scan_parquet(path, glob=False, hive_partitioning=False)
    try:
        promised = scan.select(pl.len()).collect().item()
        rows = sum(batch.height for batch in scan.collect_batches(chunk_size=batch_rows, lazy=True))
    except (pl.exceptions.PolarsError, OSError) as error:
        return {"error": str(error)[:500]}
    if rows != promised:  # polars panicked in a thread of its own, where it is not heard
        return {"error": f"{promised} rows are promised, {rows} are there"}
    return {"rows": rows}


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # an abort leaves no core file behind
    print(json.dumps(main(sys.argv[1], int(sys.argv[2]))))

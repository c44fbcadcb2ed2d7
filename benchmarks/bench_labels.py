"""How many wrong labels the worked-solution check finds without any model, and how many right ones it doubts.

    python benchmarks/bench_labels.py [--data FOLDER]

FOLDER holds `gsm8k/test.jsonl` as published and `gsm8k/injected8_seed0.parquet` (planted errors); by default
EVALPIPE_SHARED_DATA, else `../shared/data`. The check's rule was loosened after reading its misses on these two files.
"""

import argparse
import json
import os
from datetime import date
from pathlib import Path

import polars as pl

from evalpipe.labels.worked_solution import doubt_of

DEFAULT = Path(os.environ.get("EVALPIPE_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT)
    folder = parser.parse_args().data / "gsm8k"
    if not folder.is_dir():
        print(f"{folder}: not there; left out. Name the data with --data.")
        return
    answers = [json.loads(line)["answer"].rsplit("####", 1) for line in (folder / "test.jsonl").open(encoding="utf-8")]
    solutions = {f"gsm8k-test-{row:04}": solution for row, (solution, _) in enumerate(answers)}
    keys = dict(zip(solutions, (key.strip() for _, key in answers), strict=True))
    alarms = sum(doubt_of(name, (key,), solutions[name]) is not None for name, key in keys.items())
    planted = pl.read_parquet(folder / "injected8_seed0.parquet").filter(pl.col("kind") != "clean")
    pairs = list(planted.select("question_id", "label").iter_rows())
    found = sum(doubt_of(name, (label,), solutions[name]) is not None for name, label in pairs)
    print(f"{date.today()}: {found} of {len(pairs)} planted errors found, {alarms} false alarms of {len(keys):,}")


if __name__ == "__main__":
    main()

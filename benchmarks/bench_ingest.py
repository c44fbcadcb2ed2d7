"""How long a large drop takes to ingest, and how much memory: raw_questions, label_doubts, validated_questions.

    python benchmarks/bench_ingest.py [--rows 2000000]

Writes a drop of generated word problems with worked solutions (about 450 bytes a row), then runs each step in a process
of its own and prints its wall time, CPU time and peak resident memory. The bar: 2 million rows in 2 GB.
"""

import argparse
import json
import multiprocessing
import os
import platform
import resource
import tempfile
import time
from datetime import date
from pathlib import Path

from evalpipe.line.doubt import doubt_drop
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import made_by, open_project
from evalpipe.line.validate import validate_drop
from evalpipe.telemetry.progress import Silent

FILLER = (
    "On the way home it rains, so everybody waits under the roof of the station until the last train has left. " * 2
)


def write_drop(folder: Path, rows: int) -> None:
    folder.mkdir(parents=True)
    with (folder / "questions.jsonl").open("w") as file:
        for n in range(rows):
            a, b = n % 9973 + 2, n // 9973 + 3
            question = f"{FILLER}A box {n} holds {a} pens. {b} boxes of this kind arrive. How many pens arrive?"
            answer = f"{b} boxes hold {b} * {a} = <<{b}*{a}={a * b}>>{a * b} pens.\n#### {a * b}"
            file.write(json.dumps({"question": question, "answer": answer}) + "\n")
    (folder / "_SUCCESS").touch()


def measure(name: str, config: Path, results: "multiprocessing.Queue[tuple[str, float, float, float]]") -> None:
    project, made = open_project(config), made_by("benchmark")
    started, cpu = time.perf_counter(), time.process_time()
    if name == "raw_questions":
        ingest_drop(project, "big", made, Silent())
    elif name == "label_doubts":
        doubt_drop(project, "big", made)
    else:
        validate_drop(project, "big", made)
    peak_gb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    results.put((name, time.perf_counter() - started, time.process_time() - cpu, peak_gb))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    rows = parser.parse_args().rows
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="evalpipe-bench-") as folder:
        config = Path(folder, "evalpipe.toml")
        config.write_text("")
        write_drop(Path(folder, "data/landing/big"), rows)
        print(f"{rows:,} rows · {platform.processor() or platform.machine()}, {os.cpu_count()} cores · {date.today()}")
        print(f"{'step':<22}{'wall s':>9}{'CPU s':>9}{'peak GB':>9}", flush=True)
        for name in ("raw_questions", "label_doubts", "validated_questions"):
            results: multiprocessing.Queue[tuple[str, float, float, float]] = context.Queue()
            child = context.Process(target=measure, args=(name, config, results))
            child.start()
            _, wall_s, cpu_s, peak_gb = results.get()
            child.join()
            print(f"{name:<22}{wall_s:>9.1f}{cpu_s:>9.1f}{peak_gb:>9.2f}", flush=True)


if __name__ == "__main__":
    main()

"""One cell answered in this process, at function level: what a client of its own is to the bare ones.

    python benchmarks/cell.py FOLDER MODEL SHARD [WARM_SHARD] [--wait]

FOLDER holds an ingested project (bank.py). WARM_SHARD is answered before the clock starts: imports and the first
requests count as start-up. `--wait`: say "ready" and begin when a line comes in, so that several begin together.
Prints one line of JSON.
"""

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from machine import cpu_s, peak_mb

from evalpipe.line.answer import answer_cell
from evalpipe.line.project import made_by, open_project
from evalpipe.telemetry.progress import Silent


def main() -> None:
    words = [word for word in sys.argv[1:] if word != "--wait"]
    folder, model, shard, *warm = words
    project = open_project(Path(folder) / "evalpipe.toml")
    for each in warm:
        answer_cell(project, model, each, made_by("warm"), Silent())
    if "--wait" in sys.argv:
        import uvloop  # noqa: F401  start-up is counted apart: it is imported before the clock starts

        print("ready", flush=True)
        sys.stdin.readline()
    start_s, began = cpu_s(), time.perf_counter()
    summary = answer_cell(project, model, shard, made_by("benchmark"), Silent())
    wall_s, used_s = time.perf_counter() - began, cpu_s() - start_s
    measured = {
        "start_cpu_s": start_s,
        "cpu_s": used_s,
        "wall_s": wall_s,
        "peak_mb": peak_mb(),
        "answers": summary.outcomes["answered"],
    }
    print(json.dumps({**measured, "summary": asdict(summary)}))


if __name__ == "__main__":
    main()

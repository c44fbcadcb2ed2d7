"""The whole way by the real daemon: 150,000 questions, shards of 4,096, one automatic model, 60-120 ms of latency.

    python benchmarks/daemon.py [--questions 150000] [--runs 1,2,3,4] [--executor in_process,multiprocess]

For each number of runs at a time and each executor: `evalpipe dev` on a folder whose drop is ingested already, from the
first requested answer_cell run to the last score's commit; CPU seconds of all its processes in that time, peak memory
of the largest one of each kind. Without --runs, as many at a time as dagster.yaml says. Bar: under 4 minutes, under
600 MB a process.
"""

import argparse
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import dagster as dg
from bank import ingest, model_toml, write_config
from machine import Session, against, machine, print_table

from evalpipe.defs.jobs import ANSWER_CELL
from evalpipe.line.project import Project
from evalpipe_tests.commands import environment, evalpipe_words
from evalpipe_tests.nginx import Endpoint

SETTINGS = Path(__file__).parents[1] / "dagster.yaml"
SHARD_SIZE = 4_096
BAR_S, BAR_MB = 240.0, 600.0
LOOK_EVERY_S = 0.2
LONGEST_S = 1_800.0
# The same definitions with another executor; the project's own is in evalpipe/defs/build.py.
DEFINITIONS = """import dagster as dg
dg.in_process_executor = dg.{executor}_executor
from evalpipe.definitions import defs
"""
# What a process is, by its command line; the first that fits.
KINDS = (
    ("run", "multiprocessing"),
    ("daemon", "dagster._daemon"),
    ("webserver", "dagster_webserver"),
    ("code server", "dagster api grpc"),
    ("code server", "dagster code-server"),
)


@dataclass(frozen=True, slots=True)
class Figures:
    seconds: float
    cpu_s: float
    runs: int
    peak_mb: dict[str, float]


def measure(folder: Path, endpoint: Endpoint, runs: int | None, executor: str | None) -> Figures:
    """One daemon from its start to the last score. `folder` holds an ingested project."""
    model = model_toml("stub", endpoint.base_url("slow"), 1_024, "automatic = true")
    project = write_config(folder, model, SHARD_SIZE)
    settings = SETTINGS.read_text()
    if runs is not None:
        settings, changed = re.subn(r"(max_concurrent_runs|limit): \d+", rf"\1: {runs}", settings)
        assert changed == 2, f"{SETTINGS}: it has no longer the two limits that --runs sets"
    (folder / "dagster.yaml").write_text(settings)
    shards = project.lake.read("shards").height
    with started(folder, executor) as dev:
        session, cpu_at = Session(dev.pid), list[tuple[float, float]]()
        deadline, looked = time.monotonic() + LONGEST_S, 0.0
        while True:
            cpu_at.append((time.time(), session.look()))
            if time.monotonic() - looked > 2:
                looked = time.monotonic()
                if scored(project) == shards:
                    break
            if dev.poll() is not None or looked > deadline:
                raise SystemExit(f"not all was scored:\n{(folder / 'dev.log').read_text()[-5000:]}")
            time.sleep(LOOK_EVERY_S)
        cpu_at.append((time.time(), session.look()))
    began_at, count = first_request(folder)
    ended_at = project.lake.read("cells", columns=["scored_at"])["scored_at"].max().timestamp()
    scores = project.lake.read("scores", columns=["question_id"]).height
    questions = project.lake.read("questions", columns=["question_id"]).height
    assert scores == questions, f"{scores:,} scores of {questions:,} questions"
    used_s = next(cpu for at, cpu in cpu_at if at >= ended_at) - next(cpu for at, cpu in cpu_at if at >= began_at)
    peaks: dict[str, float] = {}
    for pid, mb in session.peak_mb.items():
        kind = kind_of(session.command[pid])
        peaks[kind] = max(peaks.get(kind, 0.0), mb)
    return Figures(ended_at - began_at, used_s, count, peaks)


@contextmanager
def started(folder: Path, executor: str | None) -> Iterator["subprocess.Popen[bytes]"]:
    """`evalpipe dev` on a free port in a session of its own, ended as Ctrl-C does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    words, cwd = evalpipe_words("dev", "--port", port), folder
    home = folder / ".dagster"
    if executor is not None:
        home.mkdir()
        shutil.copy(folder / "dagster.yaml", home)
        with dg.DagsterInstance.from_config(str(home)) as instance:
            instance.get_runs(limit=1)  # its tables are there before two processes can race to make them
        (folder / "measured.py").write_text(DEFINITIONS.format(executor=executor))
        words = [sys.executable, "-m", "dagster", "dev", "-f", str(folder / "measured.py"), "-h", "127.0.0.1"]
        words, cwd = [*words, "-p", port], home
    env = environment(folder)
    if executor is None:
        del env["DAGSTER_HOME"]  # where it is set, dagster.yaml there is the user's own and stays as it is
    with (folder / "dev.log").open("wb") as log:
        dev = subprocess.Popen(words, cwd=cwd, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        yield dev
    finally:
        os.killpg(dev.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            dev.wait(30)
        with suppress(ProcessLookupError):  # a run may outlive the daemon, and would write on
            os.killpg(dev.pid, signal.SIGKILL)
        dev.wait()


def scored(project: Project) -> int:
    cells = project.lake.read("cells", columns=["scored_at"])
    return cells.height - cells["scored_at"].null_count()


def first_request(folder: Path) -> tuple[float, int]:
    """When the first run of a cell was requested, and how many runs there were."""
    with dg.DagsterInstance.from_config(str(folder / ".dagster")) as instance:
        records = instance.get_run_records(dg.RunsFilter(job_name=ANSWER_CELL))
    return min(record.create_timestamp.timestamp() for record in records), len(records)


def kind_of(command: str) -> str:
    return next((kind for kind, mark in KINDS if mark in command), "other")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--questions", type=int, default=150_000)
    parser.add_argument("--runs", default="", help="runs at a time: 1,2,3,4")
    parser.add_argument("--executor", default="", help="in_process,multiprocess; by default the project's own")
    options = parser.parse_args()
    runs = [int(each) for each in options.runs.split(",") if each] or [None]
    executors = [each for each in options.executor.split(",") if each] or [None]
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="evalpipe-bench-") as made, Endpoint() as endpoint:
        ingested = Path(made, "ingested")
        project = write_config(ingested, model_toml("stub", endpoint.base_url("slow"), 1_024), SHARD_SIZE)
        ingest(project, {"bank": range(options.questions)})
        for executor in executors:
            for at_a_time in runs:
                folder = Path(made, f"{executor}-{at_a_time}")
                shutil.copytree(ingested, folder)
                found = measure(folder, endpoint, at_a_time, executor)
                name = f"{at_a_time or 'as set'}, {executor or 'as set'}"
                largest = max(found.peak_mb.values())
                peaks = ", ".join(f"{kind} {mb:.0f}" for kind, mb in sorted(found.peak_mb.items()))
                figures = [f"{found.seconds:.0f}", against(found.seconds, BAR_S, True, ".0f"), f"{found.cpu_s:.0f}"]
                rows.append([name, *figures, str(found.runs), peaks, against(largest, BAR_MB, True, ".0f")])
                shutil.rmtree(folder)
    print(f"{machine()} · {options.questions:,} questions\n")
    print_table(["runs at a time, executor", "s", "bar", "CPU s", "runs", "peak MB", "bar"], rows)


if __name__ == "__main__":
    main()

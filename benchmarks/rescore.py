"""Scoring again without asking: 150,000 recorded answers by `evalpipe rescore`, beside cell after cell as the asset
`scores` does it; and the replay of the number. The bar: under 60 s on 2 cores.

    python benchmarks/rescore.py [--rows 150000] [--folder PLACE]

A third each of choice, number and text questions; the replies are some 400 characters, those to texts 20. `--folder`
keeps the project, and a second run on it is spared the minutes of making it.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from machine import Session, against, machine, print_table

from evalpipe.line.answer import answer_cell
from evalpipe.line.doubt import doubt_drop
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import Project, made_by, open_project
from evalpipe.line.validate import validate_drop
from evalpipe.telemetry.progress import Silent

BAR_S = 60.0
DROP, MODEL = "mixed", "recorded"
WORDS = "We look at what is given and go through it step by step; some things add up here, and one is taken away. "

# As each run of the asset does it, but for Dagster's own seconds per run.
ONE_BY_ONE = """
import sys
from evalpipe.line.project import made_by, open_project
from evalpipe.line.score import score_cell
from evalpipe.telemetry.progress import Silent
project = open_project()
for model, shard in project.lake.read("cells").select("model", "shard").iter_rows():
    score_cell(project, model, shard, made_by("one by one"), Silent())
"""
VERB = "from evalpipe.cli.main import main; main()"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=150_000)
    parser.add_argument("--folder", type=Path)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = words.folder or Path(passing)
        if not (folder / "evalpipe.toml").exists():
            _make(folder, words.rows)
        print(f"{words.rows:,} answers · {machine()}\n")
        ways = [
            ("cell after cell, as the asset", ["-c", ONE_BY_ONE], False),
            ("evalpipe rescore", ["-c", VERB, "rescore"], True),
            ("evalpipe rescore --dry-run --diff", ["-c", VERB, "rescore", "--dry-run", "--diff"], True),
            ("evalpipe replay", ["-c", VERB, "replay", "--model", MODEL, "--bank", DROP, "--at", "latest"], False),
        ]
        rows = [_measured(folder, name, command, words.rows, barred) for name, command, barred in ways]
        print_table(("way", "seconds", "bar", "rows/s", "CPU s", "peak MB, all processes"), rows)


def _measured(folder: Path, name: str, command: Sequence[str], rows: int, barred: bool) -> list[object]:
    environment = {**os.environ, "EVALPIPE_CONFIG": str(folder / "evalpipe.toml")}
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *command], env=environment, stdout=subprocess.DEVNULL, start_new_session=True
    ) as running:
        session = Session(running.pid)
        used_s = 0.0
        while running.poll() is None:
            used_s = session.look()
            time.sleep(0.2)
    seconds = time.perf_counter() - began
    if running.returncode:
        raise SystemExit(f"{name}: exit code {running.returncode}")
    bar = against(seconds, BAR_S, at_most=True, form=".0f") if barred else ""
    peak = sum(session.peak_mb.values())
    return [name, f"{seconds:.1f}", bar, f"{rows / seconds:,.0f}", f"{used_s:.1f}", f"{peak:,.0f}"]


def _make(folder: Path, rows: int) -> None:
    """A bank and a model that has answered all of it, through the line."""
    print("making the bank and its answers", file=sys.stderr)
    folder.mkdir(parents=True, exist_ok=True)
    questions, answers = zip(*_questions(rows), strict=True)
    landing = folder / "data" / "landing" / DROP
    landing.mkdir(parents=True)
    with (landing / "questions.jsonl").open("w") as file:
        file.writelines(json.dumps(each) + "\n" for each in questions)
    (landing / "_SUCCESS").touch()
    pl.DataFrame(answers).write_parquet(folder / "answers.parquet")
    (folder / "evalpipe.toml").write_text(
        f'[models.{MODEL}]\nbackend = "recorded"\npath = "answers.parquet"\nmodel = "{MODEL}"\nbanks = ["*"]\n'
    )
    project, made = open_project(folder / "evalpipe.toml"), made_by("benchmark")
    ingest_drop(project, DROP, made, Silent())
    doubt_drop(project, DROP, made)
    validate_drop(project, DROP, made)
    _answer(project)


def _answer(project: Project) -> None:
    for shard in project.lake.read("shards")["shard"]:
        answer_cell(project, MODEL, shard, made_by("benchmark"), Silent())


def _questions(rows: int) -> "list[tuple[dict[str, object], dict[str, object]]]":
    rng = random.Random(0)
    found: list[tuple[dict[str, object], dict[str, object]]] = []
    for n in range(rows):
        right = rng.random() < 0.7
        if n % 3 == 0:
            key = rng.choice("ABCD")
            more = {"kind": "choice", "choices": [f"{each}{n}" for each in "wxyz"], "targets": [key]}
            said = f"{WORDS * 4}\nThe answer is ({key if right else rng.choice('ABCD')})."
            text = f"Which of these is item {n}?"
        elif n % 3 == 1:
            more = {"kind": "number", "targets": [str(n + 7)]}
            said = f"{WORDS * 4}\nSo {n} + 7 = {n + 7}.\nAnswer: {n + 7 if right else n}"
            text = f"What is {n} plus 7?"
        else:
            more = {"kind": "text", "targets": [f"Town {n}"]}
            said = f"Answer: town {n if right else 0}."
            text = f"Which town has the number {n}?"
        question = {"question_id": f"q{n}", "question": f"{text} {WORDS}", **more}
        found.append((question, {"question_id": f"q{n}", "model": MODEL, "completion": said}))
    return found


if __name__ == "__main__":
    main()

"""A project with a bank of one-line sums, ingested: what the benchmarks of asking start from."""

import json
from collections.abc import Mapping
from pathlib import Path

from evalpipe.line.doubt import doubt_drop
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import Project, made_by, open_project
from evalpipe.line.validate import validate_drop
from evalpipe.telemetry.progress import Silent

ONE_SHARD = 1_000_000  # `[shards] size`: the largest there is
KEY = "BENCHMARK_KEY"  # the environment variable; a key is part of what is sent


def model_toml(name: str, base_url: str, in_flight: int, more: str = "") -> str:
    return f"""
[models.{name}]
backend = "openai_chat"
base_url = "{base_url}"
model = "stub"
banks = ["*"]
max_in_flight = {in_flight}
sampling = {{ temperature = 0, max_tokens = 64 }}
{more}
"""


def write_config(folder: Path, models: str, shard_size: int = ONE_SHARD, redis_url: str | None = None) -> Project:
    """evalpipe.toml anew; the lake stays."""
    folder.mkdir(parents=True, exist_ok=True)
    cache = f'\n[cache]\nurl = "{redis_url}"\n' if redis_url else ""
    (folder / "evalpipe.toml").write_text(f"[shards]\nsize = {shard_size}\n{cache}{models}")
    return open_project(folder / "evalpipe.toml")


def ingest(project: Project, drops: Mapping[str, range]) -> None:
    """Drops of the questions "What is N plus 7?" for the numbers of each range, through the line up to its shards."""
    made = made_by("benchmark")
    for drop, numbers in drops.items():
        folder = project.landing.root / drop
        folder.mkdir(parents=True)
        with (folder / "questions.jsonl").open("w") as file:
            for n in numbers:
                row = {"question_id": f"sum-{n}", "question": f"What is {n} plus 7?", "answer": str(n + 7)}
                file.write(json.dumps(row) + "\n")
        (folder / "_SUCCESS").touch()
        ingest_drop(project, drop, made, Silent())
        doubt_drop(project, drop, made)
        validate_drop(project, drop, made)

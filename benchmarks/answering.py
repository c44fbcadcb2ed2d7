"""What an answer costs evalpipe, beside clients that only ask: CPU, answers a second, memory.

    python benchmarks/answering.py [--quick] [--rounds 3]

An nginx stub on the same machine (nginx.conf); every measurement is a process of its own, one after another, the
clients in turn, medians over the rounds. evalpipe is `answer_cell`: prompts, fingerprints, the known left out, journal,
parsing, one Delta commit; ingest is not counted, and imports and first requests stand apart as start-up.

(a) an endpoint that answers at once, 256 in flight. Bar: at most 0.40 CPU s per 1,000 answers, with Redis 0.50.
(b) 60-120 ms of latency, 1,024 in flight. Bar: at least 3,000 answers/s from one process.
(c) known questions from a local Redis into a fresh lake. Bar: at least 20,000 answers/s.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bank import ingest, model_toml, write_config
from machine import against, machine, median, print_table

from evalpipe_tests.nginx import Endpoint, Location
from evalpipe_tests.redis_servers import RedisServer, redis_server

HERE = Path(__file__).parent
FILLINGS = 5  # a machine that is busy with other work leaves the cache out now and then
WARM = 32  # questions answered before the clock starts
SLOW_CLIENTS = ("openai", "openai[aiohttp]", "evalpipe sdk")  # they are asked a quarter as often
BARE = {
    "pyreqwest": "pyreqwest",
    "aiohttp": "aiohttp",
    "openai[aiohttp]": "openai-aiohttp",
    "openai": "openai",
}
CLIENTS = ("pyreqwest", "aiohttp", "openai[aiohttp]", "openai", "evalpipe", "evalpipe + Redis", "evalpipe sdk")
CPU_BARS = {"evalpipe": 0.40, "evalpipe + Redis": 0.50}
RATE_BARS = {"evalpipe": 3_000.0, "evalpipe + Redis": 3_000.0}
HITS_BAR = 20_000.0


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    location: Location
    in_flight: int


CASES = (Case("(a) at once, 256 in flight", "fast", 256), Case("(b) 60-120 ms, 1,024 in flight", "slow", 1_024))


@dataclass(frozen=True, slots=True)
class Bench:
    """Who is asked, and what: an ingested project for each number of questions, copied for each measurement."""

    folder: Path
    endpoint: Endpoint
    redis: RedisServer

    def prepare(self, questions: int) -> Path:
        lake = self.folder / f"ingested-{questions}"
        if not lake.exists():
            project = write_config(lake, model_toml("stub", "http://127.0.0.1:1/v1", 1))
            ingest(project, {"bank": range(questions), "warm": range(questions, questions + WARM)})
        return lake

    def ask(self, client: str, case: Case, questions: int) -> dict[str, Any]:
        if bare := BARE.get(client):
            words = [bare, self.endpoint.base_url(case.location), str(questions), str(case.in_flight)]
            return run("bare.py", *words)
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            folder = self._lake(Path(made), case, questions, "Redis" in client, "sdk" in client)
            self.forget()
            measured = run("cell.py", str(folder), "stub", "bank.0000", "warm.0000")
            if "Redis" in client and (left := questions - self.kept()) > 0:
                print(f"{case.name}, {client}: {left:,} answers did not come into Redis in time", file=sys.stderr)
            return measured

    def hit(self, questions: int) -> dict[str, Any]:
        """Answers from Redis; where it does not know them yet, it learns them."""
        with tempfile.TemporaryDirectory(dir=self.folder) as made:
            folder = self._lake(Path(made), CASES[0], questions, redis=True, sdk=False)
            return run("cell.py", str(folder), "stub", "bank.0000", "warm.0000")

    def forget(self) -> None:
        with self.redis.client() as client:
            client.flushall()

    def kept(self) -> int:
        with self.redis.client() as client:
            return client.dbsize()

    def _lake(self, made: Path, case: Case, questions: int, redis: bool, sdk: bool) -> Path:
        folder = made / "project"
        shutil.copytree(self.prepare(questions), folder)
        more = 'transport = "sdk"' if sdk else ""
        model = model_toml("stub", self.endpoint.base_url(case.location), case.in_flight, more)
        write_config(folder, model, redis_url=self.redis.url if redis else None)
        return folder


def run(script: str, *words: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, str(HERE / script), *words], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{script} {' '.join(words)}:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def say(doing: str) -> None:
    """On the error stream, over the line before."""
    print(f"{doing:<78}", end="\r", file=sys.stderr, flush=True)


def per_1000(measured: dict[str, Any]) -> float:
    return 1000 * measured["cpu_s"] / measured["answers"]


def rate(measured: dict[str, Any]) -> float:
    return measured["answers"] / measured["wall_s"]


def rows_of(case: Case, by_client: dict[str, list[dict[str, Any]]]) -> list[list[str]]:
    cost = {client: median(map(per_1000, each)) for client, each in by_client.items()}
    rows: list[list[str]] = []
    for client, each in by_client.items():
        answers_s = median(map(rate, each))
        bar = ""
        if case.location == "fast" and client in CPU_BARS:
            bar = "CPU " + against(cost[client], CPU_BARS[client], at_most=True, form=".2f")
        elif case.location != "fast" and client in RATE_BARS:
            bar = "answers/s " + against(answers_s, RATE_BARS[client], at_most=False, form=",.0f")
        figures = [f"{cost[client]:.2f}", f"{cost[client] / cost['pyreqwest']:.1f}x"]
        figures += [f"{cost[client] / cost['openai[aiohttp]']:.2f}x", f"{answers_s:,.0f}"]
        rows.append([f"{case.name}: {client}", *figures, *memory_and_start(each), bar])
    return rows


def memory_and_start(each: list[dict[str, Any]]) -> list[str]:
    return [f"{median(one['peak_mb'] for one in each):.0f}", f"{median(one['start_cpu_s'] for one in each):.1f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few questions: whether it runs, not how fast")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    questions, known = (1_000, 5_000) if options.quick else (20_000, 150_000)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="evalpipe-bench-")))
        bench = Bench(folder, stack.enter_context(Endpoint()), stack.enter_context(redis_server()))
        measured: dict[tuple[Case, str], list[dict[str, Any]]] = {}
        for turn in range(options.rounds):
            for case in CASES:
                for client in CLIENTS:
                    count = questions // 4 if client in SLOW_CLIENTS else questions
                    bench.prepare(count)
                    say(f"round {turn + 1}, {case.name}, {client}: {count:,}")
                    measured.setdefault((case, client), []).append(bench.ask(client, case, count))
        say(f"(c) all hits, {known:,}")
        bench.forget()
        for _ in range(FILLINGS):
            if bench.kept() < known:
                bench.hit(known)
        hits = [bench.hit(known) for _ in range(options.rounds)]
    print(f"{machine()} · {questions:,} questions, {known:,} known ones · medians of {options.rounds} rounds\n")
    rows = [row for case in CASES for row in rows_of(case, {client: measured[case, client] for client in CLIENTS})]
    hits_s = median(map(rate, hits))
    bar = "answers/s " + against(hits_s, HITS_BAR, at_most=False, form=",.0f")
    cost = f"{median(map(per_1000, hits)):.2f}"
    share = sum(one["summary"]["hits"] for one in hits) / (known * len(hits))
    rows.append(
        [f"(c) {share:.0%} hits in Redis: evalpipe", cost, "", "", f"{hits_s:,.0f}", *memory_and_start(hits), bar]
    )
    header = [
        "",
        "CPU s per 1,000",
        "of pyreqwest",
        "of openai[aiohttp]",
        "answers/s",
        "peak MB",
        "start-up CPU s",
    ]
    print_table([*header, "bar"], rows)


if __name__ == "__main__":
    main()

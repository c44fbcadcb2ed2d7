"""How well an endpoint's rate limit is used: 100 requests/s, burst 100, 429 with `Retry-After: 1`, 90 ms of latency.

    python benchmarks/limits.py [--questions 1000]                  one process, the limit unknown to it
    python benchmarks/limits.py --processes 8 [--questions 300]     eight on one limit, which halves half-way; then
                                                                    eight on the whole limit with a budget in Redis

All figures are of the endpoint's own log. Bars: 1,000 questions within 10.5 s (9.1 s is ideal), under 50 responses of
429, nothing lost; eight processes use at least 90% of the capacity, with under 5% of 429. Eight are counted up to the
moment when the first has no more questions, and to the end, when those that are left may not need all of it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from answering import HERE, run
from bank import ingest, model_toml, write_config
from machine import against, machine, print_table

from evalpipe_tests.nginx import Endpoint, Served
from evalpipe_tests.redis_servers import redis_server

RATE_PER_S, BURST = 100, 100
IN_FLIGHT = 256
ONE_S, ONE_PUSHED_BACK = 10.5, 49
USED, PUSHED_BACK = 0.90, 0.05


@dataclass(frozen=True, slots=True)
class Limit:
    """What the endpoint could admit: `rates` are (from when, requests a second), in order."""

    rates: tuple[tuple[float, int], ...]

    def capacity(self, began_at: float, ended_at: float) -> float:
        """Requests: the burst, and then the rate; the first is admitted beside the burst."""
        total = 1.0 + BURST
        for at, (since, rate_per_s) in enumerate(self.rates):
            until = self.rates[at + 1][0] if at + 1 < len(self.rates) else ended_at
            total += max(0.0, min(until, ended_at) - max(since, began_at)) * rate_per_s
        return total


def one(questions: int) -> None:
    """One process finds the limit by itself."""
    with tempfile.TemporaryDirectory(prefix="evalpipe-bench-") as made, Endpoint(RATE_PER_S, BURST) as endpoint:
        project = write_config(Path(made), model_toml("stub", endpoint.base_url("limited"), IN_FLIGHT))
        ingest(project, {"bank": range(questions)})
        measured = run("cell.py", made, "stub", "bank.0000")
        served = endpoint.served("limited")
    took_s = max(each.ended_at for each in served) - min(each.began_at for each in served)
    pushed_back = sum(each.status == 429 for each in served)
    lost = questions - measured["answers"]
    ideal_s = max(0, questions - 1 - BURST) / RATE_PER_S + 0.09
    bar_s = ideal_s * ONE_S / 9.1
    print(f"{machine()} · {questions:,} questions, {RATE_PER_S} requests/s\n")
    print_table(
        ["one process", "figure", "bar"],
        [
            ["first request to last answer, s", f"{took_s:.2f}", against(took_s, bar_s, True, ".1f")],
            ["ideal, s", f"{ideal_s:.2f}", ""],
            ["responses of 429", pushed_back, against(pushed_back, ONE_PUSHED_BACK, True, "d")],
            ["questions lost", lost, against(lost, 0, True, "d")],
        ],
    )


def many(processes: int, questions: int, budget: bool) -> list[list[Any]]:
    """Processes on one lake, each with a model and a drop of its own, that all ask one endpoint; begun together.

    `budget`: all know the limit and share it through Redis, and it stays. Else it halves when half is answered.
    """
    names = [f"p{n}" for n in range(processes)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="evalpipe-bench-")))
        endpoint = stack.enter_context(Endpoint(RATE_PER_S, BURST))
        redis_url = stack.enter_context(redis_server()).url if budget else None
        # The path tells the processes apart in the log, the name says that they share an endpoint.
        more = f'endpoint = "limited"\n{f"requests_per_s = {RATE_PER_S}" if budget else ""}'
        models = [model_toml(name, endpoint.base_url("limited", name), IN_FLIGHT, more) for name in names]
        project = write_config(folder, "".join(models), redis_url=redis_url)
        ingest(project, {name: range(n * questions, (n + 1) * questions) for n, name in enumerate(names)})
        running = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, str(HERE / "cell.py"), str(folder), name, f"{name}.0000", "--wait"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for name in names
        ]
        for each in running:
            assert each.stdout
            assert each.stdout.readline() == "ready\n", each.communicate()[1][-3000:]
        for each in running:
            assert each.stdin
            each.stdin.write("go\n")
            each.stdin.flush()
        rates = [(0.0, RATE_PER_S)]
        if not budget:
            while len(admitted(endpoint.served("limited"))) < processes * questions / 2:
                assert any(each.poll() is None for each in running), "the processes ended before half was answered"
                time.sleep(0.05)
            endpoint.limit(RATE_PER_S // 2)
            rates.append((time.time(), RATE_PER_S // 2))
        said = [each.communicate() for each in running]
        if failed := [err for each, (_, err) in zip(running, said, strict=True) if each.returncode]:
            raise SystemExit(f"{len(failed)} of {processes} processes failed:\n{failed[0][-3000:]}")
        answers = sum(json.loads(out.splitlines()[-1])["answers"] for out, _ in said)
        served = endpoint.served("limited")
    what = "budget in Redis" if budget else "halved half-way"
    rows = rows_of(what, served, Limit(tuple(rates)), names)
    lost = processes * questions - answers
    return [*rows, [f"{what}: questions lost", lost, against(lost, 0, True, "d")]]


def admitted(served: Sequence[Served]) -> list[Served]:
    return [each for each in served if each.status == 200]


def rows_of(what: str, served: list[Served], limit: Limit, names: list[str]) -> list[list[Any]]:
    began_at = min(each.began_at for each in served)
    # A process's last request to be admitted: from then on it has no more questions.
    last_of = {name: max(each.began_at for each in admitted(served) if f"/{name}/" in each.path) for name in names}
    rows: list[list[Any]] = []
    for until, ended_at in (
        ("while all have questions", min(last_of.values())),
        ("to the last", max(last_of.values())),
    ):
        within = [each for each in served if each.began_at <= ended_at]
        used = len(admitted(within)) / limit.capacity(began_at, ended_at)
        share = 1 - len(admitted(within)) / len(within)
        label = f"{what}, {until} ({ended_at - began_at:.1f} s)"
        rows.append([f"{label}: capacity used", f"{used:.0%}", against(used, USED, False, ".0%")])
        rows.append([f"{label}: share of 429", f"{share:.1%}", against(share, PUSHED_BACK, True, ".0%")])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--questions", type=int, help="of each process")
    options = parser.parse_args()
    if options.processes == 1:
        one(options.questions or 1_000)
        return
    questions = options.questions or 300
    print(f"{machine()} · {options.processes} processes x {questions} questions, {RATE_PER_S} requests/s\n", flush=True)
    for budget in (False, True):
        print_table(["", "figure", "bar"], many(options.processes, questions, budget))


if __name__ == "__main__":
    main()

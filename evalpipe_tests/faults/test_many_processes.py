"""Many processes, one Redis, one endpoint that counts: nothing is asked twice, though some are killed at it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from evalpipe_tests.commands import ROOT, environment
from evalpipe_tests.faults.asking_process import ours_of
from evalpipe_tests.redis_servers import RedisServer

pytestmark = pytest.mark.alone

SOAK = "EVALPIPE_SOAK" in os.environ  # the full size takes half a minute on two cores
PROCESSES, QUESTIONS, OURS = (16, 10_000, 5_000) if SOAK else (8, 2_000, 1_000)
KILLS = 3
DELAY_S = 0.02
LONGEST_S = 600 if SOAK else 180


@contextmanager
def counting_endpoint(kill_at: list[int]) -> Iterator[str]:
    words = [sys.executable, "-m", "evalpipe_tests.faults.counting_endpoint", str(DELAY_S), ",".join(map(str, kill_at))]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/v1"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Asker:
    """One process; started again, from nothing, when it was killed."""

    def __init__(self, seed: int, base_url: str, server: RedisServer, folder: Path) -> None:
        self.out, self.said, self.kills = folder / f"{seed}.json", folder / f"{seed}.err", 0
        module = "evalpipe_tests.faults.asking_process"
        self.words = [
            sys.executable,
            "-m",
            module,
            base_url,
            server.url,
            str(QUESTIONS),
            str(OURS),
            str(seed),
            str(self.out),
        ]
        self.environment = environment(folder, NAME=f"asker{seed}")
        self.start()

    def start(self) -> None:
        with self.said.open("a") as said:
            self.process = subprocess.Popen(self.words, cwd=ROOT, env=self.environment, stderr=said)

    def ended(self) -> bool:
        status = self.process.poll()
        if status == -signal.SIGKILL:
            self.kills += 1
            self.start()
            return False
        assert status in (None, 0), self.said.read_text()
        return status == 0


def test_processes_that_are_killed_cost_one_request_each(redis_alone, tmp_path):
    """Each asks a random half of the questions in its own order, and three are killed with a request in flight: the
    endpoint's own count is the number of unique requests and at most the kills, and each ends with all its answers.
    """
    unique = len({number for seed in range(PROCESSES) for number in ours_of(QUESTIONS, OURS, seed)})
    with counting_endpoint([unique * at // 10 for at in (4, 5, 6)]) as base_url:
        askers = [Asker(seed, base_url, redis_alone, tmp_path) for seed in range(PROCESSES)]
        try:
            until = time.monotonic() + LONGEST_S
            while sum(asker.ended() for asker in askers) < PROCESSES:
                assert time.monotonic() < until, "they do not come to an end"
                time.sleep(0.05)
        finally:
            for asker in askers:
                asker.process.kill()
                asker.process.wait()
        with urllib.request.urlopen(base_url) as reply:
            counted = json.load(reply)
    assert sum(asker.kills for asker in askers) == len(counted["killed"]) == KILLS
    assert counted["unique"] == unique
    assert unique <= counted["requests"] <= unique + KILLS
    for asker in askers:
        counts = json.loads(asker.out.read_text())
        assert counts["answered"] == counts["tries"]
        assert counts["answered"] + counts["hits"] + counts["joined"] == OURS
        assert asker.said.read_text() == ""  # nobody left the cache out

"""The other process that compares expressions: started when first needed, used again, killed when it takes too long."""

import atexit
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

COMPARISON_S = 3.0  # school mathematics takes milliseconds; what takes longer is undecided
START_S = 60.0  # importing sympy takes 2 s, and several times that on a busy machine
CACHED = 20_000  # pairs; a bank's wrong answers repeat

Written = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two expressions are equal; None: it could not be decided, and `reason` says why."""

    equal: bool | None
    reason: str = ""


class Comparer:
    """A worker process and its pipe. Comparisons of several threads wait for one another."""

    def __init__(self, limit_s: float = COMPARISON_S) -> None:
        self.limit_s = limit_s
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None
        self._owner = 0  # a fork has its parent's handle and must not use it

    def compare(self, kind: str, answer: Written, target: Written) -> Verdict:
        with self._lock:
            worker = self._started()
            if worker is None:
                return Verdict(None, "the process that compares expressions does not start")
            request = json.dumps({"kind": kind, "answer": answer, "target": target}).encode() + b"\n"
            line = self._exchanged(worker, request, self.limit_s)
            if line is None:
                self.end()
                return Verdict(None, f"no verdict within {self.limit_s:g} s, or the comparison's memory was used up")
            said = json.loads(line)
            return Verdict(said["equal"], said.get("reason", ""))

    def end(self) -> None:
        """Kill the worker; the next comparison starts another."""
        worker, self._worker = self._worker, None
        if worker is not None and self._owner == os.getpid():
            worker.kill()
            for pipe in (worker.stdin, worker.stdout):
                if pipe:
                    pipe.close()
            worker.wait()

    def _started(self) -> "subprocess.Popen[bytes] | None":
        if self._worker is not None and self._owner == os.getpid() and self._worker.poll() is None:
            return self._worker
        self.end()
        program = [sys.executable, "-I", str(Path(__file__).with_name("worker.py"))]
        # No variable of ours: an environment holds keys, and the worker reads text that others wrote.
        worker = subprocess.Popen(  # noqa: S603  our own program
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LANG": "C.UTF-8"}
        )
        self._worker, self._owner = worker, os.getpid()
        if self._exchanged(worker, b"", START_S) != b"ready":
            self.end()
            return None
        return worker

    def _exchanged(self, worker: "subprocess.Popen[bytes]", request: bytes, limit_s: float) -> bytes | None:
        """The worker's next line; None when it ends or none comes in time."""
        assert worker.stdin
        assert worker.stdout
        deadline = time.monotonic() + limit_s
        said = b""
        try:
            worker.stdin.write(request)
            worker.stdin.flush()
            with selectors.DefaultSelector() as waiting:
                waiting.register(worker.stdout, selectors.EVENT_READ)
                while not said.endswith(b"\n"):
                    if not waiting.select(max(0.0, deadline - time.monotonic())):
                        return None
                    piece = os.read(worker.stdout.fileno(), 65536)
                    if not piece:
                        return None
                    said += piece
        except OSError:
            return None
        return said.strip()


COMPARER = Comparer()
atexit.register(COMPARER.end)


@lru_cache(maxsize=CACHED)
def compared(kind: str, answer: Written, target: Written) -> Verdict:
    """The verdict on two expressions (`expression`, two texts), or on two relations (`equation` or `inequality`, a pair
    of sides each; an inequality's first side is the larger one).
    """
    return COMPARER.compare(kind, answer, target)

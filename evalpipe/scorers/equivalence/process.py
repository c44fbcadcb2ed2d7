"""The other process that compares expressions: started when first needed, used again, killed when it takes too long."""

import atexit
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

COMPARISON_S = 3.0  # of CPU time, so that a busy machine decides as an idle one does; school mathematics takes 0.01 s
MEMORY_BYTES = 768 * 1024**2  # sympy and the parser take 150 MB; what needs more is no answer to a school question
WALL = 10  # times that, by the clock: a worker that waits for the CPU is not killed
ENDING_S = 0.2  # in which a worker whose pipe broke ends, and tells with what
START_S = 60.0  # importing sympy takes 2 s, and several times that on a busy machine
CACHED = 20_000  # pairs; a bank's wrong answers repeat

Written = str | tuple[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether two expressions are equal; None: it could not be decided, and `reason` says why."""

    equal: bool | None
    reason: str = ""


class WorkerDoesNotStartError(Exception):
    """No comparison can be made here."""


class Comparer:
    """A worker process and its pipe. Comparisons of several threads wait for one another."""

    def __init__(self, limit_s: float = COMPARISON_S, memory_bytes: int = MEMORY_BYTES) -> None:
        self.limit_s = limit_s
        self.memory_bytes = memory_bytes
        self._lock = threading.Lock()
        self._worker: subprocess.Popen[bytes] | None = None

    def compare(self, kind: str, answer: Written, target: Written) -> Verdict:
        """Raises: WorkerDoesNotStartError: the environment is broken, and no pair of expressions is to blame."""
        with self._lock:
            worker = self._started()
            asked = {"kind": kind, "answer": answer, "target": target, "limit_s": self.limit_s}
            line = self._exchanged(worker, json.dumps(asked).encode() + b"\n", WALL * self.limit_s)
            if line is None:
                ended_with = self._end()
                late = ended_with in (-signal.SIGPROF, -signal.SIGKILL)  # its own limit, or ours
                why = f"no verdict within {self.limit_s:g} s" if late else "the comparison used up its memory"
                return Verdict(None, why)
            said = json.loads(line)
            return Verdict(said["equal"], said.get("reason", ""))

    def end(self) -> None:
        """Kill the worker; the next comparison starts another."""
        with self._lock:
            self._end()

    def forget(self) -> None:
        """In a fork: the worker is its parent's, and so may be the lock. The pipe is closed here, so that the worker
        ends with its parent though the fork lives on.
        """
        self._lock = threading.Lock()
        worker, self._worker = self._worker, None
        if worker is not None:
            worker.returncode = 0  # nothing to wait for: it is no child of ours
            _close(worker)

    def _end(self) -> int | None:
        """What the worker ended with."""
        worker, self._worker = self._worker, None
        if worker is None:
            return None
        _close(worker)
        with suppress(subprocess.TimeoutExpired):  # one that has ended says with what
            worker.wait(ENDING_S)
        worker.kill()
        return worker.wait()

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._worker is not None and self._worker.poll() is None:
            return self._worker
        self._end()
        program = [sys.executable, "-I", str(Path(__file__).with_name("worker.py")), str(self.memory_bytes)]
        # No variable of ours: an environment holds keys, and the worker reads text that others wrote.
        worker = subprocess.Popen(  # noqa: S603  our own program
            program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={"LANG": "C.UTF-8"}
        )
        self._worker = worker
        if self._exchanged(worker, b"", START_S) != b"ready":
            self._end()
            raise WorkerDoesNotStartError
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


def _close(worker: "subprocess.Popen[bytes]") -> None:
    for pipe in (worker.stdin, worker.stdout):
        if pipe:
            with suppress(OSError):  # what was not yet sent to a worker that has ended
                pipe.close()


COMPARER = Comparer()
atexit.register(COMPARER.end)
os.register_at_fork(after_in_child=COMPARER.forget)


def compared(kind: str, answer: Written, target: Written) -> Verdict:
    """The verdict on two expressions (`expression`, two texts), or on two relations (`equation` or `inequality`, a pair
    of sides each; an inequality's first side is the larger one). Undecided where the worker does not start, and asked
    again the next time: that says nothing about the pair.
    """
    try:
        return _remembered(kind, answer, target)
    except WorkerDoesNotStartError:
        return Verdict(None, "the process that compares expressions does not start")


@lru_cache(maxsize=CACHED)
def _remembered(kind: str, answer: Written, target: Written) -> Verdict:
    return COMPARER.compare(kind, answer, target)

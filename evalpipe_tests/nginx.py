"""A stub endpoint as fast as a real one: nginx on loopback, with benchmarks/nginx.conf. Tests and benchmarks use it.

with Endpoint() as endpoint:
    ...  # endpoint.base_url("limited"), endpoint.served("limited")

`fast` answers at once, `slow` after 60-120 ms, `counted` the same and in the log, `limited` after 90 ms and only so
many a second: 429 with `Retry-After: 1` above that.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

Location = Literal["fast", "slow", "counted", "limited"]

HOST = "127.0.0.1"
TEMPLATE = Path(__file__).parents[1] / "benchmarks" / "nginx.conf"
MODULES = Path("/usr/lib/nginx/modules")  # where Debian puts them
READY_S = 10.0
COMPLETION = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "stub",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Answer: 12"}, "finish_reason": "stop"},
        ],
        "usage": {"prompt_tokens": 20, "completion_tokens": 3, "total_tokens": 23},
    },
    separators=(",", ":"),
)


@dataclass(frozen=True, slots=True)
class Served:
    """One line of the log: when the request had come and when its reply was out (seconds since the epoch)."""

    status: int
    began_at: float
    ended_at: float
    path: str


def needs_nginx() -> str | None:
    """Why it cannot run here, if so."""
    if shutil.which("nginx") and (MODULES / "ngx_http_lua_module.so").exists():
        return None
    return "nginx with lua is not installed: apt-get install nginx libnginx-mod-http-lua"


class Endpoint:
    """A running nginx with one worker in a temporary folder; `limited` admits `rate_per_s`, and `burst` at once."""

    def __init__(self, rate_per_s: int = 100, burst: int = 100) -> None:
        self.rate_per_s, self.burst = rate_per_s, burst
        self.port = 0

    def __enter__(self) -> "Endpoint":
        missing = needs_nginx()
        assert missing is None, missing
        self._made = tempfile.TemporaryDirectory(prefix="evalpipe-nginx-")
        self.folder = Path(self._made.name)
        self.folder.chmod(0o755)  # the worker is another user where the master is root
        with socket.socket() as free:
            free.bind((HOST, 0))
            self.port = free.getsockname()[1]
        self._write()
        words = ["nginx", "-p", str(self.folder), "-c", str(self._conf)]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + READY_S
        while not self._listens():
            log = self.folder / "error.log"
            ended = self._process.poll() is not None
            if ended or time.monotonic() > until:
                self._end()
                raise AssertionError(f"nginx does not start: {log.read_text() if log.exists() else 'no log'}")
            time.sleep(0.02)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()
        self._made.cleanup()

    def base_url(self, location: Location, client: str = "") -> str:
        """`client` goes into the path, and so into the log, which tells one client from another by it."""
        return f"http://{HOST}:{self.port}/{location}{client and '/'}{client}/v1"

    def limit(self, rate_per_s: int) -> None:
        """From now on `limited` admits so many a second; the burst that is left stays. Open connections are closed,
        as nginx does when it takes a new configuration, each after its reply.
        """
        before = self._workers()
        self.rate_per_s = rate_per_s
        self._write()
        os.kill(self._process.pid, signal.SIGHUP)
        until = time.monotonic() + READY_S
        while not self._workers() - before:
            assert time.monotonic() < until, "nginx does not take the new limit"
            time.sleep(0.005)

    def served(self, location: Location) -> list[Served]:
        """What `counted` or `limited` replied so far, in the order of the replies."""
        log = self.folder / f"{location}.log"
        if not log.exists():
            return []
        found: list[Served] = []
        for line in log.read_text().splitlines(keepends=True):
            if line.endswith("\n"):
                status, ended, took, path = line.split()
                found.append(Served(int(status), float(ended) - float(took), float(ended), path))
        return found

    def count(self, location: Location) -> int:
        """How many replies `served` would list, at less cost."""
        log = self.folder / f"{location}.log"
        return log.read_bytes().count(b"\n") if log.exists() else 0

    @property
    def _conf(self) -> Path:
        return self.folder / "nginx.conf"

    def _write(self) -> None:
        text = TEMPLATE.read_text()
        filled = {
            "modules": str(MODULES),
            "folder": str(self.folder),
            "port": str(self.port),
            "rate": str(self.rate_per_s),
            "burst": str(self.burst),
            "completion": COMPLETION,
        }
        for name, value in filled.items():
            text = text.replace("{{" + name + "}}", value)
        self._conf.write_text(text)

    def _listens(self) -> bool:
        with socket.socket() as tried:
            return tried.connect_ex((HOST, self.port)) == 0

    def _workers(self) -> set[int]:
        pid = self._process.pid
        return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def _end(self) -> None:
        """SIGTERM ends master and worker at once."""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            self._process.wait(READY_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

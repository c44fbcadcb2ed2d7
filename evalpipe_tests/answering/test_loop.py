"""A signal during a run: it ends in order, what arrived is on disk, and whoever handled the signal before is told."""

import asyncio
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from evalpipe.answering.loop import run_until_signalled
from evalpipe_tests.answering.scripted import Scripted, go, plain
from evalpipe_tests.commands import ROOT, environment

ARRIVE = 30

CHILD = """
import os, signal, sys
from evalpipe.answering.engine import Terms, ask_all
from evalpipe.answering.loop import run_until_signalled
from evalpipe.core.errors import Stopped
from evalpipe_tests.answering.scripted import Scripted, broken, plain, requests

received, events, handled = sys.argv[1], sys.argv[2], sys.argv[3] == "handled"
kept = os.open(received, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def note(what):
    with open(events, "a") as file:
        file.write(what + "\\n")

def handler(number, frame):
    note(f"handler {number}")

def receive(arrivals):
    os.write(kept, b"".join(each.request.content + b"\\n" for each in arrivals))

if handled:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)
before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
backend = Scripted(lambda n, attempt: plain(n) if n < ARRIVE else broken() if n == ARRIVE else 60.0)
try:
    run_until_signalled(ask_all(backend, [requests(range(200))], receive, Terms(max_in_flight=8)))
except (KeyboardInterrupt, Stopped):
    note("interrupted")
finally:
    note(f"closed {backend.closed}")
    same = before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    note(f"restored {same}")
""".replace("ARRIVE", str(ARRIVE))


class Child:
    """A run that has received all that it will, with more in flight and one in a pause between two tries."""

    def __init__(self, folder: Path, handled: bool) -> None:
        self.received, self.events = folder / "received", folder / "events"
        words = [sys.executable, "-c", CHILD, str(self.received), str(self.events), "handled" if handled else "default"]
        self.process = subprocess.Popen(words, cwd=ROOT, env=environment(folder), stderr=subprocess.PIPE, text=True)
        until = time.monotonic() + 60
        while len(self.numbers()) < ARRIVE:
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < until
            time.sleep(0.02)

    def numbers(self) -> list[int]:
        return [int(line) for line in self.received.read_text().split()] if self.received.exists() else []

    def end(self, *signals: int) -> tuple[int, list[str], float]:
        """Its exit status, what it noted, and seconds from the signal to its end."""
        began = time.monotonic()
        for number in signals:
            self.process.send_signal(number)
        self.process.communicate(timeout=30)
        said = self.events.read_text().splitlines() if self.events.exists() else []
        return self.process.returncode, said, time.monotonic() - began


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_handler_from_before_is_called_and_restored(tmp_path, number):
    """As with Dagster, which takes signals itself: the run closes all it holds, then the handler hears of it."""
    child = Child(tmp_path, handled=True)
    status, said, seconds = child.end(number)
    assert status == 0
    assert said == [f"handler {number.value}", "interrupted", "closed True", "restored True"]
    assert sorted(child.numbers()) == list(range(ARRIVE))
    assert seconds < 5


def test_ctrl_c_without_a_handler_is_a_keyboard_interrupt(tmp_path):
    """As Python itself does it, once the run has closed what it holds."""
    child = Child(tmp_path, handled=False)
    status, said, seconds = child.end(signal.SIGINT)
    assert (status, said) == (0, ["interrupted", "closed True", "restored True"])
    assert sorted(child.numbers()) == list(range(ARRIVE))
    assert seconds < 5


def test_sigterm_without_a_handler_ends_the_process(tmp_path):
    """It dies of the signal, as its parent expects, and what had arrived is on disk."""
    child = Child(tmp_path, handled=False)
    status, _, seconds = child.end(signal.SIGTERM)
    assert status == -signal.SIGTERM
    assert sorted(child.numbers()) == list(range(ARRIVE))
    assert seconds < 5


def test_an_impatient_user(tmp_path):
    """A second signal while the run is closing changes nothing."""
    child = Child(tmp_path, handled=True)
    status, said, seconds = child.end(signal.SIGINT, signal.SIGINT)
    assert status in (0, -signal.SIGINT)
    assert "closed True" in said
    assert sorted(child.numbers()) == list(range(ARRIVE))
    assert seconds < 5


def test_without_a_signal_it_is_a_plain_run():
    """What the work returns or raises comes back, and the handlers are as before."""
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    assert len(run_until_signalled(go(Scripted(lambda n, attempt: plain(n)), 50)).replies) == 50

    async def wrong() -> None:
        await asyncio.sleep(0)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_until_signalled(wrong())

    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        run_until_signalled(cancelled())
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_it_runs_outside_of_the_main_thread():
    """Where signals cannot be handled, nothing is changed about them."""
    runs = []
    thread = threading.Thread(
        target=lambda: runs.append(run_until_signalled(go(Scripted(lambda n, attempt: plain(n)), 50)))
    )
    thread.start()
    thread.join(20)
    assert len(runs[0].replies) == 50

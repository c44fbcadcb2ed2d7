"""The lease: one holder at a time, and a dead one holds nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from evalpipe.core.errors import LakeError
from evalpipe.store.lake import Lake
from evalpipe.store.lease import lease
from evalpipe_tests.commands import ROOT
from evalpipe_tests.store.turns import most_at_once

HOLDER = """
import sys, time
from pathlib import Path
from evalpipe.store.lake import Lake
from evalpipe.store.lease import lease
with lease(Lake(Path(sys.argv[1])), "cells", "m", "d.0000"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
    Path(sys.argv[1], "done").touch()
"""


def holder(root: Path, seconds: float) -> "subprocess.Popen[str]":
    """Another process that holds the lease, once this returns."""
    words = [sys.executable, "-c", HOLDER, str(root), str(seconds)]
    child = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def test_a_second_process_waits_and_says_so(lake):
    """It enters when the first has finished, and tells once what it waits for."""
    child, said = holder(lake.root, 1), []
    with lease(lake, "cells", "m", "d.0000", on_wait=said.append):
        assert (lake.root / "done").exists()
    assert said == ["another run works on cells / m / d.0000; waiting for it"]
    assert child.wait() == 0


def test_kill_9_of_the_holder_frees_the_lease(lake):
    """The operating system gives it back: nobody has to clear a stale lock."""
    child = holder(lake.root, 600)
    child.send_signal(signal.SIGKILL)
    child.wait()
    started = time.monotonic()
    with lease(lake, "cells", "m", "d.0000"):
        assert time.monotonic() - started < 5
    assert not (lake.root / "done").exists()


def test_other_leases_are_free_meanwhile(lake):
    """Another shard, another model and a drop of the same name are nobody's business."""
    child = holder(lake.root, 600)
    said: list[str] = []
    for keys in (("cells", "m", "d.0001"), ("cells", "n", "d.0000"), ("drops", "d.0000"), ("reviews",)):
        with lease(lake, *keys, on_wait=said.append):
            pass
    assert said == []
    child.kill()
    child.wait()


def test_two_threads_of_one_process_take_turns(lake):
    """Dagster may run two steps in one process; the lease counts there too."""
    assert most_at_once(lambda: lease(lake, "cells", "m", "d.0000")) == 1


def test_an_error_within_gives_the_lease_back(lake):
    """A failed run does not lock the next one out."""
    with pytest.raises(RuntimeError, match="within"), lease(lake, "d"):
        raise RuntimeError("within")
    said: list[str] = []
    with lease(lake, "d", on_wait=said.append):
        assert said == []


def test_a_lake_that_cannot_be_written_is_a_sentence(tmp_path):
    """A file in the folder's place: the path, the cause, what to look at."""
    (tmp_path / "lake").write_text("")
    with (
        pytest.raises(LakeError, match=r"d\.lock: .*Check that the lake is writable"),
        lease(Lake(tmp_path / "lake"), "d"),
    ):
        pass

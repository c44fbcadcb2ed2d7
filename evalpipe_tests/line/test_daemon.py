"""The real daemon, the real commands of Dagster: what a user sees who types nothing of ours."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from evalpipe.line.project import open_project
from evalpipe_tests.commands import environment, evalpipe, evalpipe_words, tool
from evalpipe_tests.stub import Stub
from evalpipe_tests.sums import MODEL, add, put_drop, sums

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stub():
    with Stub(add) as running:
        yield running


@pytest.fixture
def folder(tmp_path, stub):
    toml = "[shards]\nsize = 20\n" + MODEL.format(base_url=stub.base_url, more="")
    (tmp_path / "evalpipe.toml").write_text(toml)
    shutil.copy(ROOT / "dagster.yaml", tmp_path)
    return tmp_path


def test_a_folder_in_the_landing_place_becomes_a_leaderboard_with_no_other_step(folder, stub):
    """`evalpipe dev` runs; a drop is copied in; its leaderboard appears, and each question was asked once."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    before = len(stub.requests)
    with (folder / "dev.log").open("wb") as log:
        dev = subprocess.Popen(
            evalpipe_words("dev", "--port", str(port)),
            cwd=folder,
            env=environment(folder),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        project = open_project(folder / "evalpipe.toml")
        put_drop(project, "sums", sums(range(40), wrong=[5]))
        rows = _until(lambda: _leaderboard(folder), 150)
    finally:
        os.killpg(dev.pid, signal.SIGINT)
        try:
            dev.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(dev.pid, signal.SIGKILL)
    assert rows, (folder / "dev.log").read_text()[-5000:]
    (row,) = rows
    assert (row["model"], row["bank"], row["right"], row["wrong"], row["rank"]) == ("adder", "sums", 39, 1, 1)
    assert len(stub.requests) - before == 40


def test_dagsters_own_commands_materialise_every_asset(folder, stub):
    """`dagster asset materialize` and `dg launch` take each asset that runs; twice sends nothing."""
    project = open_project(folder / "evalpipe.toml")
    put_drop(project, "sums", sums(range(10)))
    before = len(stub.requests)
    added = evalpipe(folder, "resync")
    assert added.returncode == 0, added.stderr
    register = "import dagster as dg; dg.DagsterInstance.get().add_dynamic_partitions('drops', ['sums'])"
    _python(folder, register)
    ingest = "raw_questions,label_doubts,validated_questions"
    done = tool(
        folder,
        "dagster",
        "asset",
        "materialize",
        "-m",
        "evalpipe.definitions",
        "--select",
        ingest,
        "--partition",
        "sums",
    )
    assert done.returncode == 0, done.stderr[-3000:]
    cell = "adder|sums.0000"
    done = tool(folder, "dg", "launch", "--assets", "model_answers,scores", "--partition", cell)
    assert done.returncode == 0, done.stderr[-3000:]
    done = tool(
        folder,
        "dagster",
        "asset",
        "materialize",
        "-m",
        "evalpipe.definitions",
        "--select",
        "model_answers",
        "--partition",
        cell,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    done = tool(folder, "dg", "launch", "--assets", "leaderboard")
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(stub.requests) - before == 10
    assert [row["right"] for row in _leaderboard(folder)] == [10]


def test_the_definitions_load_and_warn_of_nothing(folder):
    """`dg check defs` passes, and importing the definitions with warnings as errors too."""
    done = tool(folder, "dg", "check", "defs")
    assert done.returncode == 0, done.stdout + done.stderr
    _python(folder, "import warnings; warnings.simplefilter('error'); import evalpipe.definitions")


def _python(folder, code):
    import sys

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr


def _leaderboard(folder):
    done = evalpipe(folder, "leaderboard", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _until(found, within_s):
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if rows := found():
            return rows
        time.sleep(2)
    return None

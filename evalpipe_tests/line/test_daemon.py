"""The real daemon, the real UI, the real commands of Dagster: what a user sees."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from evalpipe.line.project import open_project
from evalpipe_tests.commands import environment, evalpipe, evalpipe_words, tool
from evalpipe_tests.stub import Stub
from evalpipe_tests.sums import MODEL, add, put_drop, sums

pytestmark = pytest.mark.alone

ROOT = Path(__file__).parents[2]
ASSETS = [
    "raw_questions",
    "label_doubts",
    "label_reviews",
    "validated_questions",
    "question_shards",
    "shard_labels",
    "model_answers",
    "scores",
    "leaderboard",
]
CHROMIUM = shutil.which("chromium")
# Chromium as root in a container, without calls to its maker.
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync"]


@dataclass(frozen=True)
class Daemon:
    folder: Path
    stub: Stub
    url: str


@pytest.fixture(scope="module")
def stub():
    with Stub(add) as running:
        yield running


def make_folder(folder, stub):
    toml = "[shards]\nsize = 20\n" + MODEL.format(base_url=stub.base_url, more="")
    (folder / "evalpipe.toml").write_text(toml)
    shutil.copy(ROOT / "dagster.yaml", folder)
    return folder


@pytest.fixture
def folder(tmp_path, stub):
    return make_folder(tmp_path, stub)


@pytest.fixture(scope="module")
def daemon(tmp_path_factory, stub):
    """`evalpipe dev` on a port of its own, ended by process group."""
    folder = make_folder(tmp_path_factory.mktemp("daemon"), stub)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
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
        yield Daemon(folder, stub, f"http://127.0.0.1:{port}")
    finally:
        os.killpg(dev.pid, signal.SIGINT)
        try:
            dev.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(dev.pid, signal.SIGKILL)


def test_a_folder_in_the_landing_place_becomes_a_leaderboard_with_no_other_step(daemon):
    """A drop is copied in; its leaderboard appears, each question was asked once, and nothing warned."""
    before = len(daemon.stub.requests)
    put_drop(open_project(daemon.folder / "evalpipe.toml"), "sums", sums(range(40), wrong=[5]))
    rows = _until(lambda: _leaderboard(daemon.folder), 150)
    log = (daemon.folder / "dev.log").read_text()
    assert rows, log[-5000:]
    (row,) = rows
    assert (row["model"], row["bank"], row["right"], row["wrong"], row["rank"]) == ("adder", "sums", 39, 1, 1)
    assert len(daemon.stub.requests) - before == 40
    assert "Warning" not in log, [line for line in log.splitlines() if "Warning" in line]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium: apt-get install chromium")
def test_the_ui_shows_the_line(daemon):
    """The graph in a browser names every asset of the line; after the drop before, the leaderboard is materialised."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1600, "height": 900})
        page.goto(f"{daemon.url}/asset-groups")
        page.get_by_text("leaderboard").first.wait_for(timeout=60_000)
        shown = page.locator("body").inner_text()
        browser.close()
    assert not [name for name in ASSETS if name not in shown]


def test_dagsters_own_commands_materialise_every_asset(folder, stub):
    """`dagster asset materialize` and `dg launch` take each asset that runs; twice sends nothing."""
    rows = folder / "sums.jsonl"
    rows.write_text("".join(json.dumps(row) + "\n" for row in sums(range(10))))
    before = len(stub.requests)
    assert evalpipe(folder, "ingest", str(rows)).returncode == 0
    materialize = ("dagster", "asset", "materialize", "-m", "evalpipe.definitions", "--select")
    cell = ("--partition", "adder|sums.0000")
    for words in (
        (*materialize, "raw_questions,label_doubts,validated_questions", "--partition", "sums"),
        ("dg", "launch", "--assets", "model_answers,scores", *cell),
        (*materialize, "model_answers", *cell),
        ("dg", "launch", "--assets", "leaderboard"),
    ):
        done = tool(folder, *words)
        assert done.returncode == 0, done.stderr[-3000:]
        warned = [line for line in done.stderr.splitlines() if "Warning" in line and "Supersession" not in line]
        assert not warned
    assert len(stub.requests) - before == 10
    assert [row["right"] for row in _leaderboard(folder)] == [10]


def test_the_definitions_load_and_warn_of_nothing(folder):
    """`dg check defs` passes, and so does importing the definitions with every warning an error."""
    done = tool(folder, "dg", "check", "defs")
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "import evalpipe.definitions"],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=120,
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

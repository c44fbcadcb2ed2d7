"""A lake in a folder of its own, rows for it, and other processes that use it."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest

from evalpipe.store.lake import Lake
from evalpipe.store.tables import TABLES
from evalpipe_tests.commands import ROOT


def rejects(drop: str, lines: range, reason: str = "r") -> pl.DataFrame:
    """Rows of the smallest table that is partitioned by drop."""
    rows = [{"drop": drop, "file": "f", "line": line, "reason": reason} for line in lines]
    return pl.DataFrame(rows, schema=TABLES["rejects"].columns)


def cell(model: str, shard: str, run_id: str) -> pl.DataFrame:
    """A row of `cells`."""
    return pl.DataFrame([{"model": model, "shard": shard, "run_id": run_id}], schema=TABLES["cells"].columns)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


@pytest.fixture
def spoken() -> "Iterator[Callable[..., subprocess.Popen[str]]]":
    """`spoken(program, lake, *words)`: another process, whose output is read here; it does not outlive the test."""
    children: list[subprocess.Popen[str]] = []

    def start(program: str, lake: Lake, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-c", program, pickle.dumps(lake).hex(), *words]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        children.append(subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True))
        return children[-1]

    yield start
    for child in children:
        child.kill()
        child.communicate()

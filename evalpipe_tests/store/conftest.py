"""A lake in a folder of its own, and rows for it."""

from pathlib import Path

import polars as pl
import pytest

from evalpipe.store.lake import Lake
from evalpipe.store.tables import TABLES


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

"""The lake under real, racing writers: rows are counted, nobody's are lost."""

import multiprocessing
from pathlib import Path

import polars as pl
import pytest

from evalpipe.store.lake import Lake

WRITERS = 6


def rows(drop: str, count: int, reason: str = "r") -> pl.DataFrame:
    return pl.DataFrame({"drop": drop, "file": "f", "line": list(range(count)), "reason": reason})


def replace(root: Path, drop: str) -> None:
    for _ in range(3):
        Lake(root).replace("rejects", rows(drop, 5), drop=drop)


def append(root: Path, drop: str) -> None:
    Lake(root).append("rejects", rows(drop, 5), transaction=f"tx-{drop}")
    Lake(root).append("rejects", rows(drop, 5), transaction=f"tx-{drop}")


@pytest.mark.parametrize("work", [replace, append])
def test_writers_of_one_new_table_lose_nothing(tmp_path, work):
    """Six processes create and write the same table at once; each one's rows are there exactly once."""
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=work, args=(tmp_path, f"d{n}")) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    counts = dict(Lake(tmp_path).read("rejects").group_by("drop").len().iter_rows())
    assert counts == {f"d{n}": 5 for n in range(WRITERS)}


def test_replace_touches_its_own_rows_alone(tmp_path):
    """Other keys keep their rows, an empty frame deletes, and hostile text is only text."""
    lake = Lake(tmp_path)
    hostile = '\'; DROP TABLE x; -- \n"quoted" \x1b[0m'
    lake.replace("rejects", rows("a", 2, hostile), drop="a")
    lake.replace("rejects", rows("b", 3), drop="b")
    lake.replace("rejects", rows("a", 0), drop="a")
    assert lake.read("rejects")["drop"].to_list() == ["b"] * 3
    lake.replace("rejects", rows("a", 1, hostile), drop="a")
    assert lake.read("rejects", pl.col("drop") == "a")["reason"].to_list() == [hostile]
    with pytest.raises(ValueError, match="not a key"):
        lake.replace("rejects", rows("a", 1), drop="a' OR '1'='1")

"""The lake on S3: the same promises as in a folder, kept by a real server's conditional puts."""

import polars as pl
import pytest

from evalpipe.core.errors import LakeError
from evalpipe.store.lake import Lake
from evalpipe.store.s3_place import s3_place
from evalpipe.store.tables import TABLES
from evalpipe_tests.s3_server import SECRET_KEY
from evalpipe_tests.store.conftest import cell, rejects
from evalpipe_tests.store.test_races import race


def test_a_transaction_is_added_once(s3_lake):
    """A table that was never written is empty; of one transaction the second append adds nothing."""
    assert s3_lake.read("rejects").is_empty()
    assert s3_lake.append("rejects", rejects("a", range(3)), transaction="one")
    assert not s3_lake.append("rejects", rejects("a", range(3)), transaction="one")
    assert s3_lake.append("rejects", rejects("a", range(5, 6)), transaction="two")
    assert sorted(s3_lake.read("rejects")["line"]) == [0, 1, 2, 5]


def test_replace_leaves_all_other_rows(s3_lake):
    """By predicate, from a stream of frames, and by nothing, which deletes."""
    for drop in ("a", "b", "a.x20b"):
        s3_lake.replace_stream(
            "rejects", lambda drop=drop: [rejects(drop, range(2)), rejects(drop, range(2, 3))], drop=drop
        )
    s3_lake.replace("rejects", rejects("a.x20b", range(7, 8)), drop="a.x20b")
    s3_lake.replace("rejects", rejects("b", range(0)), drop="b")
    assert sorted(s3_lake.read("rejects").select("drop", "line").rows()) == [
        ("a", 0),
        ("a", 1),
        ("a", 2),
        ("a.x20b", 7),
    ]
    assert sum(frame.height for frame in s3_lake.batches("rejects", pl.col("drop") == "a")) == 3


def write_both_ways(lake: Lake, number: int) -> bool:
    lake.replace("cells", cell("m", f"d.{number:04}", "run"), model="m", shard=f"d.{number:04}")
    for turn in range(2):
        lake.append("rejects", rejects(f"d-{number}", range(turn * 10, turn * 10 + 10)))
    return lake.append("label_reviews", review(number), transaction="journal:one")


def review(number: int) -> pl.DataFrame:
    columns = TABLES["label_reviews"].columns
    return pl.DataFrame(
        [{name: str(number) if kind == pl.String() else None for name, kind in columns.items()}], columns
    )


def test_four_writers_lose_no_commit(s3_lake):
    """Tables that nobody made beforehand: every row of every writer is there once, one transaction of all once."""
    said = race(write_both_ways, s3_lake, 4)
    assert sorted(said.values()) == [False, False, False, True]
    rows = s3_lake.read("rejects")
    assert rows.height == rows.select("drop", "line").n_unique() == 80
    assert sorted(s3_lake.read("cells")["shard"]) == [f"d.{n:04}" for n in range(4)]
    assert s3_lake.read("label_reviews").height == 1


def test_what_is_wrong_is_a_sentence_without_a_key(s3_lake, monkeypatch):
    """No such bucket, a wrong key, no server: the place, the reason, what to check."""
    nowhere = Lake(s3_place("s3://no-such-bucket/lake"))
    with pytest.raises(LakeError, match=r"s3://no-such-bucket/lake/rejects: .*NoSuchBucket.*Check bucket"):
        nowhere.append("rejects", rejects("a", range(1)))
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY[::-1])
    with pytest.raises(LakeError, match=r"rejects: .*SignatureDoesNotMatch.*AWS_ variables") as caught:
        s3_lake.read("rejects")
    assert SECRET_KEY[::-1] not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__

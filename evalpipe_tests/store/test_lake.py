"""The lake: what is written is read back, whatever the rows hold and whichever version wrote them."""

import polars as pl
import pytest

from evalpipe.core.errors import DropError, LakeError
from evalpipe.core.keys import to_key
from evalpipe.store.lake import Lake
from evalpipe.store.tables import TABLES, TableSpec
from evalpipe_tests.store.conftest import cell, rejects


def test_a_table_that_was_never_written_is_empty(lake):
    """Reading makes no folder, and gives the specified columns."""
    for name, spec in TABLES.items():
        assert lake.read(name).schema == spec.empty().schema
    assert not lake.root.exists()


def test_replace_leaves_all_other_rows(lake):
    """Rows of other drops, and of other cells of the same model, stay as they are."""
    for drop in ("a", "b", "a-b"):
        lake.replace("rejects", rejects(drop, range(3)), drop=drop)
    lake.replace("rejects", rejects("a", range(7, 9)), drop="a")
    found = lake.read("rejects").sort("drop", "line").group_by("drop", maintain_order=True).agg("line")
    assert dict(found.iter_rows()) == {"a": [7, 8], "a-b": [0, 1, 2], "b": [0, 1, 2]}

    for model, shard in (("m", "d.0000"), ("m", "d.0001"), ("n", "d.0000")):
        lake.replace("cells", cell(model, shard, "first"), model=model, shard=shard)
    lake.replace("cells", cell("m", "d.0000", "second"), model="m", shard="d.0000")
    rows = lake.read("cells").sort("model", "shard").select("model", "shard", "run_id").rows()
    assert rows == [("m", "d.0000", "second"), ("m", "d.0001", "first"), ("n", "d.0000", "first")]


def test_replace_with_nothing_deletes(lake):
    """An empty frame takes the rows of its key away, and of no other; on a new table it does no harm."""
    lake.replace("rejects", rejects("a", range(0)), drop="a")
    assert lake.read("rejects").is_empty()
    lake.append("rejects", pl.concat([rejects("a", range(3)), rejects("b", range(2))]))
    lake.replace("rejects", rejects("a", range(0)), drop="a")
    assert lake.read("rejects")["drop"].to_list() == ["b", "b"]


@pytest.mark.parametrize("sizes", [[0, 0, 3], [0, 2, 0, 0, 1], [3, 0], [1, 1, 1], [0, 0, 0], []])
def test_a_stream_may_hold_empty_frames_anywhere(lake, sizes):
    """Every row of the stream arrives: a drop whose first batches were all quarantined keeps the rest."""
    lake.append("rejects", rejects("a", range(100, 105)))
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    frames = [rejects("a", range(start, start + size)) for start, size in zip(starts, sizes, strict=True)]
    lake.replace_stream("rejects", lambda: iter(frames), drop="a")
    assert sorted(lake.read("rejects")["line"]) == list(range(sum(sizes)))


def test_an_error_within_a_stream_comes_out_as_it_is(lake):
    """Not as a text inside of somebody else's error; and nothing of the stream was committed."""
    lake.append("rejects", rejects("a", range(5)))

    def frames():
        yield rejects("a", range(1))
        raise DropError("the drop went away")

    with pytest.raises(DropError, match="the drop went away"):
        lake.replace_stream("rejects", frames, drop="a")
    assert lake.read("rejects").height == 5


def test_rows_of_another_key_are_refused(lake):
    """What would land outside the replaced cell is a fault, and the table stays as it was."""
    lake.append("rejects", rejects("a", range(2)))
    with pytest.raises(LakeError, match="rejects"):
        lake.replace("rejects", rejects("b", range(1)), drop="a")
    assert lake.read("rejects")["drop"].to_list() == ["a", "a"]


HOSTILE = [
    "it's",
    '"; DROP TABLE answers; --',
    "'; DELETE FROM answers WHERE '1'='1",
    "two\nlines\r\n",
    "nul\0byte",
    "\u202egnp.exe",
    "数学 🙂",
    "",
    " ",
    "NULL",
    "${HOME} {0} %s",
    "x" * 100_000,
]


def test_hostile_texts_come_back_as_they_were(lake):
    """Quotes, line breaks, NUL and SQL are data; appended or replaced, each text is read back to the byte."""
    frame = pl.concat([rejects("a", range(n, n + 1), reason=text) for n, text in enumerate(HOSTILE)])
    lake.append("rejects", frame)
    lake.replace("rejects", frame.with_columns(drop=pl.lit("b")), drop="b")
    for drop in ("a", "b"):
        assert lake.read("rejects", pl.col("drop") == drop).sort("line")["reason"].to_list() == HOSTILE
    for n, text in enumerate(HOSTILE):
        assert lake.read("rejects", pl.col("reason") == text)["line"].unique().to_list() == [n]


@pytest.mark.parametrize("key", ["it's", "' OR '1'='1", "a b", "a|b", "", "数", "a\n", "a\0", "../x", "a/b", "a=b"])
def test_what_is_no_key_never_reaches_a_predicate(lake, key):
    """It is refused before anything is read or written."""
    with pytest.raises(ValueError, match="not a key"):
        lake.replace("rejects", rejects("a", range(1)), drop=key)
    assert not lake.root.exists()


@pytest.mark.parametrize("name", ["it's", "-", "__", "a b|c", "..", "数", "a.x2Bb", "' OR 1=1", "%2E%2E", "x" * 200])
def test_every_name_works_as_a_key(lake, name):
    """Escaped, any name is a partition that can be replaced, deleted and read alone."""
    key = to_key(name)
    lake.append("rejects", rejects("other", range(1)))
    for size in (3, 1):
        lake.replace("rejects", rejects(key, range(size)), drop=key)
        assert lake.read("rejects", pl.col("drop") == key).height == size
    lake.replace("rejects", rejects(key, range(0)), drop=key)
    assert lake.read("rejects")["drop"].to_list() == ["other"]


def test_replacing_a_whole_table_is_refused(lake):
    """Without a key there is no predicate, and everything would go."""
    with pytest.raises(ValueError, match="needs keys"):
        lake.replace("rejects", rejects("a", range(1)))


OLD = TableSpec("rejects", {"drop": pl.String(), "line": pl.Int64()}, ("drop",))


def test_rows_of_an_older_version_have_nulls_in_newer_columns(lake, monkeypatch):
    """A column added to the specification: old rows are read, filtered, and stand beside new ones; nothing is lost."""
    monkeypatch.setitem(TABLES, "rejects", OLD)
    lake.append("rejects", pl.DataFrame({"drop": ["a", "b"], "line": [1, 2]}), transaction="old")
    monkeypatch.undo()
    old = lake.read("rejects").sort("drop")
    assert old.schema == TABLES["rejects"].empty().schema
    assert old["reason"].to_list() == [None, None]
    assert lake.read("rejects", pl.col("reason").is_null(), ["line"]).height == 2
    assert sum(frame.height for frame in lake.batches("rejects", pl.col("drop") == "a")) == 1

    lake.append("rejects", rejects("c", range(1)))
    lake.replace("rejects", rejects("a", range(5, 6)), drop="a")
    assert not lake.append("rejects", rejects("a", range(1)), transaction="old")
    rows = lake.read("rejects").sort("drop").select("drop", "line", "reason").rows()
    assert rows == [("a", 5, "r"), ("b", 2, None), ("c", 0, "r")]


def test_a_newer_table_is_not_spoilt_by_an_older_version(lake, monkeypatch):
    """Code that does not know a column leaves it in the table, null in its own rows."""
    lake.append("rejects", pl.concat([rejects("a", range(1)), rejects("b", range(1))]))
    monkeypatch.setitem(TABLES, "rejects", OLD)
    assert lake.read("rejects").columns == ["drop", "line"]
    lake.append("rejects", pl.DataFrame({"drop": ["c"], "line": [2]}))
    lake.replace("rejects", pl.DataFrame({"drop": ["b"], "line": [3]}), drop="b")
    monkeypatch.undo()
    rows = lake.read("rejects").sort("drop").select("drop", "line", "reason").rows()
    assert rows == [("a", 0, "r"), ("b", 3, None), ("c", 2, None)]


def test_batches_hold_all_rows_in_order(lake):
    """Frames of about the wanted size, in stored order, with the wanted columns."""
    lake.append("rejects", rejects("a", range(5_000)))
    frames = list(lake.batches("rejects", pl.col("line") % 2 == 0, ["line"], rows=1_000))
    assert pl.concat(frames)["line"].to_list() == list(range(0, 5_000, 2))
    assert frames[0].columns == ["line"]
    assert sum(frame.height for frame in lake.batches("label_reviews", pl.lit(True))) == 0


def test_a_broken_table_is_a_sentence(tmp_path):
    """A file where a folder should be, a log of garbage, a missing data file: the table's path and what to look at."""
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match=r"rejects: the table cannot be .*doctor"):
        Lake(tmp_path / "file").append("rejects", rejects("a", range(1)))

    garbage = Lake(tmp_path / "garbage")
    garbage.append("rejects", rejects("a", range(1)))
    (garbage.path("rejects") / "_delta_log" / f"{0:020}.json").write_text("{not json")
    with pytest.raises(LakeError, match=r"rejects: the table cannot be .*doctor"):
        garbage.read("rejects")

    gone = Lake(tmp_path / "gone")
    gone.append("rejects", rejects("a", range(1)))
    for path in gone.path("rejects").rglob("*.parquet"):
        path.unlink()
    with pytest.raises(LakeError, match=r"rejects: the table cannot be .*doctor"):
        gone.read("rejects")
    with pytest.raises(LakeError, match=r"rejects: the table cannot be .*doctor"):
        list(gone.batches("rejects", pl.col("drop") == "a"))

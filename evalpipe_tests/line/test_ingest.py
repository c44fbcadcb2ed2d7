"""A drop is read once: what goes where, what repeats, and that nothing is lost on the way."""

from dataclasses import replace

import polars as pl
import pytest

from evalpipe.core.errors import DropError
from evalpipe.core.keys import shard_count, shard_key
from evalpipe.line import ingest
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import made_by
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.sums import put_drop, sums

MADE = made_by("test")


def test_every_row_is_somewhere_and_says_why(make_project):
    """Questions + quarantined + rejected = rows; broken lines carry file, line and reason, the good ones go on."""
    project = make_project()
    folder = put_drop(project, "mixed", sums(range(5)))
    with (folder / "questions.jsonl").open("a") as file:
        file.write('{"question_id": "empty", "question": "", "answer": "1"}\n')
        file.write('{"question_id": "none", "question": "What?", "answer": null}\n')
        file.write("{broken\n")
        file.write('{"question_id": "sum-1", "question": "What is 1 plus 7?", "answer": "8"}\n')
        file.write('{"question_id": "sum-2", "question": "What is 2 plus 7?", "answer": "10"}\n')
    summary = ingest_drop(project, "mixed", MADE, Silent())
    assert (summary.raw_rows, summary.questions, summary.quarantined, summary.rejected) == (10, 5, 3, 2)
    rejects = {row["line"]: row["reason"] for row in project.lake.read("rejects").iter_rows(named=True)}
    assert set(rejects) == {8, 9}
    assert "questions.jsonl:2" in rejects[9]
    codes = dict(project.lake.read("quarantine").select("question_id", "code").iter_rows())
    assert codes["sum-2"] == "repeated_id"
    assert set(codes) == {"empty", "none", "sum-2"}
    kept = project.lake.read("raw_questions", pl.col("question_id") == "sum-2")
    assert kept["targets"].to_list() == [["9"]]


def test_trust_comes_with_the_question(make_project):
    """Of a question's label the table says verified, not verified, or nothing, and its versions are the same."""
    project = make_project()
    folder = put_drop(project, "sums", sums(range(2)))
    with (folder / "questions.jsonl").open("a") as file:
        file.write('{"question_id": "sum-2", "question": "What is 2 plus 7?", "answer": "9", "trusted": true}\n')
        file.write('{"question_id": "sum-3", "question": "What is 3 plus 7?", "answer": "10", "trusted": "no"}\n')
    ingest_drop(project, "sums", MADE, Silent())
    rows = project.lake.read("raw_questions").sort("question_id")
    assert rows["trusted"].to_list() == [None, None, True, False]


def test_a_lake_from_before_trust_goes_on(make_project, monkeypatch):
    """Rows written before the column was there read as null, and a later drop adds it."""
    project = make_project()
    put_drop(project, "old", sums(range(2)))
    put_drop(project, "new", [{**row, "trusted": 1} for row in sums(range(2, 4))])
    old = TABLES["raw_questions"]
    columns = {name: kind for name, kind in old.columns.items() if name != "trusted"}
    with monkeypatch.context() as earlier:
        earlier.setitem(TABLES, "raw_questions", replace(old, columns=columns))
        ingest_drop(project, "old", MADE, Silent())
        assert "trusted" not in project.lake.read("raw_questions").columns
    assert project.lake.read("raw_questions")["trusted"].to_list() == [None, None]
    ingest_drop(project, "new", MADE, Silent())
    rows = project.lake.read("raw_questions").sort("question_id")
    assert rows["trusted"].to_list() == [None, None, True, True]


def test_shards_depend_on_ids_and_the_row_count_alone(make_project):
    """Each question lies in the shard of its hash; another shard size in the configuration moves nothing."""
    project = make_project("[shards]\nsize = 10\n")
    put_drop(project, "sums", sums(range(95)))
    assert ingest_drop(project, "sums", MADE, Silent()).shards == shard_count(95, 10)
    rows = project.lake.read("raw_questions")
    for question_id, shard in rows.select("question_id", "shard").iter_rows():
        assert shard == shard_key("sums", question_id, shard_count(95, 10))
    again = make_project("[shards]\nsize = 1000\n")
    ingest_drop(again, "sums", MADE, Silent())
    assert again.lake.read("raw_questions").sort("question_id").equals(rows.sort("question_id"))


@pytest.mark.parametrize(("size_bytes", "n"), [(1, 18), (300, 60), (10**9, 60)])  # a bucket costs a second
def test_buckets_change_no_row(make_project, monkeypatch, size_bytes, n):
    """However little is sorted in memory at once, the table holds the same rows in the same shards."""
    monkeypatch.setattr(ingest, "BUCKET_BYTES", size_bytes)
    monkeypatch.setattr(ingest, "STAGED_ROWS", 7)
    project = make_project("[shards]\nsize = 10\n")
    put_drop(project, "sums", sums(range(n)))
    ingest_drop(project, "sums", MADE, Silent())
    rows = project.lake.read("raw_questions")
    assert sorted(rows["question_id"]) == sorted(f"sum-{each}" for each in range(n))
    count = shard_count(n, 10)
    shards = {question_id: shard_key("sums", question_id, count) for question_id in rows["question_id"]}
    assert dict(rows.select("question_id", "shard").iter_rows()) == shards


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "holds no row"),
        ("\n\n", "holds no row"),
        ("{nonsense\n" * 3, "nothing in it can be read"),
        (None, "holds no row"),
    ],
)
def test_a_drop_in_which_nothing_can_be_read_is_one_sentence(make_project, content, said):
    """It fails with what is wrong and what to do, and leaves no drop behind that could be evaluated."""
    project = make_project()
    folder = project.landing.root / "bad"
    folder.mkdir(parents=True)
    (folder / "_SUCCESS").touch()
    if content is not None:
        (folder / "questions.jsonl").write_text(content)
    with pytest.raises(DropError, match=said) as caught:
        ingest_drop(project, "bad", MADE, Silent())
    assert "\n" not in str(caught.value)
    assert project.lake.read("drops").is_empty()


def test_a_mended_drop_that_was_never_taken_is_taken(make_project):
    """Only a drop that is in the lake must not change; one that failed may be mended in place."""
    project = make_project()
    folder = put_drop(project, "sums", [])
    with pytest.raises(DropError):
        ingest_drop(project, "sums", MADE, Silent())
    (folder / "questions.jsonl").write_text('{"question": "What is 1 plus 7?", "answer": "8"}\n')
    assert ingest_drop(project, "sums", MADE, Silent()).questions == 1

"""The written drop: complete, repeatable, with its truth outside."""

import csv
import gzip
import json
import time
from pathlib import Path

import polars as pl
import pytest

from evalpipe.core.errors import UsageError
from evalpipe.core.questions import KINDS, LETTERS
from evalpipe.sample import SampleReport, truth_path, write_sample
from evalpipe.sample.draw import same_text
from evalpipe.sample.planting import PLANT_WEIGHTS

QUESTIONS = 2_000


def rows_of(folder: Path) -> list[dict]:
    """All questions of a drop, read without evalpipe's own readers."""
    with gzip.open(folder / "word_problems.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rows += [json.loads(line) for line in (folder / "json_answers.jsonl").read_text("utf-8").splitlines()]
    rows += pl.read_parquet(folder / "multiple_choice.parquet").to_dicts()
    with (folder / "short_text.csv").open(encoding="utf-8", newline="") as cells:
        rows += [{**row, "targets": [row["target"]]} for row in csv.DictReader(cells)]
    return rows


def truths_of(folder: Path) -> dict[str, dict]:
    lines = truth_path(folder).read_text("utf-8").splitlines()
    return {row["question_id"]: row for row in map(json.loads, lines)}


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in [*folder.iterdir(), truth_path(folder)]}


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> SampleReport:
    return write_sample(tmp_path_factory.mktemp("sample") / "bank", questions=QUESTIONS, seed=7)


@pytest.fixture(scope="module")
def rows(report) -> list[dict]:
    return rows_of(report.folder)


@pytest.fixture(scope="module")
def truths(report) -> dict[str, dict]:
    return truths_of(report.folder)


def test_same_arguments_give_the_same_bytes(tmp_path):
    """A seed stands for every byte of the drop and of its truth, and another seed gives another bank."""
    for place, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_sample(tmp_path / place / "bank", questions=500, seed=seed)
    first, again, other = (bytes_of(tmp_path / place / "bank") for place in "abc")
    assert first == again
    assert first["short_text.csv"] != other["short_text.csv"]


def test_every_question_is_delivered_once(rows, truths):
    """Ids are unique, their number is the one asked for, and the truth knows each of them."""
    ids = [row["question_id"] for row in rows]
    assert sorted(ids) == sorted(truths) == [f"sample-{number:06}" for number in range(QUESTIONS)]


@pytest.mark.parametrize("label_errors", [0, 0.001, 0.08, 0.5])
@pytest.mark.parametrize("questions", [1, 2, 3, 7, 24, 500])
def test_exactly_the_asked_share_of_labels_is_wrong(tmp_path, questions, label_errors):
    """`round(label_errors * questions)` labels are wrong, in tiny banks too, and the report counts them."""
    report = write_sample(tmp_path / "bank", questions=questions, seed=11, label_errors=label_errors)
    planted = [row for row in truths_of(report.folder).values() if row["planted_kind"] is not None]
    assert len(planted) == report.planted == sum(report.by_planted.values()) == round(label_errors * questions)
    assert sum(report.by_kind.values()) == report.questions == questions


def test_a_label_differs_from_the_truth_exactly_where_one_was_planted(rows, truths):
    """A planted label is never right by chance, and no other label is wrong."""
    for row in rows:
        truth = truths[row["question_id"]]
        assert (row["targets"] != truth["true_targets"]) == (truth["planted_kind"] is not None), row


def test_every_kind_of_error_is_planted(report, truths):
    """At 2,000 questions nobody has to wonder whether a kind of error was tried."""
    assert set(report.by_planted) == set(PLANT_WEIGHTS)
    assert {row["planted_kind"] for row in truths.values()} == {*PLANT_WEIGHTS, None}


def test_the_truth_lies_outside_the_drop(report):
    """Nothing in the drop says what was planted: no file, no column, no word."""
    assert report.truth == report.folder.parent / "bank.truth.jsonl"
    assert sorted(path.name for path in report.folder.iterdir()) == sorted(report.files)
    for name, content in bytes_of(report.folder).items():
        text = gzip.decompress(content) if name.endswith(".gz") else content
        if name != report.truth.name:
            assert not any(word in text for word in (b"planted", b"true_targets", b"off_by_one", b"slips")), name


def test_columns_are_those_of_the_schema(rows):
    """A planted row has the same columns as any other, and those are evalpipe's own."""
    schema = {"question_id", "text", "kind", "choices", "targets", "subject", "cluster"}
    schema |= {"worked_solution", "answer_field", "difficulty"}
    assert {frozenset(row) for row in rows if row["kind"] != "text"} == {frozenset(schema)}
    csv_columns = schema - {"choices", "worked_solution", "answer_field"} | {"target"}
    assert {frozenset(row) for row in rows if row["kind"] == "text"} == {frozenset(csv_columns)}


def test_the_true_letter_is_among_the_choices(rows, truths):
    """A multiple-choice question has 3 to 6 different options, and its true letter names one."""
    choice = [row for row in rows if row["kind"] == "choice"]
    assert {len(row["choices"]) for row in choice} == {3, 4, 5, 6}
    for row in choice:
        assert len(set(row["choices"])) == len(row["choices"]), row
        assert truths[row["question_id"]]["true_targets"][0] in LETTERS[: len(row["choices"])]


def test_a_bank_is_varied(report, rows):
    """Kinds, languages, subjects and difficulties of a real bank, a quarter of it Chinese, much of it short."""
    assert set(report.by_kind) == set(KINDS) - {"math", "multi_choice"}
    assert report.by_language["zh"] / QUESTIONS == pytest.approx(0.25, abs=0.02)
    assert sum(any("\u4e00" <= sign <= "\u9fff" for sign in row["text"]) for row in rows) == report.by_language["zh"]
    assert len(report.by_subject) > 12
    assert set(report.by_difficulty) == {"easy", "medium", "hard"}
    assert sum(len(row["text"]) < 60 for row in rows) > QUESTIONS / 4


def test_questions_share_a_text_only_where_one_was_copied(rows, truths):
    """About 2% are honest duplicates with the same label; a text with two labels is a stale duplicate."""
    by_text: dict[str, list[dict]] = {}
    for row in rows:
        by_text.setdefault(same_text(row["text"]), []).append(row)
    pairs = [found for found in by_text.values() if len(found) > 1]
    stale = 0
    for one, two in pairs:
        kinds = {truths[row["question_id"]]["planted_kind"] for row in (one, two)}
        assert (one["targets"] == two["targets"]) == (kinds == {None})
        assert one["targets"] == two["targets"] or kinds == {None, "stale_duplicate"}
        stale += kinds != {None}
    assert len(pairs) - stale == QUESTIONS * 0.02
    assert stale == sum(row["planted_kind"] == "stale_duplicate" for row in truths.values())


def test_questions_of_a_passage_share_a_cluster(rows):
    """Questions that begin with the same scene carry the same cluster."""
    scenes: dict[str, set[str]] = {}
    for row in rows:
        if row["cluster"].startswith("school-fair-") and "zh" not in row["cluster"]:
            scenes.setdefault(same_text(row["text"].partition("Who")[0]), set()).add(row["cluster"])
    assert len(scenes) > 10
    assert {len(clusters) for clusters in scenes.values()} == {1}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"questions": 0}, "questions"),
        ({"label_errors": 0.6}, "label_errors"),
        ({"label_errors": -0.1}, "label_errors"),
        ({"label_errors": float("nan")}, "label_errors"),
    ],
)
def test_numbers_out_of_range_are_refused(tmp_path, wrong, named):
    """A number that makes no bank is named, and nothing is written."""
    with pytest.raises(UsageError, match=named):
        write_sample(tmp_path / "bank", **{"questions": 10, "seed": 1, **wrong})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_something_is_not_touched(tmp_path):
    """Neither a full folder nor a file is overwritten; an empty folder is filled."""
    full, empty, file = tmp_path / "full", tmp_path / "empty", tmp_path / "file"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    file.write_text("mine")
    for taken in (full, file):
        with pytest.raises(UsageError, match="already holds something"):
            write_sample(taken, questions=5, seed=1)
    assert [path.name for path in full.iterdir()] == ["mine.txt"]
    empty.mkdir()
    assert (write_sample(empty, questions=5, seed=1).folder / "_SUCCESS").exists()


def test_a_write_that_breaks_leaves_nothing_behind(tmp_path):
    """A drop is there whole or not at all: what stops half-way leaves no folder, no truth, no temporary file."""

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_sample(tmp_path / "bank", questions=2_000, seed=1, on_progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    """A file where a folder should be gives a sentence with the path, not a traceback from the system."""
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file/bank: cannot be written \(Not a directory\)"):
        write_sample(tmp_path / "file" / "bank", questions=5, seed=1)


def test_a_large_bank_is_quick_and_distinct(tmp_path):
    """20,000 questions take well under 15 s (0.8 s when written), progress is told, and nearly all texts are new."""
    seen: list[int] = []
    start = time.perf_counter()
    report = write_sample(tmp_path / "bank", questions=20_000, seed=5, on_progress=seen.append)
    assert time.perf_counter() - start < 15
    assert seen == sorted(seen)
    assert len(seen) == 19  # the duplicates are not drawn
    assert len({same_text(row["text"]) for row in rows_of(report.folder)}) > 19_000

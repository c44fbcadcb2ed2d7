"""Published question sets, exactly as they are published."""

import shutil

import polars as pl

from evalpipe.sources import Delivered, load_spec, read_drop
from evalpipe_tests.shared import DATA, needs_data


@needs_data
def test_gsm8k_as_published(tmp_path):
    """All 1,319 questions, each with its number and its worked solution, under the ids that others use."""
    shutil.copy(DATA / "gsm8k/test.jsonl", tmp_path)
    (tmp_path / "drop.toml").write_text('bank = "gsm8k"\nquestion_id = "gsm8k-test-{row:04}"\n')
    found = list(read_drop(tmp_path, load_spec(tmp_path, "bank")))
    assert len(found) == 1319
    assert all(isinstance(one, Delivered) for one in found)
    assert all(one.question.kind == "number" and len(one.question.targets) == 1 for one in found)
    assert all(one.question.worked_solution and "####" not in one.question.worked_solution for one in found)
    assert (found[0].question.question_id, found[0].question.targets) == ("gsm8k-test-0000", ("18",))
    assert found[-1].question.question_id == "gsm8k-test-1318"
    assert any("," in one.question.targets[0] for one in found)


@needs_data
def test_mmlu_redux_as_published(tmp_path):
    """All 2,900 questions of 29 subjects, each with its options and the letter that was published."""
    shutil.copy(DATA / "mmlu_redux/questions.parquet", tmp_path)
    found = list(read_drop(tmp_path, load_spec(tmp_path, "mmlu")))
    published = pl.read_parquet(DATA / "mmlu_redux/questions.parquet")
    assert [one.question.targets for one in found] == [(letter,) for letter in published["answer"]]
    assert [one.question.question_id for one in found] == published["question_id"].to_list()
    assert all(one.question.kind == "choice" and len(one.question.choices) == 4 for one in found)
    assert len({one.question.subject for one in found}) == 29

"""Recorded completions of real models: GSM8K against the published verdicts, MMLU-Redux for what is unparsed."""

import json

import polars as pl
import pytest

from evalpipe.core.questions import Question
from evalpipe.scorers import scorer
from evalpipe_tests.shared import DATA, needs_data

pytestmark = needs_data


@pytest.fixture(scope="module")
def gsm8k():
    lines = (DATA / "gsm8k" / "test.jsonl").read_text().splitlines()
    keys = [json.loads(line)["answer"].rsplit("####", 1)[1].strip() for line in lines]
    ids = [f"gsm8k-test-{row:04}" for row in range(len(keys))]
    questions = {name: Question(name, "?", "number", (key,)) for name, key in zip(ids, keys, strict=True)}
    rows = pl.read_parquet(DATA / "gsm8k" / "recorded_completions.parquet")
    scores = [
        scorer("number").score(questions[name], text).value
        for name, text in rows.select("question_id", "completion").iter_rows()
    ]
    return rows.with_columns(score=pl.Series(scores, dtype=pl.Float64))


def test_gsm8k_agrees_with_every_published_verdict(gsm8k):
    """All 5,276 completions are right or not as their authors scored them; the 6 that were cut off in their working,
    before any answer, are unparsed: no number of theirs is a guess.
    """
    assert gsm8k.height == 5276
    assert gsm8k["score"].null_count() == 6
    assert gsm8k.filter((pl.col("score").fill_null(0) == 1) != pl.col("published_is_correct")).height == 0


def test_gsm8k_accuracies_are_the_published_ones(gsm8k):
    """The four models have the accuracies that were published, to four digits; unparsed is not right."""
    found = gsm8k.group_by("model").agg(pl.col("score").fill_null(0).mean().round(4))
    assert dict(found.iter_rows()) == {
        "gpt3-6b_finetuning": 0.2168,
        "gpt3-6b_verification": 0.3904,
        "gpt3-175b_finetuning": 0.3472,
        "gpt3-175b_verification": 0.5625,
    }


def test_mmlu_leaves_unparsed_only_what_has_no_letter():
    """Each of the 57,498 recorded letters is read as itself; only the 502 nulls have nothing to read."""
    folder = DATA / "mmlu_redux"
    questions = {
        row["question_id"]: Question(row["question_id"], "?", "choice", (row["answer"],), tuple(row["choices"]))
        for row in pl.read_parquet(folder / "questions.parquet").iter_rows(named=True)
    }
    rows = pl.read_parquet(folder / "recorded_completions.parquet").drop_nulls("completion")
    assert rows.height == 57_498
    misread = []
    for name, text in rows.select("question_id", "completion").iter_rows():
        score = scorer("choice").score(questions[name], text)
        if score.extracted != text or score.value != float(text in questions[name].targets):
            misread.append((name, text, score))
    assert misread == []

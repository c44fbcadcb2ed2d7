"""Real questions and real models' answers through the whole line: the numbers come out as published."""

import shutil

import polars as pl
import pytest

from evalpipe.core.keys import from_key
from evalpipe.line.rank import latest_leaderboard
from evalpipe_tests.clockwork import Clockwork
from evalpipe_tests.shared import DATA, needs_data

PUBLISHED = {
    "gpt3-6b_finetuning": 0.2168,
    "gpt3-6b_verification": 0.3904,
    "gpt3-175b_finetuning": 0.3472,
    "gpt3-175b_verification": 0.5625,
}


def recorded(path, bank):
    lines = ['backend = "recorded"', f'path = "{path}"', 'models = "*"', f'banks = ["{bank}"]', "automatic = true"]
    return "\n".join(["[models.many]", *lines])


def drop(project, name, file, toml):
    folder = project.landing.root / name
    folder.mkdir(parents=True)
    shutil.copy(file, folder)
    (folder / "drop.toml").write_text(toml)
    (folder / "_SUCCESS").touch()


@needs_data
def test_gsm8k_comes_out_as_published(make_project, line_of):
    """1,319 questions, none rejected; 5,276 completions agree one by one with the published verdicts."""
    completions = DATA / "gsm8k" / "recorded_completions.parquet"
    project = make_project(recorded(completions, "gsm8k"))
    drop(project, "gsm8k", DATA / "gsm8k" / "test.jsonl", 'bank = "gsm8k"\nquestion_id = "gsm8k-test-{row:04}"\n')
    clockwork = Clockwork(line_of(project))
    clockwork.until_quiet()
    assert not clockwork.failed
    (state,) = project.lake.read("drops").to_dicts()
    assert (state["raw_rows"], state["n_rejected"], state["n_quarantined"]) == (1319, 0, 0)

    scores = project.lake.read("scores").with_columns(model=pl.col("model").map_elements(from_key, pl.String))
    both = pl.read_parquet(completions).join(scores, on=["model", "question_id"])
    assert both.height == 5276
    assert both.filter((pl.col("score") == 1.0) != pl.col("published_is_correct")).is_empty()
    rows = latest_leaderboard(project)
    accuracies = {from_key(model): round(value, 4) for model, value in rows.select("model", "accuracy").iter_rows()}
    assert accuracies == PUBLISHED
    ranks = {from_key(model): rank for model, rank in rows.select("model", "rank").iter_rows()}
    assert sorted(ranks, key=lambda model: ranks[model]) == sorted(PUBLISHED, key=PUBLISHED.__getitem__, reverse=True)


@needs_data
def test_mmlu_redux_loses_nothing(make_project, line_of):
    """2,900 questions x 20 models: every answer has a score, unparsed is only what is null or holds no letter."""
    completions = DATA / "mmlu_redux" / "recorded_completions.parquet"
    project = make_project(recorded(completions, "mmlu"))
    drop(project, "mmlu", DATA / "mmlu_redux" / "questions.parquet", 'bank = "mmlu"\nquestion_id = "question_id"\n')
    clockwork = Clockwork(line_of(project))
    clockwork.until_quiet()
    assert not clockwork.failed
    scores = project.lake.read("scores").with_columns(model=pl.col("model").map_elements(from_key, pl.String))
    both = pl.read_parquet(completions).join(scores, on=["model", "question_id"], how="left")
    assert both["outcome"].unique().to_list() == ["answered"]
    no_letter = pl.col("completion").is_null() | ~pl.col("completion").str.contains("[A-Da-d]")
    assert both.filter(pl.col("score").is_null() != no_letter).is_empty()
    rows = latest_leaderboard(project).filter(pl.col("subject").is_null())
    assert rows.height == 20
    assert rows.select(pl.sum_horizontal("right", "wrong", "unparsed").min()).item() == 2900
    subjects = latest_leaderboard(project).filter(pl.col("subject").is_not_null())
    assert subjects.height == 20 * 29


@needs_data
@pytest.mark.parametrize("name", ["fcot_code002_NL+SL", "google_text-unicorn@001"])
def test_names_that_are_no_keys_come_back(make_project, name):
    """A model's name with a plus or an at sign becomes a key and the name again."""
    file = (
        "gsm8k/recorded_final_answers.parquet" if name.startswith("fcot") else "mmlu_redux/recorded_completions.parquet"
    )
    project = make_project(recorded(DATA / file, "any"))
    assert name in {from_key(key) for key in project.config.models}
    assert project.model_key(name) in project.config.models

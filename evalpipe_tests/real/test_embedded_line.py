"""A real language model answers generated questions through the whole line."""

import polars as pl
import pytest

from evalpipe.line.rank import latest_leaderboard
from evalpipe.sample import write_sample
from evalpipe_tests.clockwork import Clockwork

pytestmark = pytest.mark.alone

TOML = """
[models.smollm2-135m]
backend = "embedded"
banks = ["sample"]
automatic = true
sampling = { temperature = 0, max_tokens = 24, seed = 0 }
"""


def test_a_real_model_answers_a_sample_bank(make_project, line_of, tmp_path):
    """Every question of the drop gets an answer of SmolLM2-135M with tokens and latency, and exactly one score."""
    project = make_project(TOML)
    write_sample(tmp_path / "sample", questions=30, seed=5, label_errors=0.0)
    project.landing.copy_in(tmp_path / "sample")
    clockwork = Clockwork(line_of(project))
    clockwork.until_quiet()
    assert not clockwork.failed
    (row,) = latest_leaderboard(project).filter(pl.col("subject").is_null()).to_dicts()
    assert row["n_questions"] >= 24
    assert (row["failed"], row["not_asked"], row["partial"]) == (0, 0, False)
    answers = project.lake.read("answers")
    assert answers["text"].null_count() == 0
    assert answers["latency_s"].min() > 0
    assert answers["prompt_tokens"].min() > 0
    assert 0 < answers["completion_tokens"].min() <= answers["completion_tokens"].max() <= 24
    scores = project.lake.read("scores")
    assert scores.height == scores["question_id"].n_unique() == row["n_questions"]

"""Several samples of a question on a real lake: one score each, by the bank's reducer, and nothing asked for it."""

import polars as pl
import pytest

from evalpipe.config import load_config
from evalpipe.line.pairing import scores_today
from evalpipe.line.project import Project
from evalpipe.line.standing import standing_questions
from evalpipe.line.wanted import leaderboard_inputs, wishes
from evalpipe_tests.line.recorded_line import answered_project, model_toml, row_of

# What three samples of each of four questions say; the key is A, `?` could not be read, `!` failed.
SAID = ["AAB", "ABB", "ABC", "?A!"]


def with_reducer(project: Project, reducer: str) -> Project:
    """The same lake under a configuration with this reducer."""
    path = project.config.path
    text = path.read_text().partition("[banks.letters]")[0]
    path.write_text(f'{text}[banks.letters]\nreducer = "{reducer}"\n')
    return Project(load_config(path), project.lake, project.landing)


@pytest.fixture
def project(make_project, tmp_path):
    toml = model_toml(tmp_path, "m", "samples = 3")
    project = answered_project(make_project, tmp_path, {"m": list("AAAA")}, toml)
    rows = project.lake.read("scores").sort("question_id", "sample")
    said = pl.Series([each for question in SAID for each in question])
    rows = rows.with_columns(
        score=pl.Series([{"A": 1.0, "?": None, "!": None}.get(each, 0.0) for each in said], dtype=pl.Float64),
        extracted=said.replace(["?", "!"], [None, None]),
        outcome=pl.Series(["failed" if each == "!" else "answered" for each in said]),
    )
    (shard,) = rows["shard"].unique()
    project.lake.replace("scores", rows, model="m", shard=shard)
    return project


@pytest.mark.parametrize(
    ("reducer", "scores", "low", "high"),
    [
        ("mean", [2 / 3, 1 / 3, 1 / 3, 1 / 2], [2 / 3, 1 / 3, 1 / 3, 1 / 3], [2 / 3, 1 / 3, 1 / 3, 2 / 3]),
        ("majority", [1, 0, 1 / 3, 1], [1, 0, 1 / 3, 0], [1, 0, 1 / 3, 1]),
        ("pass@2", [1, 2 / 3, 2 / 3, 1], [1, 2 / 3, 2 / 3, 2 / 3], [1, 2 / 3, 2 / 3, 1]),
    ],
)
def test_accuracy_and_bounds_are_of_reduced_scores(project, reducer, scores, low, high):
    """Counted by hand: a failed sample is left out, and bounds say what it could have changed."""
    row = row_of(with_reducer(project, reducer), "m")
    assert (row["reducer"], row["n"], row["n_questions"]) == (reducer, 4, 4)
    assert row["accuracy"] == pytest.approx(sum(scores) / 4)
    assert (row["bound_low"], row["bound_high"]) == (pytest.approx(sum(low) / 4), pytest.approx(sum(high) / 4))
    assert (row["right"], row["wrong"], row["unparsed"], row["failed"]) == (5, 5, 1, 1)
    assert row["accuracy_common"] == pytest.approx(row["accuracy"])


@pytest.mark.parametrize(("reducer", "n"), [("mean", 4), ("majority", 4), ("pass@2", 4), ("pass@3", 3)])
def test_a_comparison_takes_the_scores_that_the_leaderboard_takes(project, reducer, n):
    """One number for one model on one bank, wherever it is shown; what has no score is left out with its reason."""
    reduced = with_reducer(project, reducer)
    scores = scores_today(reduced, standing_questions(reduced), "m")
    assert scores["score"].drop_nulls().mean() == pytest.approx(row_of(reduced, "m")["accuracy"])
    assert (scores["score"].count(), scores["why"].count()) == (n, 4 - n)
    assert scores["extracted"].drop_nulls().str.contains(r" \| ").any()


def test_a_question_without_enough_samples_is_in_no_denominator(project):
    """pass@3 of a question that has two is not known: left out, it could be what the failed one allows."""
    row = row_of(with_reducer(project, "pass@3"), "m")
    assert (row["n"], row["accuracy"]) == (3, 1.0)
    assert (row["bound_low"], row["bound_high"]) == (1.0, 1.0)  # one of its two is right already


def test_another_reducer_refreshes_the_leaderboard_and_nothing_else(project):
    """The sensor sees other inputs; no cell is asked or scored again."""
    before = leaderboard_inputs(with_reducer(project, "mean"))
    voting = with_reducer(project, "majority")
    assert leaderboard_inputs(voting) != before
    assert wishes(voting) == []


def test_subjects_have_a_macro_average(project):
    """q0 and q2 are even, q1 and q3 odd: the mean of both; a subject has none of its own."""
    row = row_of(project, "m")
    assert row["n_subjects"] == 2
    assert row["macro_accuracy"] == pytest.approx(((2 / 3 + 1 / 3) / 2 + (1 / 3 + 1 / 2) / 2) / 2)
    assert row["macro_ci95_low"] < row["macro_accuracy"] < row["macro_ci95_high"]


@pytest.mark.parametrize("reducer", ["mean", "majority", "pass@2"])
def test_models_are_compared_by_the_scores_of_the_leaderboard(project, reducer):
    """The accuracy in a comparison is that of the leaderboard, whatever makes one score of several samples."""
    changed = with_reducer(project, reducer)
    scores = scores_today(changed, standing_questions(changed), "m")
    assert scores["score"].mean() == pytest.approx(row_of(changed, "m")["accuracy"])
    assert scores.sort("question_id")["extracted"].to_list()[0] == "A | A | B"


def test_a_question_of_too_few_samples_is_no_pair(project):
    """What pass@3 cannot say of two samples is not compared, and the failed sample is named as the reason."""
    changed = with_reducer(project, "pass@3")
    scores = scores_today(changed, standing_questions(changed), "m")
    assert scores.filter(pl.col("score").is_null())["why"].to_list() == ["failed"]

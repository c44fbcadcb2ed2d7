"""The gate: each kind of rule passes, fails or is inconclusive for the right reason, and says what would settle it."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from evalpipe.config.policy import Policy
from evalpipe.core.errors import ConfigError
from evalpipe.line.gate import judge_policy
from evalpipe.line.gate.ruling import worst
from evalpipe.store.moment import as_of
from evalpipe.store.tables import TABLES
from evalpipe_tests.line.recorded_line import BANK, answered_project, built, refreshed, review, rewrite

# good is right on 96 of 100, fair on 80, poor on 40; half has fifty yet, of gone ten answers failed.
ANSWERS = {
    "good": ["B"] * 4 + ["A"] * 96,
    "fair": ["A"] * 80 + ["B"] * 20,
    "poor": ["A"] * 40 + ["B"] * 60,
    "half": ["A"] * 100,
    "gone": ["A"] * 100,
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """One project for all tests here, which only read it."""
    project = built(tmp_path_factory.mktemp("gate"), ANSWERS)
    rewrite(project, "half", lambda rows: rows.head(50))
    failed = pl.when(pl.int_range(pl.len()) < 10).then(pl.lit("failed")).otherwise("outcome")
    rewrite(project, "gone", lambda rows: rows.with_columns(outcome=failed))
    return project


def judged(project, **rule):
    report = judge_policy(project, Policy.model_validate({"rules": [{"bank": BANK, **rule}]}))
    ((_, ruling),) = report.rulings
    assert report.verdict == ruling.verdict
    return ruling


@pytest.mark.parametrize(
    ("rule", "verdict", "said"),
    [
        ({"model": "good", "at_least": 0.85}, "PASS", "96.00%"),
        ({"model": "poor", "at_least": 0.85}, "FAIL", "40.00%"),
        ({"model": "fair", "at_least": 0.78}, "INCONCLUSIVE", "questions would settle it"),
        ({"model": "fair", "at_least": 0.78, "by": "estimate"}, "PASS", "by its estimate"),
        ({"model": "fair", "at_least": 0.81, "by": "estimate"}, "FAIL", "by its estimate"),
        ({"model": "poor", "at_least": 0.85, "subject": "odd"}, "FAIL", "40.00%"),
        ({"model": "half", "at_least": 0.5}, "INCONCLUSIVE", "50 of 100 questions are not asked"),
        ({"model": "good", "at_least": 0.5, "bank": "none"}, "INCONCLUSIVE", "no score that counts on none"),
        ({"model": "good", "at_least": 0.5, "subject": "none"}, "INCONCLUSIVE", "subject none"),
    ],
)
def test_accuracy_is_judged_by_its_interval(project, rule, verdict, said):
    """All of the interval at or above the limit passes, all below fails; straddling, partial, missing: inconclusive."""
    ruling = judged(project, kind="accuracy", **rule)
    assert ruling.verdict == verdict
    assert said in ruling.message


@pytest.mark.parametrize(
    ("rule", "verdict", "said"),
    [
        ({"model": "good", "baseline": "fair"}, "PASS", "+16.00 points"),
        ({"model": "poor", "baseline": "fair"}, "FAIL", "-40.00 points"),
        ({"model": "fair", "baseline": "good", "margin": 0.16}, "INCONCLUSIVE", "at the margin itself"),
        ({"model": "fair", "baseline": "good", "margin": 0.12}, "INCONCLUSIVE", "pairs would settle it"),
        ({"model": "fair", "baseline": "good", "margin": 0.5}, "PASS", "-16.00 points"),
        ({"model": "half", "baseline": "poor"}, "INCONCLUSIVE", "50 questions have no score of the model yet"),
        ({"model": "good", "baseline": "gone"}, "INCONCLUSIVE", "10 answers of the baseline failed"),
        ({"model": "good", "baseline": "fair", "bank": "none"}, "INCONCLUSIVE", "nothing can be paired"),
        (
            {"model": "good", "baseline_at": datetime(2020, 1, 1, tzinfo=UTC)},
            "INCONCLUSIVE",
            "100 not asked (baseline)",
        ),
        ({"model": "good", "baseline_version": 7}, "INCONCLUSIVE", "there is no version 7"),
    ],
)
def test_a_drop_is_judged_on_pairs_against_its_margin(project, rule, verdict, said):
    """Surely above -margin passes, surely below fails; holes on either side conclude nothing."""
    ruling = judged(project, kind="drop", **rule)
    assert ruling.verdict == verdict
    assert said in ruling.message


def test_the_share_of_failed_answers_is_a_plain_fact(project):
    """Ten of a hundred failed: above 5%, not above 10%; of a partial run nothing is concluded."""
    assert judged(project, kind="failed_share", model="gone", at_most=0.05).verdict == "FAIL"
    assert judged(project, kind="failed_share", model="gone", at_most=0.10).verdict == "PASS"
    assert judged(project, kind="failed_share", model="half", at_most=0.10).verdict == "INCONCLUSIVE"


@pytest.mark.parametrize(
    ("verdict", "low", "high", "at_most", "wanted"),
    [
        ("measured", 0.02, 0.05, 0.06, "PASS"),
        ("measured", 0.02, 0.05, 0.03, "INCONCLUSIVE"),
        ("measured", 0.04, 0.05, 0.01, "FAIL"),
        ("no committee", None, None, 0.5, "INCONCLUSIVE"),
    ],
)
def test_label_errors_are_judged_by_their_interval_less_what_reviews_settled(
    project, verdict, low, high, at_most, wanted
):
    """One point is settled; a rate that nobody could measure passes nothing."""
    row = {"drop": BANK, "bank": BANK, "verdict": verdict, "n_questions": 100, "ci95_low": low, "ci95_high": high}
    row |= {"rate": None if low is None else (low + high) / 2, "settled": 0.01}
    project.lake.replace("label_errors", pl.DataFrame([row], schema=TABLES["label_errors"].columns), drop=BANK)
    ruling = judged(project, kind="label_errors", at_most=at_most)
    assert ruling.verdict == wanted
    assert ruling.low == (None if low is None else pytest.approx(low - 0.01))


def test_a_model_is_judged_against_what_it_was(make_project, tmp_path):
    """By leaderboard version and by moment: today's scores against those of then, on unchanged questions and labels."""
    project = answered_project(make_project, tmp_path, {"m": ["A"] * 95 + ["B"] * 5})
    assert refreshed(project)
    then = datetime.now(UTC)
    assert judged(project, kind="drop", model="m", baseline_version=0, margin=0.05).verdict == "PASS"
    rewrite(
        project,
        "m",
        lambda rows: rows.with_columns(score=pl.when(pl.int_range(pl.len()) < 60).then(0.0).otherwise(1.0)),
    )
    for baseline in ({"baseline_version": 0}, {"baseline_at": then}):
        ruling = judged(project, kind="drop", model="m", **baseline)
        assert (ruling.verdict, ruling.n) == ("FAIL", 100)
    assert judged(project, kind="drop", model="m", baseline_at=datetime.now(UTC) + timedelta(hours=1)).found == 0.0
    with pytest.raises(ValueError, match="can only be read"):
        as_of(project.lake, then).append("decisions", pl.DataFrame(schema=TABLES["decisions"].columns))


def test_reviewed_labels_are_not_compared_with_what_they_were(make_project, tmp_path):
    """A correction changed what is right: that pair is left out and counted, the others stay."""
    project = answered_project(make_project, tmp_path, {"m": ["A"] * 20})
    then = datetime.now(UTC)
    review(project, "q0,correct,B")
    assert judged(project, kind="drop", model="m", baseline_at=then, margin=0.3).n == 19


def test_a_policy_is_as_good_as_its_worst_rule():
    """FAIL beats INCONCLUSIVE beats PASS, in any order."""
    assert worst(["PASS", "INCONCLUSIVE", "FAIL", "PASS"]) == "FAIL"
    assert worst(["INCONCLUSIVE", "PASS"]) == "INCONCLUSIVE"
    assert worst(["PASS", "PASS"]) == "PASS"


def test_a_rule_about_an_unknown_model_is_a_fault_of_the_policy(project):
    """Not a missing score: a typing error would be INCONCLUSIVE for ever."""
    with pytest.raises(ConfigError, match=r"`rules\[1\].baseline`: no model 'goood'"):
        judged(project, kind="drop", model="good", baseline="goood")

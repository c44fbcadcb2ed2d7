"""What doubted and reviewed labels do to the leaderboard of a real lake, and what they must never do."""

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalpipe.defs.board import board_metadata
from evalpipe.line.rank import latest_leaderboard, refresh_leaderboard
from evalpipe.line.wanted import cell_wishes, leaderboard_inputs, wishes
from evalpipe_tests.line.recorded_line import (
    BANK,
    MADE,
    answered_project,
    board,
    doubt,
    model_toml,
    refreshed,
    review,
    row_of,
)

# up: 6 of 8; down: 5 of 8, and one that could not be read.
ANSWERS = {"up": list("AAAAAABB"), "down": ["A", "A", "A", "A", "A", "B", "C", None]}

ABOUT_DOUBTS = ("n_open_", "doubt_", "could_swap_with", "refreshed_at", "made_from")


@pytest.fixture
def project(make_project, tmp_path):
    return answered_project(make_project, tmp_path, ANSWERS)


def official(rows: pl.DataFrame) -> pl.DataFrame:
    """All that is not said about doubts, bit by bit."""
    return rows.select(name for name in rows.columns if not name.startswith(ABOUT_DOUBTS))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from([f"q{at}" for at in range(8)]), st.just(["up"])),
    st.booleans(),
    st.floats(0, 1),
)
def test_no_unconfirmed_doubt_changes_an_official_score(project, suspects, flagged, suspicion):
    """Whatever is doubted, however strongly, flagged or not: accuracy, error, rank and every count stay to the bit."""
    doubt(project, {})
    before = official(board(project))
    doubt(project, suspects, flagged, suspicion)
    assert official(board(project)).equals(before)


def test_bounds_and_swaps_by_hand(project):
    """q5 is right for `up` and wrong for `down`, q6 wrong for both, q7 unread by `down`: 5/8 to 8/8, and 5/8 to 7/7."""
    assert row_of(project, "up")["could_swap_with"] == []
    doubt(project, {"q5": [], "q6": [], "q7": []})
    up, down = row_of(project, "up"), row_of(project, "down")
    assert (up["accuracy"], up["doubt_low"], up["doubt_high"]) == (6 / 8, 5 / 8, 1.0)
    assert (down["accuracy"], down["doubt_low"], down["doubt_high"]) == (5 / 8, 5 / 8, 1.0)
    assert (up["n_open_suspects"], down["n_open_suspects"]) == (3, 3)
    assert (up["could_swap_with"], down["could_swap_with"]) == (["down"], ["up"])
    odd = board(project).filter(pl.col("model") == "up", pl.col("subject") == "odd").row(0, named=True)
    assert (odd["n_open_suspects"], odd["doubt_low"], odd["doubt_high"]) == (2, 2 / 4, 1.0)
    assert odd["could_swap_with"] is None


def test_doubts_of_its_own_family_are_counted_apart(make_project, tmp_path):
    """What the model or its sister had a vote in is counted, and the other bounds stand as if it were no doubt."""
    answers = {**ANSWERS, "sister": list("AAAAAAAA")}
    family = {"up": 'family = "ups"', "sister": 'family = "ups"'}
    toml = "".join(model_toml(tmp_path, model, family.get(model, "")) for model in answers)
    project = answered_project(make_project, tmp_path, answers, toml)
    doubt(project, {"q6": ["sister", "down"], "q7": ["up"], "q0": ["down"]})
    up, down = row_of(project, "up"), row_of(project, "down")
    assert (up["n_open_suspects"], up["n_open_own_family"]) == (3, 2)
    assert (up["doubt_low"], up["doubt_high"]) == (5 / 8, 8 / 8)
    assert (up["doubt_low_others"], up["doubt_high_others"]) == (5 / 8, 6 / 8)
    assert (down["n_open_suspects"], down["n_open_own_family"]) == (3, 2)


def test_a_review_closes_the_doubt_and_stays_within_the_bounds(project):
    """Whatever the verdict, the suspect is open no more, and the accuracy is one that the bounds allowed."""
    doubt(project, {f"q{at}": [] for at in range(3, 8)})
    before = row_of(project, "up")
    for at, verdict in enumerate(["confirm,", "exclude,", "ambiguous,", "correct,B"], start=3):
        review(project, f"q{at},{verdict}")
        after = row_of(project, "up")
        assert after["n_open_suspects"] == before["n_open_suspects"] - 1
        assert before["doubt_low"] <= after["doubt_low"] <= after["accuracy"] <= after["doubt_high"]
        assert after["doubt_high"] <= before["doubt_high"]
        before = after


def test_a_suspect_of_another_version_or_drop_is_silent(project):
    """A doubt that was found in another text or in a superseded drop says nothing of the question that stands."""
    doubt(project, {"q6": [], "q7": []})
    rows = project.lake.read("suspects")
    other = pl.when(pl.col("question_id") == "q6").then(pl.lit("another")).otherwise("question_version")
    project.lake.replace("suspects", rows.with_columns(question_version=other), drop=BANK)
    assert row_of(project, "up")["n_open_suspects"] == 1


def test_the_drift_is_what_the_review_changed(project):
    """By hand: 6/8 as delivered, 7/8 with one key corrected; nothing reviewed drifts by exactly nothing."""
    row = row_of(project, "up")
    assert (row["drift"], row["drift_ci95_low"], row["drift_ci95_high"]) == (0.0, 0.0, 0.0)
    review(project, "q6,correct,B q0,confirm,")
    row = row_of(project, "up")
    assert (row["accuracy"], row["accuracy_raw_labels"], row["drift"]) == (7 / 8, 6 / 8, 1 / 8)
    assert row["drift_ci95_low"] < 0 < row["drift"] < row["drift_ci95_high"]
    down = row_of(project, "down")
    assert (down["accuracy"], down["accuracy_raw_labels"], down["drift"]) == (5 / 8, 5 / 8, 0.0)
    assert down["drift_ci95_low"] < 0 < down["drift_ci95_high"]  # it was reviewed, and happened not to move
    review(project, "q7,exclude,")
    row = row_of(project, "up")
    assert (row["accuracy"], row["accuracy_raw_labels"], row["drift"]) == (1.0, 6 / 8, 1 / 4)


def test_new_doubts_alone_refresh_the_leaderboard_and_nothing_else(project):
    """Renewed suspects and verdicts that change no label are told once; nothing else is wanted because of them."""
    assert refreshed(project)
    assert not refreshed(project)
    inputs = leaderboard_inputs(project)
    doubt(project, {"q6": []})
    _gated_again(project)
    assert leaderboard_inputs(project) != inputs
    assert wishes(project) == list(cell_wishes(project, list(ANSWERS))) == []
    assert refreshed(project)
    assert latest_leaderboard(project)["n_open_suspects"].max() == 1

    inputs, labels = leaderboard_inputs(project), project.lake.read("shards")["labels_version"].to_list()
    review(project, "q6,confirm,")
    assert project.lake.read("shards")["labels_version"].to_list() == labels
    assert leaderboard_inputs(project) != inputs
    assert refreshed(project)
    assert latest_leaderboard(project)["n_open_suspects"].max() == 0


def _gated_again(project):
    """What `label_doubts` leaves in the drop's row when it writes suspects."""
    rows = project.lake.read("drops").with_columns(gated_at=pl.col("gated_at") + pl.duration(seconds=1))
    project.lake.replace("drops", rows, drop=BANK)


def test_the_asset_shows_what_the_ui_plots(project):
    """Per bank the open suspects, the largest drift and the ranks that could swap, as numbers; all of it as tables."""
    doubt(project, {"q5": ["up"], "q6": [], "q7": []})
    review(project, "q7,exclude,")
    shown = board_metadata(refresh_leaderboard(project, MADE))
    assert shown["letters: open suspects"].value == 2
    assert shown["letters: ranks that could swap"].value == 1
    assert shown["letters: largest drift"].value == pytest.approx(6 / 7 - 6 / 8, abs=5e-5)
    assert "0.7143 to 1.0000 | 0.8571 to 1.0000 | 2 | 1 | down |" in shown["labels"].value

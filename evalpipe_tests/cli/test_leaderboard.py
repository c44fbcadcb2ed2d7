"""The leaderboard as a person and a program read it: what labels do to a score, beside the score."""

import json
from xml.etree import ElementTree

import polars as pl
import pytest

from evalpipe.cli.forest import accuracies_svg
from evalpipe_tests.line.recorded_line import answered_project, doubt, refreshed, review

# As in the line's tests: up 6 of 8, down 5 of 8.
ANSWERS = {"up": list("AAAAAABB"), "down": ["A", "A", "A", "A", "A", "B", "C", None]}


@pytest.fixture
def project(make_project, tmp_path):
    project = answered_project(make_project, tmp_path, ANSWERS)
    doubt(project, {"q5": ["up"], "q6": [], "q7": []})
    assert refreshed(project)
    return project


def test_the_table_shows_the_drift_and_a_line_names_the_ranks_that_could_swap(command, project):
    """Open suspects, the pair whose order rests on them, and the command that lists them; beside a score its drift."""
    said = command(project, "leaderboard")
    assert "drift (95%)" in said.out
    assert "letters: 3 doubted labels are not reviewed; they count as they are." in said.out
    assert "Ranks that could swap: up and down." in said.out
    assert "evalpipe labels suspects" in said.out
    review(project, "q5,confirm, q6,confirm, q7,exclude,")
    assert refreshed(project)
    said = command(project, "leaderboard")
    assert "+0.1071 (" in said.out
    assert "doubted" not in said.out


def test_a_bank_that_is_not_there_is_wrong_use(command, project):
    """A misspelt bank is not an empty leaderboard: the error names the banks there are."""
    said = command(project, "leaderboard", "--bank", "leters")
    assert said.code == 2
    assert "leters: the leaderboard has no such bank. There are: letters." in said.err


def test_labels_shows_what_is_wide(command, project):
    """--labels: raw accuracy, bounds by all doubts and by those of others, who could swap with whom."""
    said = command(project, "leaderboard", "--labels")
    up = next(line for line in said.out.splitlines() if "│ up" in line)
    cells = [cell.strip() for cell in up.split("│")]
    assert cells[4:-1] == ["0.7500", "0.7500", "0", "3", "0.6250 to 1.0000", "1", "0.7500 to 1.0000", "down"]
    assert "outcomes" not in said.out


def test_json_has_all_of_it(command, project):
    """Bounds, counts and names as values; the intervals as pairs."""
    up, _ = json.loads(command(project, "leaderboard", "--json").out)
    assert (up["model"], up["could_swap_with"], up["drift_ci95"]) == ("up", ["down"], [0.0, 0.0])
    assert (up["n_open_suspects"], up["n_open_own_family"]) == (3, 1)
    assert (up["doubt_low"], up["doubt_high"]) == (5 / 8, 1.0)
    assert (up["doubt_low_others"], up["doubt_high_others"]) == (6 / 8, 1.0)


def test_suspects_and_leaderboard_can_be_exported(command, project, tmp_path):
    """Lists are joined, evidence is JSON: what the lake holds fits into a CSV file."""
    for table in ("suspects", "leaderboard"):
        assert command(project, "export", table, str(tmp_path / f"{table}.csv")).code == 0
    suspects = pl.read_csv(tmp_path / "suspects.csv")
    assert suspects["evidence"].to_list() == ['{"who":"up","said":"B"}', "", ""]
    assert set(pl.read_csv(tmp_path / "leaderboard.csv")["could_swap_with"].drop_nulls()) == {"up", "down"}


def test_macro_and_shrunk_accuracies_are_shown_where_they_are_asked_for(command, project):
    """--macro shows the mean over subjects; two subjects are too few to shrink."""
    assert "macro" not in command(project, "leaderboard").out
    assert "macro (95%)" in command(project, "leaderboard", "--macro").out
    rows = json.loads(command(project, "leaderboard", "--subjects", "--shrink", "--json").out)
    assert [row["shrunk"] for row in rows] == [None] * 6
    refused = command(project, "leaderboard", "--shrink")
    assert (refused.code, "add --subjects" in refused.err) == (2, True)
    up, _ = json.loads(command(project, "leaderboard", "--json").out)
    assert (up["reducer"], up["n"], up["share_done"], up["n_subjects"]) == ("mean", 8, 1.0, 2)
    assert up["macro_accuracy"] == 0.75
    assert up["macro_ci95"][0] < 0.75 < up["macro_ci95"][1]


def test_the_plot_is_one_harmless_file(command, project, tmp_path):
    """An SVG that parses, with each model's figures; another kind of file is refused before anything is written."""
    file = tmp_path / "board.svg"
    assert command(project, "leaderboard", "--plot", str(file)).code == 0
    texts = [element.text for element in ElementTree.parse(file).iter() if element.tag.endswith("text")]
    assert {"letters", "up", "down"} < set(texts)
    assert any(text.startswith("0.750 [") for text in texts)
    refused = command(project, "leaderboard", "--plot", str(tmp_path / "board.png"))
    assert (refused.code, "only SVG" in refused.err) == (2, True)


def test_names_in_the_plot_are_escaped():
    """A bank's and a model's name are text, whatever they hold."""
    row = {"model": "a%3Cscript%3E&", "bank": "<b>\x1b[31m", "accuracy": 0.5, "ci95_low": 0.4, "ci95_high": 0.6}
    drawn = accuracies_svg([row | {"partial": True, "failed": 1, "bound_low": 0.3, "bound_high": 0.7}])
    assert "<script" not in drawn
    assert "\x1b" not in drawn
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert ElementTree.fromstring(accuracies_svg([])).tag.endswith("svg")

"""Rescore and replay as a user types them: what they print, their JSON, their exit codes."""

import json

import pytest

from evalpipe_tests.line.changed_code import read_b_as_a
from evalpipe_tests.line.recorded_line import BANK, answered_project, refreshed

ANSWERS = {"up": [*"AAAAAB", None, None], "down": [*"ABBBBCCC"]}


@pytest.fixture
def project(make_project, tmp_path):
    project = answered_project(make_project, tmp_path, ANSWERS)
    assert refreshed(project)
    return project


def test_a_number_is_replayed_changed_and_scored_again(command, project, monkeypatch):
    """0 while it is the same, 1 once the code decides otherwise, 0 again for the number that a re-score made."""
    number = ("--model", "up", "--bank", BANK)
    (listed,) = json.loads(command(project, "replay", *number, "--json").out)
    assert (listed["version"], listed["accuracy"]) == (1, 5 / 8)
    same = command(project, "replay", *number, "--at", "1", "--json")
    assert (same.code, json.loads(same.out)["same"]) == (0, True)
    assert "bit for bit" in command(project, "replay", *number, "--at", "latest").err
    read_b_as_a(monkeypatch)
    other = command(project, "replay", *number, "--at", "1")
    assert other.code == 1
    assert "letter_alone → wishful" in other.out
    assert "It is not the same: 1 verdicts" in other.err
    done = command(project, "rescore", "--diff", "--json", "--workers", "1")
    said = json.loads(done.out)
    assert (done.code, said["rows"], said["verdicts_changed"], said["leaderboard_changed"]) == (0, 16, 8, True)
    assert {row["question_id"] for row in said["verdicts"]} == {f"q{at}" for at in range(1, 8)}
    assert command(project, "replay", *number, "--at", "latest").code == 0
    assert len(json.loads(command(project, "replay", *number, "--json").out)) == 2


def test_what_a_re_score_changed_is_shown_by_rule_and_hostile_text_is_quoted(command, project, monkeypatch):
    """Each group with its questions; an escape sequence moves no cursor; a dry run says that it was one."""
    read_b_as_a(monkeypatch)
    said = command(project, "rescore", "--diff", "--dry-run", "--workers", "1")
    assert said.code == 0
    assert "code · letter_alone → wishful · wrong → right" in said.out
    assert "down / letters / q1: read “B”; now read “A”" in said.out
    assert "\x1b" not in said.out
    assert "none asked: 8 verdicts changed" in said.err
    assert "Nothing was written" in said.err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("rescore", "--model", "nobody"), "no model 'nobody'"),
        (("rescore", "--bank", "nothing"), "nothing to score again"),
        (("replay", "--model", "nobody", "--bank", BANK), "no leaderboard has a row for a model 'nobody'"),
        (("replay", "--model", "up", "--bank", "nothing"), "Its banks there: letters"),
        (("replay", "--model", "up", "--bank", BANK, "--at", "77"), "Versions there are: 1 ("),
    ],
)
def test_wrong_use_says_what_there_is(command, project, words, what):
    """Exit code 2, and a sentence that helps."""
    said = command(project, *words)
    assert said.code == 2
    assert what in said.err

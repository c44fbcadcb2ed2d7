"""A reviewer's way: list, export, fill in, give back; and what a disagreement looks like."""

import csv
import json
from contextlib import nullcontext

import polars as pl
import pytest

from evalpipe.cli.labels import app as labels
from evalpipe.cli.run import run_line
from evalpipe.line.rank import latest_leaderboard
from evalpipe_tests.line.ingested import take_in
from evalpipe_tests.stub import Stub
from evalpipe_tests.sums import MODEL, add, put_drop, sums

HOSTILE = "=1+1 \x1b[31mred"


@pytest.fixture
def project(make_project):
    """Ten sums; sum-0 and again-0 say the same with two labels, so that both are suspects."""
    project = make_project("[labels]\nmax_label_error_rate = 1.0\n")
    again = {**sums([0])[0], "question_id": HOSTILE, "answer": "1"}
    take_in(project, "d d", [*sums(range(10)), again])
    return project


def test_the_list_says_how_to_go_on(command, project):
    """Suspects as a table, hostile ids spelled out, what share they are, and the next command."""
    said = command(project, "labels", "suspects")
    assert said.code == 0, said.err
    assert "sum-0" in said.out
    assert "\x1b[31m" not in said.out
    assert "2 open suspects among 11 questions" in said.err
    assert "18.2%" in said.err
    assert "evalpipe labels review" in said.err
    found = json.loads(command(project, "labels", "suspects", "--budget", "0.1", "--format", "json").out)
    assert (found["open"], len(found["suspects"])) == (2, 1)


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_an_exported_sheet_is_filled_in_and_given_back(command, project, tmp_path, suffix):
    """As it is: judged rows are taken, the others counted; then the suspects are fewer."""
    file = tmp_path / f"sheet.{suffix}"
    assert command(project, "labels", "suspects", "--export", str(file)).code == 0
    assert command(project, "labels", "suspects", "--export", str(file)).code == 2
    text = file.read_text()
    rows = list(csv.DictReader(text.splitlines())) if suffix == "csv" else [json.loads(e) for e in text.splitlines()]
    (row,) = [row for row in rows if row["question_id"].endswith("red")]
    assert row["question_id"] == ("'" + HOSTILE if suffix == "csv" else HOSTILE)
    row |= {"verdict": "correct", "correct_target": "7", "by": "ann"}
    with file.open("w", newline="") as opened:
        if suffix == "csv":
            writer = csv.DictWriter(opened, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        else:
            opened.writelines(json.dumps(row) + "\n" for row in rows)
    said = command(project, "labels", "review", str(file))
    assert said.code == 0, said.err
    assert "new verdicts: 1, known already: 0, rows not yet judged: 1, bad lines: 0." in said.err
    taken = json.loads(command(project, "labels", "review", str(file), "--json").out)
    assert (taken["new"], taken["known"], taken["unjudged"]) == (0, 1, 1)
    found = json.loads(command(project, "labels", "suspects", "--json").out)
    assert [each["question_id"] for each in found["suspects"]] == ["sum-0"]
    found = json.loads(command(project, "labels", "suspects", "--all", "--json").out)
    assert {each["state"] for each in found["suspects"]} == {"open", "reviewed"}


def test_a_file_without_a_verdict_says_what_to_fill_in(command, project, tmp_path):
    """Nothing is wrong with it, and nothing is taken: an empty file, and a sheet as it was exported."""
    empty, sheet = tmp_path / "empty.csv", tmp_path / "sheet.csv"
    empty.touch()
    assert command(project, "labels", "suspects", "--export", str(sheet)).code == 0
    for file in (empty, sheet):
        said = command(project, "labels", "review", str(file))
        assert said.code == 0
        assert "write one into the column `verdict`, and who judged into `by`" in said.err


def test_show_says_why_a_label_is_doubted(command, project):
    """Every reason in full, with the label as it was delivered and what is proposed."""
    lines = command(project, "show", "sum-0").out.splitlines()
    at = next(at for at, line in enumerate(lines) if line.startswith("doubted in drop d d: label 7, proposed"))
    assert lines[at + 1].startswith("  duplicate: ")
    assert "…" not in lines[at + 1]
    assert "\x1b[31m" not in lines[at + 1]


def test_label_studio_tasks_and_their_configuration(command, project, tmp_path):
    """A .json file holds tasks; the configuration is printed to be pasted."""
    file = tmp_path / "tasks.json"
    assert command(project, "labels", "suspects", "--export", str(file)).code == 0
    assert [task["data"]["drop"] for task in json.loads(file.read_text())] == ["d d", "d d"]
    printed = command(project, "labels", "suspects", "--format", "label-studio").out
    assert json.loads(printed) == json.loads(file.read_text())
    assert command(project, "labels", "label-studio-config").out.startswith("<View>")


def test_a_sample_is_a_sheet_of_its_own(command, project, tmp_path):
    """Drawn rows say so, and their verdicts keep it."""
    file = tmp_path / "sample.csv"
    assert command(project, "labels", "sample", "--drop", "d d", "--n", "4", "--export", str(file)).code == 0
    rows = list(csv.DictReader(file.read_text().splitlines()))
    assert [row["picked"] for row in rows] == ["random"] * 4
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "verdict": "confirm", "by": "ann"} for row in rows)
    assert command(project, "labels", "review", str(file)).code == 0
    assert project.lake.read("label_reviews")["picked"].to_list() == ["random"] * 4
    said = command(project, "labels", "sample", "--drop", "d d", "--export", str(file), "--force")
    assert "all of them" in said.err


def test_disagreement_is_shown_wherever_the_question_is(command, project, tmp_path):
    """In the list of verdicts, of all suspects, and of the question; what was superseded does not hold."""
    file = tmp_path / "v.csv"
    file.write_text(
        "bank,question_id,verdict,by\nsums,sum-0,exclude,ann\nsums,sum-0,confirm,ann\nsums,sum-0,exclude,bob\n"
        "sums,sum-1,confirm,ann\n"
    )
    assert command(project, "labels", "review", str(file)).code == 0
    rows = json.loads(command(project, "labels", "reviews", "--disagreements", "--drop", "d d", "--json").out)
    assert [(row["verdict"], row["by"], row["holds"]) for row in rows] == [
        ("exclude", "ann", False),
        ("confirm", "ann", True),
        ("exclude", "bob", True),
    ]
    assert "sum-1" in command(project, "labels", "reviews").out
    found = json.loads(command(project, "labels", "suspects", "--all", "--json").out)
    assert [each["state"] for each in found["suspects"] if each["question_id"] == "sum-0"] == ["disagreement"]
    (question,) = json.loads(command(project, "show", "sum-0", "--json").out)["questions"]
    assert (question["review_state"], question["status"]) == ("disagreement", "active")
    assert "disagree" in command(project, "show", "sum-0").err
    assert "disagree" not in command(project, "show", "sum-1").err


def test_run_takes_the_verdicts_of_the_landing_place(make_project, instance, monkeypatch, capsys):
    """Also those that came together with their drop; nothing is asked again."""
    monkeypatch.setattr("evalpipe.defs.home.open_instance", lambda project: nullcontext(instance))
    with Stub(add) as stub:
        project = make_project(MODEL.format(base_url=stub.base_url, more=""))
        put_drop(project, "sums", sums(range(10), wrong=[4]))
        folder = project.landing.root / "reviews"
        folder.mkdir()
        (folder / "a.csv").write_text("bank,question_id,verdict,correct_target,by\nsums,sum-4,correct,11,ann\n")
        assert run_line(project, ["sums"], ["adder"]) == []
        assert "new verdicts: 1" in capsys.readouterr().err
        (row,) = latest_leaderboard(project).filter(pl.col("subject").is_null()).to_dicts()
        assert (row["right"], row["accuracy_raw_labels"]) == (10, pytest.approx(0.9))
        assert len(stub.requests) == 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["suspects", "--drop", "nobody"], "no drop 'nobody'"),
        (["suspects", "--bank", "nobody"], "no bank 'nobody'"),
        (["suspects", "--budget", "8"], "--budget 8"),
        (["suspects", "--export", "x.txt"], ".csv, .jsonl, .json"),
        (["suspects", "--export", "/nowhere/x.csv"], "cannot be written"),
        (["suspects", "--format", "xml"], "--format"),
        (["sample", "--drop", "nobody", "--export", "x.csv"], "no drop 'nobody'"),
        (["sample", "--drop", "d d", "--n", "0", "--export", "x.csv"], "--n"),
        (["review", "x.txt"], ".csv, .jsonl, .json"),
    ],
)
def test_wrong_use_says_what_to_do(command, project, words, said):
    """Exit code 2, and what there is."""
    done = command(project, "labels", *words)
    assert done.code == 2, done
    assert said in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("verb", [command.name or command.callback.__name__ for command in labels.registered_commands])
def test_every_verb_helps(command, project, verb):
    """`--help` describes the verb."""
    assert "Usage:" in command(project, "labels", verb, "--help").out

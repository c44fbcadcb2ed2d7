"""A number made again: bit for bit by the same code, with its differences by other code, and never in silence."""

import json
import socket
import sys
from dataclasses import replace

import polars as pl
import pytest
from deltalake import DeltaTable

import evalpipe
from evalpipe.config.scorers import stored_scorer
from evalpipe.core.errors import UsageError
from evalpipe.line.board_versions import board_at, board_versions, ranked_model
from evalpipe.line.changes import grouped
from evalpipe.line.doubt import doubt_drop
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import open_project
from evalpipe.line.replay import replay
from evalpipe.line.rescore import rescore
from evalpipe.line.validate import validate_drop
from evalpipe.scorers import SPECS
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.line.changed_code import raise_version, read_b_as_a
from evalpipe_tests.line.recorded_line import BANK, MADE, answered_project, refreshed, review
from evalpipe_tests.line.test_rescore import versions

ANSWERS = {"up": [*"AAAAAB", None, None], "down": [*"ABBBBCCC"]}


@pytest.fixture
def project(make_project, tmp_path):
    project = answered_project(make_project, tmp_path, ANSWERS)
    assert refreshed(project)
    return project


def replayed(project, at: str = "latest", model: str = "up"):
    return replay(project, model, BANK, board_at(project, model, BANK, at))


def newest(project, model: str = "up") -> dict:
    return board_versions(project, model, BANK)[0]


def test_the_latest_number_is_the_same_bit_for_bit(project, monkeypatch):
    """Every verdict, reading and figure, by subject too; no socket is opened and no table is written."""

    def refused(*_, **__):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refused)
    before = versions(project)
    done = replayed(project)
    assert done.same
    assert (done.rows, done.row["accuracy"]) == (8, 5 / 8)
    assert done.figures_compared > 3 * 30  # the bank and its two subjects
    assert done.notes == (f"the leaderboard was made by evalpipe 0, this is {evalpipe.__version__}", *done.notes[1:])
    assert versions(project) == before


def test_an_earlier_number_survives_reviews_scores_made_again_and_a_later_drop(project, monkeypatch):
    """What came after, to labels, scores, questions and evalpipe.toml, is not in it; each number gives itself."""
    first = newest(project)
    review(project, "q1,correct,B q2,exclude,")
    assert refreshed(project)
    second = newest(project)
    raise_version(monkeypatch, "choice", "99")
    rescore(project, Silent(), workers=1)
    refreshed(project)
    later_drop(project)
    refreshed(project)
    monkeypatch.undo()
    path = project.config.path
    path.write_text(
        path.read_text().replace('model = "up"', 'model = "down"') + f"\n[banks.{BANK}.scorers]\nchoice = 'exact'\n"
    )
    project = open_project(path)
    assert len(board_versions(project, "up", BANK)) == 3
    with pytest.raises(UsageError, match="that of latest has no such row"):
        replayed(project)  # the later drop has no answers yet
    for earlier, n in ((first, 8), (second, 8)):
        for model in ANSWERS:
            for at in (str(earlier["version"]), earlier["refreshed_at"].isoformat()):
                done = replayed(project, at, model)
                assert done.same, (at, done.figures, done.verdicts.rows())
                assert done.rows == n
    assert first["accuracy"] != second["accuracy"]


def later_drop(project) -> None:
    """The same questions once more in a drop of the bank that supersedes them, with other keys."""
    folder = project.landing.root / "later"
    folder.mkdir()
    rows = [
        {"question_id": f"q{at}", "question": f"Number {at}, again?", "choices": ["w", "x"], "answer": "B"}
        for at in range(8)
    ]
    pl.DataFrame(rows).write_ndjson(folder / "questions.jsonl")
    (folder / "drop.toml").write_text(f'bank = "{BANK}"\n')
    (folder / "_SUCCESS").touch()
    ingest_drop(project, "later", MADE, Silent())
    doubt_drop(project, "later", MADE)
    validate_drop(project, "later", MADE)


def test_code_that_decides_otherwise_is_found(project, monkeypatch):
    """The verdicts that differ are named by rule, and so are the figures that differ through them."""
    read_b_as_a(monkeypatch)
    done = replayed(project, model="down")
    assert not done.same
    assert grouped(done.verdicts).select("why", "old_rule", "new_rule", "n").rows() == [
        ("code", "letter_alone", "wishful", 4),
        ("code", "letter_alone", "letter_alone", 3),
    ]
    figures = {(each.subject, each.figure): (each.then, each.now) for each in done.figures}
    assert figures[None, "right"] == (1, 5)
    assert figures[None, "unparsed"] == (0, 3)
    assert figures[None, "accuracy"] == (1 / 8, 5 / 8)
    assert ("odd", "accuracy") in figures


def test_a_reading_that_changes_no_verdict_is_no_repetition(project, monkeypatch):
    """Another reason for the same verdict is not the same, bit for bit."""
    module = sys.modules["evalpipe.scorers.choice"]
    old = module.extract
    monkeypatch.setattr(module, "extract", lambda *said, **more: replace(old(*said, **more), rule="renamed"))
    done = replayed(project)
    assert done.verdicts.is_empty()
    assert done.figures == ()
    assert (done.read_otherwise, done.same) == (8, False)


def test_a_raised_version_of_a_scorer_is_said(project, monkeypatch):
    """A scorer of another version that decides the same gives the same numbers; that it is another is told."""

    def raised(name: str, options: str | None):
        return replace(stored_scorer(name, options), version="99")

    monkeypatch.setattr("evalpipe.line.replay.stored_scorer", raised)
    done = replayed(project)
    assert done.same
    assert f"scorer `choice` had version {SPECS['choice'].version}, today it has 99" in done.notes


def test_what_is_not_there_is_answered_with_what_is(project):
    """A wrong version, a time before the first, and a word that is neither: each error lists or explains."""
    with pytest.raises(UsageError, match=r"there is no version 99\. Versions there are: 1 \("):
        replayed(project, "99")
    with pytest.raises(UsageError, match=r"there was none yet at 2020-01-01"):
        replayed(project, "2020-01-01")
    with pytest.raises(UsageError, match=r"a number\), a time such as"):
        replayed(project, "yesterday")
    with pytest.raises(UsageError, match=r"Its banks there: letters"):
        board_versions(project, "up", "x")
    with pytest.raises(UsageError, match=r"Models there: down, up"):
        ranked_model(project, "模型")


def test_an_answer_that_is_gone_is_an_error(project):
    """A verdict cannot be made again from nothing, and is not passed over."""
    DeltaTable(project.lake.path("answers")).delete("question_id = 'q3'")
    with pytest.raises(UsageError, match=r"the answer of 1 score rows is not in the lake any more \(question 'q3'"):
        replayed(project)


def test_a_vacuumed_version_is_an_error(project):
    """The version that the number was made from is named as gone, not silently another one taken."""
    first = newest(project)
    review(project, "q1,correct,B")
    assert refreshed(project)
    for table in ("scores", "questions"):
        DeltaTable(project.lake.path(table)).vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    with pytest.raises(UsageError, match=r"cannot be replayed: a version of a table"):
        replayed(project, str(first["version"]))
    assert replayed(project).same


def test_a_row_from_before_is_refused_and_mended_by_the_next_refresh(project):
    """A leaderboard that does not say what it was made from cannot be repeated; the next one says it."""
    rows = project.lake.read("leaderboard")
    old = rows.with_columns(made_from=pl.lit(None, pl.String), refreshed_at=pl.col("refreshed_at").dt.offset_by("1s"))
    project.lake.append("leaderboard", old)
    with pytest.raises(UsageError, match="before evalpipe kept what a number"):
        replayed(project)


def test_a_row_says_what_it_was_made_from(project):
    """The versions of every table that was read, the scorers with their options, and the model's kin."""
    said = json.loads(newest_row(project)["made_from"])
    assert said["scorers"] == {"choice": ["choice", SPECS["choice"].version, ""]}
    assert said["kin"] == ["up"]
    assert {"questions", "scores", "drops", "suspects", "decisions"} <= set(said["tables"])
    assert said["tables"]["decisions"] == -1  # nobody decided anything yet


def newest_row(project) -> dict:
    rows = board_at(project, "up", BANK, "latest")
    return rows.filter(pl.col("model") == "up", pl.col("subject").is_null()).row(0, named=True)

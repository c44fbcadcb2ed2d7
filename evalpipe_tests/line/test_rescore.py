"""Scoring again without asking: what is written, what is said to have changed, what is left as it is."""

import polars as pl
import pytest

from evalpipe.backends.recorded import RecordedSession
from evalpipe.core.errors import LakeError, UsageError
from evalpipe.line import rescore as rescoring
from evalpipe.line.changes import grouped
from evalpipe.line.drops import RETIRE, decide
from evalpipe.line.project import open_project
from evalpipe.line.rank import latest_leaderboard
from evalpipe.line.rescore import OTHER_VERSION, RETIRED, TOO_MANY_FAILED, rescore
from evalpipe.line.wanted import wishes
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.line.changed_code import raise_version, read_b_as_a, with_option_scorer
from evalpipe_tests.line.recorded_line import BANK, answered_project, model_toml, refreshed, review, row_of

ANSWERS = {"up": [*"AAAAAB", None, None], "down": [*"ABBBBCCC"]}
ORIGIN = ("run_id", "code_version", "git_commit", "scored_at")


@pytest.fixture
def project(make_project, tmp_path, monkeypatch):
    """Two models on eight questions in several shards, ranked. From then on whoever asks a model anything fails."""
    toml = "[shards]\nsize = 2\n" + "".join(model_toml(tmp_path, model, "automatic = true") for model in ANSWERS)
    project = answered_project(make_project, tmp_path, ANSWERS, toml)
    assert refreshed(project)

    async def ask(self, content):
        raise AssertionError("a request was sent")

    monkeypatch.setattr(RecordedSession, "ask", ask)
    return project


def again(project, **how):
    return rescore(project, Silent(), workers=1, **how)


def scores(project) -> pl.DataFrame:
    """The verdicts and all that they were made from, without who made them when."""
    return project.lake.read("scores").drop(ORIGIN).sort("model", "question_id")


def versions(project) -> dict[str, int | None]:
    opened = {name: project.lake.open(name) for name in TABLES}
    return {name: None if table is None else table.version() for name, table in opened.items()}


def test_the_same_code_gives_the_same_rows_and_asks_nobody(project):
    """Every row is made again and is the same; no verdict changed, and the leaderboard is not told anew."""
    before, cells = scores(project), project.lake.read("cells").height
    done = again(project)
    assert scores(project).equals(before)
    assert (done.cells, done.rows, done.verdicts.height, done.read_otherwise) == (cells, 16, 0, 0)
    assert done.board_changed is False
    assert (
        project.lake.read("scores")["run_id"].unique().to_list()
        == project.lake.read("cells")["run_id"].unique().to_list()
    )


def test_an_edited_extractor_changes_verdicts_by_rule(project, monkeypatch):
    """The version was not raised, and yet every verdict that changed is named, with old rule and new rule."""
    read_b_as_a(monkeypatch)
    done = again(project)
    found = {(*row[:5], row[5]): row[6] for row in grouped(done.verdicts).select(*GROUP, "n", "ids").iter_rows()}
    assert found == {
        ("code", "letter_alone", "wishful", "wrong", "right", 5): ["q1", "q2", "q3", "q4", "q5"],
        ("code", "letter_alone", "letter_alone", "wrong", "unparsed", 3): ["q5", "q6", "q7"],
    }
    assert done.board_changed
    assert row_of(project, "down")["accuracy"] == 5 / 8
    assert again(project).verdicts.is_empty()


GROUP = ("why", "old_rule", "new_rule", "old_verdict", "new_verdict")


def test_a_dry_run_says_the_same_and_writes_nothing(project, monkeypatch):
    """No table has another version afterwards, and what would change is what then changes."""
    read_b_as_a(monkeypatch)
    before = versions(project)
    said = again(project, write=False)
    assert versions(project) == before
    assert said.board_changed is None
    assert again(project).verdicts.equals(said.verdicts)


def test_the_rows_do_not_depend_on_the_number_of_processes(project):
    """Two processes of their own write what one writes, and end when the work does."""
    before = scores(project)
    done = rescore(project, Silent(), workers=2)
    assert done.rows == 16
    assert done.trouble == ()
    assert done.verdicts.is_empty()
    assert scores(project).equals(before)
    assert project.lake.read("scores")["run_id"].n_unique() == 1


def test_a_raised_version_or_another_option_asks_for_scores_alone(project, monkeypatch):
    """`reconcile` wants the scores of every cell and nothing else; a re-score gives them, and it wants nothing."""
    assert wishes(project) == []
    raise_version(monkeypatch, "choice", "99")
    assert {wish.what for wish in wishes(project)} == {"scores"}
    assert len(wishes(project)) == project.lake.read("cells").height
    assert again(project).verdicts.is_empty()
    assert wishes(project) == []
    with_option_scorer(monkeypatch)
    path = project.config.path
    path.write_text(f"{path.read_text()}\n[banks.{BANK}.scorers.choice]\nscorer = 'choice'\nearns = 0.25\n")
    project = open_project(path)
    assert {wish.what for wish in wishes(project)} == {"scores"}
    done = again(project)
    assert grouped(done.verdicts).select("why", "new_verdict", "n").rows() == [("scorer", "partly right", 8)]
    assert wishes(project) == []


def test_a_review_changes_verdicts_through_the_label(project):
    """What a verdict of a person changed is not taken for a change of code; the delivered label is told beside it."""
    old = project.lake.read("scores")
    review(project, "q1,correct,B")
    for model, shard in old.select("model", "shard").unique().iter_rows():
        project.lake.replace("scores", old.filter(model=model, shard=shard), model=model, shard=shard)
    done = again(project)
    assert grouped(done.verdicts).select("why", "old_verdict", "new_verdict", "n").rows() == [
        ("label", "right", "wrong (right as delivered)", 1),
        ("label", "wrong", "right (wrong as delivered)", 1),
    ]


def test_models_and_banks_can_be_chosen(project, monkeypatch):
    """Only what was asked for is touched; what is not there is an error that says what is."""
    read_b_as_a(monkeypatch)
    assert again(project, models=["up"], bank=BANK).verdicts["model"].unique().to_list() == ["up"]
    with pytest.raises(UsageError, match=r"no answers of any model on bank 'x'.*Banks with answers: letters"):
        again(project, bank="x")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"model_version": "another"}, OTHER_VERSION),
        ({"questions_version": "another"}, OTHER_VERSION),
        ({"n_failed": 1}, TOO_MANY_FAILED),
    ],
)
def test_a_cell_that_would_be_asked_anew_keeps_its_scores(project, changed, reason):
    """Scored again it would lose its rows, or be scored in spite of its check: it is left, and a reason is told."""
    row = {**project.lake.read("cells").sort("model", "shard").row(0, named=True), **changed}
    cell = pl.DataFrame([row], schema=TABLES["cells"].columns)
    project.lake.replace("cells", cell, model=row["model"], shard=row["shard"])
    before = scores(project)
    assert again(project).skipped == {reason: 1}
    assert scores(project).equals(before)


def test_a_retired_drop_is_left(project):
    """It counts nowhere."""
    decide(project, BANK, RETIRE, "ann", "old")
    done = again(project)
    assert done.skipped == {RETIRED: project.lake.read("cells").height}
    assert done.rows == 0


def test_a_cell_that_cannot_be_scored_is_named_and_the_others_go_on(project, monkeypatch):
    """One lease that cannot be had costs one cell."""
    shard = project.lake.read("cells")["shard"].sort()[0]
    real = rescoring.lease

    def lease(lake, table, model, name, **more):
        if (model, name) == ("up", shard):
            raise LakeError("the disk is full")
        return real(lake, table, model, name, **more)

    monkeypatch.setattr(rescoring, "lease", lease)
    done = again(project)
    assert done.trouble == (f"up on {shard}: the disk is full",)
    assert done.cells == project.lake.read("cells").height - 1
    assert not latest_leaderboard(project).is_empty()

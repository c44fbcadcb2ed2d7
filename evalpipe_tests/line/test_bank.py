"""Duplicates over the drops of a bank: which drops are heard, and with which labels."""

from evalpipe.line.doubt import doubt_drop
from evalpipe.line.drops import RETIRE, decide
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import made_by
from evalpipe.line.taking import take_reviews
from evalpipe.line.validate import validate_drop
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.sums import put_drop

MADE = made_by("test")
LOOSE = "[labels]\nmax_label_error_rate = 1\n"


def put(project, drop, *rows, bank="sums"):
    questions = [{"question_id": name, "question": text, "answer": answer} for name, text, answer in rows]
    put_drop(project, drop, questions, toml=f'bank = "{bank}"\n')
    ingest_drop(project, drop, MADE, Silent())
    doubt_drop(project, drop, MADE)
    validate_drop(project, drop, MADE)


def doubted(project, drop):
    doubt_drop(project, drop, MADE)
    rows = project.lake.read("suspects").filter(drop=drop)
    return dict(zip(rows["question_id"], rows["reasons"].list.join("; "), strict=True))


def test_another_drop_of_the_bank_contradicts_and_is_named(make_project):
    """Only the new drop's question is doubted; other banks, and the same id's earlier form, are not heard."""
    project = make_project(LOOSE)
    put(project, "old-drop", ("x", "How many eggs?", "5"), ("same", "How many boxes?", "1"))
    put(project, "elsewhere", ("y", "How many hens?", "5"), bank="other")
    put(project, "new", ("a", "how many  EGGS", "6"), ("b", "How many hens?", "7"), ("same", "How many boxes?", "2"))
    found = doubted(project, "new")
    assert set(found) == {"a"}
    assert "x of drop old-drop (5)" in found["a"]
    assert project.lake.read("suspects").filter(drop="old-drop").is_empty()


def test_retired_drops_are_not_heard(make_project):
    """What was taken out of every score raises no doubt."""
    project = make_project(LOOSE)
    put(project, "old", ("x", "How many eggs?", "5"))
    decide(project, "old", RETIRE, "ann", "bad scan")
    put(project, "new", ("a", "How many eggs?", "6"))
    assert doubted(project, "new") == {}


def test_a_reviewed_label_is_heard_as_reviewed(make_project, tmp_path):
    """The other question was corrected to what this one says: they agree, whatever was delivered."""
    project = make_project(LOOSE)
    put(project, "old", ("x", "How many eggs?", "5"))
    put(project, "new", ("a", "How many eggs?", "6"))
    assert set(doubted(project, "new")) == {"a"}
    reviews = tmp_path / "reviews.csv"
    reviews.write_text("bank,question_id,verdict,correct_target,by\nsums,x,correct,6,ann\n")
    take_reviews(project, reviews)
    validate_drop(project, "old", MADE)
    assert doubted(project, "new") == {}

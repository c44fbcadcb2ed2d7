"""Verdict files taken into the lake: each verdict once, for the version and the drops that it saw alone."""

import json

import polars as pl
import pytest

from evalpipe.core.errors import UsageError
from evalpipe.line.doubt import doubt_drop
from evalpipe.line.drops import RETIRE, decide
from evalpipe.line.reviews import reviews_of, settled_questions
from evalpipe.line.taking import take_landed, take_reviews
from evalpipe.line.validate import validate_drop
from evalpipe.line.wanted import wishes
from evalpipe_tests.line.ingested import MADE, take_in
from evalpipe_tests.sums import sums

HEADER = "bank,question_id,verdict,correct_target,by,at,why,question_version,drop\n"
CHOICES = [{"question_id": "c1", "question": "Which?", "choices": ["x", "y", "z"], "answer": "A"}]


@pytest.fixture
def project(make_project):
    project = make_project("")
    take_in(project, "one", sums(range(5), wrong=[3]))
    return project


def take(project, *lines: str, name: str = "v.csv", header: str = HEADER):
    file = project.config.path.parent / name
    file.write_text(header + "".join(f"{line}\n" for line in lines))
    return take_reviews(project, file)


def verdicts(project) -> list[str]:
    rows = project.lake.read("label_reviews").sort("at").unique("review_id", maintain_order=True)
    return [f"{row['verdict']} {row['by']}" for row in rows.iter_rows(named=True)]


def target(project, drop="one", question_id="sum-3") -> list[str]:
    validate_drop(project, drop, MADE)
    (row,) = project.lake.read(
        "questions", (pl.col("drop") == drop) & (pl.col("question_id") == question_id)
    ).to_dicts()
    return row["targets"] if row["status"] == "active" else [row["status"]]


def wanted(project) -> list[str]:
    return [wish.name for wish in wishes(project)]


def test_a_verdict_is_filled_in_with_what_it_saw(project):
    """Version, drop and time are those of the taking where the file names none; a target takes its question's form."""
    take_in(project, "letters", CHOICES, bank="letters")
    take(project, "sums,sum-3,correct,10,ann,,,,", "letters,c1,correct,(b),ann,2026-01-01,,,")
    one, other = project.lake.read("label_reviews").sort("bank", descending=True).to_dicts()
    version = project.lake.read("raw_questions", pl.col("question_id") == "sum-3")["question_version"][0]
    assert (one["drop"], one["question_version"], one["at"] > one["taken_at"]) == ("one", version, True)
    assert (other["drop"], other["correct_target"], str(other["at"])) == ("letters", "B", "2026-01-01 00:00:00+00:00")
    assert target(project) == ["10"]


@pytest.mark.parametrize(
    ("line", "reason", "unknown"),
    [
        ("sums,nobody,confirm,,ann,,,,", "no drop in the lake holds question 'nobody' of bank 'sums'", 1),
        ("other,sum-3,confirm,,ann,,,,", "of bank 'other'", 1),
        ("sums,sum-3,confirm,,ann,,,,two", "drop 'two' does not hold this question; it is in 'one'", 1),
        ("sums,sum-3,confirm,,ann,,,0000,", "no drop holds version '0000' of this question", 0),
        (
            "sums,sum-3,correct,Paris,ann,,,,",
            "correct_target cannot be a target of this question: the target 'Paris'",
            0,
        ),
        ("letters,c1,correct,F,ann,,,,", "'F' is none of A to C", 0),
        ("sums,\x1b[31m,confirm,,ann,,,,", "\\u001b[31m", 1),
        (f"sums,sum-3,confirm,,ann,,,,{'x' * 300}", "does not hold this question", 1),
    ],
)
def test_a_verdict_on_nothing_is_a_bad_line(project, line, reason, unknown):
    """The line and the reason; the verdicts around it are taken."""
    take_in(project, "letters", CHOICES, bank="letters")
    taken = take(project, "sums,sum-1,confirm,,ann,,,,", line, "sums,sum-2,confirm,,ann,,,,")
    assert (taken.new, taken.unknown, [each.line for each in taken.bad]) == (2, unknown, [3])
    assert taken.bad[0].reason.startswith("v.csv:3: ")
    assert reason in taken.bad[0].reason


def test_taking_a_file_again_adds_nothing(project):
    """With times and without, as it was and grown: only what is new is added."""
    lines = ["sums,sum-3,exclude,,ann,2026-01-01,,,", "sums,sum-1,exclude,,ann,,,,"]
    assert (take(project, *lines).new, take(project, *lines).new) == (2, 0)
    grown = take(project, *lines, "sums,sum-1,confirm,,ann,,,,", "sums,sum-1,confirm,,bob,,,,")
    assert (grown.new, grown.known) == (2, 2)
    again = take(project, *lines, "sums,sum-1,confirm,,ann,,,,", "sums,sum-1,confirm,,bob,,,,")
    assert (again.new, again.known) == (0, 4)
    assert take(project, lines[0], name="copy.csv").new == 0


def test_a_repeat_counts_when_something_else_came_between(project):
    """Without times: in a file of another name, in one written anew, and further down in the same."""
    exclude, confirm = "sums,sum-3,exclude,,ann,,,,", "sums,sum-3,confirm,,ann,,,,"
    take(project, exclude, name="a.csv")
    take(project, confirm, name="b.csv")
    assert take(project, exclude, name="a.csv").new == 0
    assert target(project) == ["11"]
    assert take(project, exclude, name="c.csv").new == 1
    assert target(project) == ["excluded"]
    for line in (confirm, exclude, confirm):
        assert (take(project, line).new, take(project, line).new) == (1, 0)
    assert target(project) == ["11"]
    assert take(project, confirm, exclude, exclude, confirm, name="d.csv").new == 3


def test_an_old_version_is_not_judged_anew(project):
    """A verdict read again after its question changed does not become one on the new text."""
    line = "sums,sum-3,exclude,,ann,2026-01-01,,,"
    take(project, line)
    take_in(project, "two", [{"question_id": "sum-3", "question": "What is 3 plus 70?", "answer": "73"}])
    assert take(project, line).known == 1
    assert project.lake.read("label_reviews")["drop"].to_list() == ["one"]
    assert target(project, "two") == ["73"]


def test_a_verdict_is_about_the_drops_that_hold_its_version(project):
    """Without a drop: all that hold it now, retired ones apart; with one, that alone; and none that comes later."""
    take_in(project, "two", sums(range(3, 6), wrong=[3]))
    take_in(project, "gone", sums([3], wrong=[3]))
    decide(project, "gone", RETIRE, "ann", "leaked")
    taken = take(project, "sums,sum-3,correct,10,ann,,,,", "sums,sum-4,exclude,,ann,,,,two")
    assert (taken.new, taken.drops) == (2, {"one": 1, "two": 2})
    take_in(project, "three", sums([3], wrong=[3]))
    assert [target(project, drop) for drop in ("one", "two", "three")] == [["10"], ["10"], ["11"]]
    assert (target(project, "one", "sum-4"), target(project, "two", "sum-4")) == (["11"], ["excluded"])


def test_only_the_drops_that_a_review_names_are_validated_again(project):
    """Another drop of the bank, which holds the same question, is not requested; nor is any after it is done."""
    take_in(project, "two", sums(range(3, 6)))
    assert wanted(project) == []
    take(project, "sums,sum-3,correct,10,ann,,,,one")
    assert wanted(project) == ["validate:one"]
    target(project)
    assert wanted(project) == []


def test_a_review_of_an_older_version_changes_nothing(project):
    """It is kept for the drop that holds that version, and the one that superseded it stays as it is."""
    version = project.lake.read("raw_questions", pl.col("question_id") == "sum-3")["question_version"][0]
    take_in(project, "two", [{"question_id": "sum-3", "question": "What is 3 plus 70?", "answer": "73"}])
    take(project, f"sums,sum-3,exclude,,ann,,,{version},")
    assert wanted(project) == ["validate:one"]
    assert target(project, "two") == ["73"]
    assert take(project, f"sums,sum-3,exclude,,bob,,,{version},two").bad[0].reason.count("no drop holds version")


def test_people_who_disagree_leave_the_label(project):
    """Nothing is overwritten: the label stays as delivered until one overrules, and all verdicts are kept."""
    take(project, "sums,sum-3,correct,10,ann,,,,")
    assert target(project) == ["10"]
    take(project, "sums,sum-3,confirm,,bob,,,,", name="bob.csv")
    assert target(project) == ["11"]
    assert settled_questions(project)["one", "sum-3"].state == "disagreement"
    row = project.lake.read("questions", pl.col("question_id") == "sum-3").row(0, named=True)
    assert (row["status"], row["review_ids"]) == ("active", [])
    take(project, "sums,sum-3,correct,10,eve,,,,,yes", header=HEADER.strip() + ",overrules\n", name="eve.csv")
    assert target(project) == ["10"]
    assert verdicts(project) == ["correct ann", "confirm bob", "correct eve"]


def test_picked_is_kept(project):
    """A verdict on a question drawn at random says so, and is another verdict than one that does not."""
    take(project, "sums,sum-1,confirm,,ann,2026-01-01,,,")
    line = "sums,sum-1,confirm,,ann,2026-01-01,,,,random"
    assert take(project, line, header=HEADER.strip() + ",picked\n").new == 1
    assert [each.picked for each in reviews_of(project, "one", "sums")["sum-1"]] == [None, "random"]


def test_label_studio_exports_are_taken(project):
    """Two annotators of one task are two verdicts; taking the next export of the project adds what is new."""

    def annotation(who: str, verdict: str) -> dict:
        result = [{"from_name": "verdict", "to_name": "text", "type": "choices", "value": {"choices": [verdict]}}]
        return {"completed_by": {"email": who}, "result": result, "updated_at": "2026-01-01T00:00:00Z"}

    task = {"data": {"bank": "sums", "question_id": "sum-3", "drop": "one"}, "annotations": []}
    file = project.config.path.parent / "export.json"
    for who, verdict in (("ann@x.org", "exclude"), ("bob@x.org", "confirm")):
        task["annotations"].append(annotation(who, verdict))
        file.write_text(
            json.dumps([task, {"data": {"bank": "sums", "question_id": "no"}, "annotations": [task["annotations"][0]]}])
        )
        taken = take_reviews(project, file)
        assert (taken.new, [each.line for each in taken.bad]) == (1, [2])
    assert settled_questions(project)["one", "sum-3"].state == "disagreement"


def test_landed_files_are_taken_and_unreadable_ones_said(project):
    """As the sensor does it; a file that is no text is a sentence and stops nothing."""
    folder = project.landing.root / "reviews"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"\xff\xfe\n")
    (folder / "b.csv").write_text(HEADER + "sums,sum-3,exclude,,ann,,,,\n")
    (folder / "c.csv").write_text(HEADER + "sums,sum-1,exclude,,an")
    unreadable, taken = take_landed(project)
    assert isinstance(unreadable, UsageError)
    assert taken.new == 1


def test_a_stopped_drop_is_looked_at_again_when_it_is_reviewed(make_project):
    """Its gate is asked once for the verdicts that came since, and not again until there are others."""
    project = make_project("")
    again = [{**row, "question_id": f"again-{n}", "answer": "1"} for n, row in enumerate(sums(range(3)))]
    take_in(project, "bad", [*sums(range(5)), *again])
    assert wanted(project) == []
    take(project, "sums,again-0,exclude,,ann,,,,")
    assert wanted(project) == ["validate:bad"]
    doubt_drop(project, "bad", MADE)
    assert "validate:bad" not in wanted(project) or project.lake.read("drops")["gate_passed"][0]

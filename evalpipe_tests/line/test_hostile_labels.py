"""Hostile labels, solutions and answers from file to gate: weighed in no time, and nothing of them gets out."""

import time

import polars as pl
import pytest

from evalpipe.line.committee import answer_committee
from evalpipe.line.doubt import doubt_drop
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.suspects import list_suspects
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.line.recorded_line import MADE
from evalpipe_tests.sums import put_drop

MEMBERS = ("a", "b")
ASKED = 'committee = ["a", "b"]'
FILLERS = 40  # questions on which all agree, so that members are known to be good


@pytest.fixture
def doubted(make_project, tmp_path):
    """`doubted(*(answer, solution, what both members say))`: the summary, and the suspects by number of the row."""

    def run(*rows, labels=ASKED, kind="number"):
        filled = [*rows, *((str(at), None, f"Answer: {at}") for at in range(100, 100 + FILLERS))]
        questions = [
            {"question_id": f"q{at}", "question": f"How many are {at}?", "answer": answer, "kind": kind}
            | ({"worked_solution": solution} if solution else {})
            for at, (answer, solution, _) in enumerate(filled)
        ]
        said = [
            {"question_id": f"q{at}", "model": member, "completion": each}
            for at, (_, _, each) in enumerate(filled)
            for member in MEMBERS
        ]
        pl.DataFrame(said, schema_overrides={"completion": pl.String}).write_parquet(tmp_path / "said.parquet")
        path = tmp_path / "said.parquet"
        project = make_project(
            f'[labels]\n{labels}\n[models.many]\nbackend = "recorded"\npath = "{path}"\nmodels = "*"\nbanks = ["*"]\n'
        )
        put_drop(project, "drop", questions, toml='bank = "bank"\n')
        ingest_drop(project, "drop", MADE, Silent())
        for member in project.config.committee:
            answer_committee(project, member, "drop", MADE, Silent())
        summary = doubt_drop(project, "drop", MADE)
        found = project.lake.read("suspects").to_dicts()
        return project, summary, {int(row["question_id"][1:]): row for row in found}

    return run


def test_numbers_that_are_equal_are_no_suspects(doubted):
    """Full-width digits, separators, currencies and other minus signs: compared as the scorer compares."""
    equal = [
        ("１２", "Answer: 12"),
        ("12", "Answer: １２"),
        ("1,024.0", "Answer: 1024"),
        ("$18", "#### 18"),
        ("-7", "= −7"),
    ]
    unequal = ("１２", None, "Answer: １３")
    _, summary, suspects = doubted(unequal, *((answer, None, said) for answer, said in equal))
    assert set(suspects) == {0}
    assert summary.flagged == 1


def test_what_is_no_arithmetic_is_no_evidence(doubted):
    """Divisions by zero, towers of powers, endless sums, megabytes of solution: no doubt, no error, seconds."""
    solutions = [
        "5 / (3 - 3) = 7",
        "9**9**9**9 = 7",
        "<<9^9^9=7>>7",
        "1+" * 50_000 + "1 = 7",
        "(" * 100_000 + "1 = 7",
        "__import__('os').system('true') = 7",
        "٣ + ٤ = ٧",
        "She said it. " * 80_000,
        "= 7" * 100_000,
    ]
    started = time.monotonic()
    _, summary, suspects = doubted(*(("12", solution, "Answer: 12") for solution in solutions))
    assert time.monotonic() - started < 10
    assert suspects == {}
    assert summary.verdict.passed


def test_a_huge_rationale_with_a_sound_end_is_still_heard(doubted):
    """A megabyte before the last step hides neither it nor the members, who say the same."""
    _, _, suspects = doubted(("13", "So it is. " * 100_000 + "3 * 4 = 12", "Answer: 12"))
    assert suspects[0]["proposed_target"] == "12"
    assert set(suspects[0]["signals"]) == {"committee", "worked_solution"}
    assert suspects[0]["suspicion"] > 0.9


def test_what_is_shown_of_hostile_answers_is_one_printable_line(doubted):
    """Targets and answers that turn the cursor, or go on for pages: reasons quote them, short."""
    endless = "Answer: " + "x" * 50_000  # labelled, as free text of such a length is not read as an answer otherwise
    rows = [("\u202e12\x1b[2J", None, "red \x1b[31m\u202eblue"), ("Paris\n\n" * 500, None, endless)]
    project, _, suspects = doubted(*rows, kind="text")
    assert set(suspects) == {0, 1}
    for row in suspects.values():
        assert all(reason.isprintable() and len(reason) < 300 for reason in row["reasons"])
    assert list_suspects(project, "drop").sheet


@pytest.mark.parametrize("labels", ["committee = []", "max_label_error_rate = 0.1"])
def test_without_a_committee_the_other_signals_do_the_work(doubted, labels):
    """An empty committee is none: a solution contradicts its label, and the gate says who is missing."""
    _, summary, suspects = doubted(("13", "3 * 4 = 12", ""), labels=labels)
    assert set(suspects) == {0}
    assert suspects[0]["signals"] == ["worked_solution"]
    assert summary.rate.verdict == "no committee"
    assert summary.verdict.passed
    assert summary.verdict.warned

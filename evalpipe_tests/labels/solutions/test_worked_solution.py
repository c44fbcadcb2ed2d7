"""The rule: which targets a recomputed last step contradicts, on cases and on GSM8K."""

import json
import time

import polars as pl
import pytest

from evalpipe.labels.schema import DOUBTS
from evalpipe.labels.solutions.signal import contradicted_targets, doubt_of
from evalpipe_tests.shared import DATA


@pytest.mark.parametrize(
    ("solution", "targets", "proposed"),
    [
        ("9 * 2 = $<<9*2=18>>18 a day", ("19",), "18"),
        ("9 * 2 = $<<9*2=18>>18 a day", ("-18",), "18"),
        ("9 * 2 = $<<9*2=18>>18 a day", ("1800",), "18"),
        ("9 * 2 = $<<9*2=18>>18 a day", ("9",), "18"),
        ("9 * 2 = $<<9*2=18>>18 a day", ("20", "21"), "18"),
        ("10 / 4 = 2.5 packs", ("4",), "2.5"),
        ("10 / 4 = 2.5 packs", ("2.8",), "2.5"),
        ("10 / 3 = 3.33 each", ("5",), "3.33"),
    ],
)
def test_another_target_is_doubted(solution, targets, proposed):
    """A sound conclusion that is none of the targets raises a doubt and proposes its exact value."""
    doubt = doubt_of("q", targets, solution)
    assert doubt is not None
    assert (doubt.question_id, doubt.proposed_target) == ("q", proposed)
    assert targets[0] in doubt.reason


@pytest.mark.parametrize(
    ("solution", "target"),
    [
        ("9 * 2 = $<<9*2=18>>18 a day", "18"),
        ("9 * 2 = $<<9*2=18.00>>18.00", "$18.0"),
        ("500 * 12 = 6,000", "6000"),
        ("54/8 = 6.75 packs", "7"),
        ("54/8 = 6.75 packs", "6"),
        ("10 / 3 = 3.33", "3.3"),
        ("2/8 = $0.25 each", "25"),
        (".5 * 100% = 50%", "50"),
        ("15 / 30 * 100% = 50%", "50"),
        ("She eats 3 + 4 = 7 of the 12 slices", "12"),
        ("3 * 4 = 12.\nHe keeps 10.", "10"),
        ("3 * 4 = 13", "14"),
        ("5 / 0 = 0", "3"),
        ("9**9**9 = 4", "3"),
        ("the answer is 5", "3"),
        ("3 * 4 = 12", "twelve"),
        ("3 * 4 = 12", "٣"),
        ("", "3"),
    ],
)
def test_no_doubt_without_a_contradiction(solution, target):
    """Rounding, units, unsound or unreadable steps and targets that are no number raise none."""
    assert doubt_of("q", (target,), solution) is None


def test_any_target_may_be_the_right_one():
    """A question with several targets is doubted only if none of them is what the solution says."""
    assert doubt_of("q", ("12", "dozen"), "3 * 4 = 12") is None
    assert doubt_of("q", ("11", "12"), "3 * 4 = 12") is None


def test_only_numbers_are_recomputed(bank_of):
    """Choice, text and JSON questions, and questions without a solution, get no opinion."""
    solution = "3 * 4 = 12"
    found = contradicted_targets(
        bank_of(
            ("a", "number", [], ["11"], solution),
            ("b", "math", [], ["11"], solution),
            ("c", "choice", ["11", "12"], ["A"], solution),
            ("d", "text", [], ["11"], solution),
            ("e", "json", [], ["11"], solution),
            ("f", "number", [], ["11"], None),
            ("g", "number", [], None, solution),
        )
    )
    assert found.schema == pl.Schema(DOUBTS)
    assert found.get_column("question_id").to_list() == ["q0", "q1"]


def test_a_reason_cannot_move_the_cursor():
    """Control characters of a target are spelled out in the reason."""
    doubt = doubt_of("q", ("\x0b13\x0c",), "<<3\x0b*\x0c4=12>>12")
    assert doubt is not None
    assert doubt.reason.isprintable()


def test_a_rationale_of_a_megabyte_takes_no_time():
    """The time for a question does not grow with its solution beyond the part that is looked at."""
    solution = "She has 3 * 4 = <<3*4=12>>12 apples.\n" * 30_000
    started = time.monotonic()
    doubt = doubt_of("q", ("13",), solution)
    assert time.monotonic() - started < 1
    assert doubt is not None


@pytest.fixture(scope="module")
def gsm8k():
    if not DATA.is_dir():
        pytest.skip(f"no shared data at {DATA}; set EVALPIPE_SHARED_DATA")
    answers = [json.loads(line)["answer"] for line in (DATA / "gsm8k" / "test.jsonl").read_text().splitlines()]
    return {f"gsm8k-test-{row:04}": answer.rsplit("####", 1) for row, answer in enumerate(answers)}


def test_gsm8k_raises_few_false_alarms(gsm8k):
    """Of the 1,319 labels as published, almost all right, fewer than 1% are doubted (measured: 3)."""
    alarms = [name for name, (solution, key) in gsm8k.items() if doubt_of(name, (key.strip(),), solution)]
    assert len(gsm8k) == 1_319
    assert len(alarms) <= 5


def test_gsm8k_planted_errors_are_found(gsm8k):
    """Of the planted errors at least 95% are found (measured: 95 of 96), all but one of them with the right key."""
    rows = pl.read_parquet(DATA / "gsm8k" / "injected8_seed0.parquet").filter(pl.col("kind") != "clean")
    pairs = [
        (doubt_of(name, (label,), gsm8k[name][0]), right)
        for name, label, right in rows.select("question_id", "label", "true_label").iter_rows()
    ]
    found = [(doubt.proposed_target, right) for doubt, right in pairs if doubt is not None]
    assert len(found) >= 0.95 * len(pairs)
    assert sum(proposed == right for proposed, right in found) >= len(found) - 1

"""The same question twice with another target: found, and only then."""

import time

import polars as pl
import pytest

from evalpipe.labels.duplicates.signal import conflicting_duplicates
from evalpipe.labels.duplicates.wording import normalised
from evalpipe.labels.schema import DOUBTS, Bank, nothing
from evalpipe_tests.shared import DATA


def number(text, *targets):
    return (text, "number", [], list(targets))


def choice(text, choices, *targets):
    return (text, "choice", choices, list(targets))


def several(text, choices, *targets):
    return (text, "multi_choice", choices, list(targets))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (several("Which?", ["red", "blue", "pink"], "A", "B"), several("Which?", ["red", "blue", "pink"], "A")),
        (number("How many eggs?", "5"), number("How many eggs?", "6")),
        (number("How many eggs?", "5"), number("  how  many\nEGGS ", "6")),
        (number("Tom, who has 1,000 eggs, sells 3.", "5"), number("Tom who has 1000 eggs sells 3", "6")),
        (number("Ｈｏｗ many?", "5"), number("How many?", "6")),
        (number("Wie groß ist Mike’s Haus?", "5"), number("WIE GROSS IST MIKE'S HAUS?", "6")),
        (choice("Which?", ["red", "blue"], "A"), choice("Which?", ["red", "blue"], "B")),
        (choice("Which?", ["red", "blue"], "A"), choice("Which?", ["Blue", "Red."], "A")),
        (choice("Which?", ["red", "blue"], "A"), choice("Which?", ["red", "blue"], "Z")),
        (("Say", "text", [], ["yes"]), ("Say", "text", [], ["no"])),
    ],
)
def test_conflicts_are_doubted_on_both_sides(bank_of, one, other):
    """Case, spacing, punctuation, number format and the order of choices do not hide a conflict."""
    found = conflicting_duplicates(bank_of(one, ("Other?", "number", [], ["1"]), other))
    assert found.schema == pl.Schema(DOUBTS)
    assert sorted(found.select("question_id", "suspicion").rows()) == [("q0", 0.5), ("q2", 0.5)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (number("How many eggs?", "1,000"), number("how many eggs", "1000.0")),
        (number("How many eggs?", "$5"), number("How many eggs?", "5")),
        (number("How many?", "5", "6"), number("How many?", "6", "7")),
        (choice("Which?", ["red", "blue"], "A"), choice("Which?", ["blue", "red"], "B")),
        (several("Which?", ["red", "blue", "tan"], "A", "B"), several("Which?", ["tan", "blue", "red"], "C", "B")),
        (choice("Which?", ["red", "blue"], "A"), choice("Which?", ["red", "green"], "B")),
        (("Say", "text", [], ["Yes."]), ("Say", "text", [], ["yes"])),
        (number("2+3?", "5"), number("2*3?", "6")),
        (number("What is 5?", "5"), number("What is 5!?", "120")),
        (number("What is .5 + 1?", "1.5"), number("What is 5 + 1?", "6")),
        (number("2*(3+4)", "14"), number("2*3+4", "10")),
        (number("Divide 3:5", "1"), number("Divide 35", "2")),
        (number("x - 5", "1"), number("x + 5", "2")),
    ],
)
def test_what_says_the_same_or_asks_another_thing_is_left_alone(bank_of, one, other):
    """Equal labels in another form are no conflict, and a sign or a digit makes another question."""
    assert conflicting_duplicates(bank_of(one, other)).is_empty()


def test_the_minority_is_more_suspicious(bank_of):
    """Of three the one that disagrees gets 2/3 and the others' target, the two get 1/3 and no proposal."""
    found = conflicting_duplicates(bank_of(number("Q?", "5"), number("Q?", "5.0"), number("Q", "6")))
    rows = {row[0]: row[1:] for row in found.select("question_id", "suspicion", "proposed_target").rows()}
    assert rows == {
        "q0": (pytest.approx(1 / 3), None),
        "q1": (pytest.approx(1 / 3), None),
        "q2": (pytest.approx(2 / 3), "5"),
    }


def test_targets_that_overlap_are_one_side(bank_of):
    """5|6 and 6|7 agree over 6, and so both stand against 9."""
    found = conflicting_duplicates(bank_of(number("Q?", "5", "6"), number("Q?", "9"), number("Q?", "6", "7")))
    assert dict(found.select("question_id", "suspicion").rows()) == {
        "q0": pytest.approx(1 / 3),
        "q1": pytest.approx(2 / 3),
        "q2": pytest.approx(1 / 3),
    }


def test_a_proposed_letter_is_this_questions_own(bank_of):
    """With reordered choices the other side's option is named by its letter here."""
    found = conflicting_duplicates(
        bank_of(choice("Which?", ["red", "blue", "green"], "A"), choice("Which?", ["green", "red", "blue"], "A"))
    )
    assert dict(found.select("question_id", "proposed_target").rows()) == {"q0": "C", "q1": "B"}


def test_a_reason_names_three_others_at_most(bank_of):
    """The reason names ids and targets of the other side, safe to print, and counts the rest."""
    found = conflicting_duplicates(bank_of(number("Q", "\x1b[31m6"), *[number("Q", "5")] * 5))
    reason = found.filter(question_id="q0").item(0, "reason")
    assert "q1 (5), q2 (5), q3 (5) and 2 more" in reason
    assert reason.isprintable()
    assert "q4" not in reason


def test_no_question_no_doubt(bank_of):
    """An empty drop, and questions without a target, give an empty frame of the right schema."""
    assert conflicting_duplicates(Bank(nothing)).schema == pl.Schema(DOUBTS)
    assert conflicting_duplicates(bank_of(("Q", "text", [], []), ("Q", "text", [], ["x"]))).is_empty()


def test_twenty_thousand_copies_are_no_trap(bank_of):
    """A question repeated 20,000 times with as many targets is judged in a moment: no step is squared."""
    bank = bank_of(*[("Q", "text", [], [str(at)]) for at in range(20_000)], size=5_000)
    started = time.monotonic()
    found = conflicting_duplicates(bank)
    assert found.height == 20_000
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("char", [" ", ",", "!", "a", "a!", "1,", "’", "．", "\ud800", "\ufdfa"])
def test_normalising_100_kb_takes_no_time(char):
    """No text makes the comparison slow."""
    started = time.process_time()
    normalised(char * (100_000 // len(char)))
    assert time.process_time() - started < 1


@pytest.fixture(scope="module")
def mmlu():
    if not DATA.is_dir():
        pytest.skip(f"no shared data at {DATA}; set EVALPIPE_SHARED_DATA")
    return pl.read_parquet(DATA / "mmlu_redux" / "questions.parquet").select(
        "question_id", "choices", pl.col("question").alias("text"), pl.lit("choice").alias("kind"), "answer"
    )


def test_mmlu_has_no_conflict_as_published(mmlu):
    """Normalising merges none of 2,900 real questions with another one that has another answer."""
    frame = mmlu.with_columns(targets=pl.concat_list("answer"))
    assert conflicting_duplicates(Bank(lambda: frame.iter_slices(1_000))).is_empty()


def test_mmlu_copies_with_another_answer_are_found(mmlu):
    """Upper case, reversed choices, another answer: 100 planted copies are found, and nothing else."""
    frame = mmlu.with_columns(targets=pl.concat_list("answer")).filter(
        pl.col("choices").list.n_unique() == pl.col("choices").list.len(),
        # 49 questions share their wording with another one as published.
        pl.col("text").map_elements(normalised, return_dtype=pl.String).is_unique(),
    )
    copies = frame.sample(100, seed=7).with_columns(
        question_id=pl.col("question_id") + "-copy",
        text=pl.col("text").str.to_uppercase() + "  ",
        choices=pl.col("choices").list.reverse(),  # the same letter is another option now, as 4 choices have no middle
    )
    both = pl.concat([frame, copies])
    found = conflicting_duplicates(Bank(lambda: both.iter_slices(1_000))).get_column("question_id").to_list()
    originals = copies.get_column("question_id").str.strip_suffix("-copy").to_list()
    assert sorted(found) == sorted([*originals, *copies.get_column("question_id")])

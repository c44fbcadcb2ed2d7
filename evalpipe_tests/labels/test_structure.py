"""What is quarantined, and what is not."""

import time

import pytest

from evalpipe.core.questions import Question
from evalpipe.labels.structure import unscorable

TWO = ("red", "blue")


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (Question("q", "", "text", ("x",)), "empty_text"),
        (Question("q", " \n\t\u200b\ufeff\x00", "text", ("x",)), "empty_text"),
        (Question("q", "Q?", "text", ()), "no_target"),
        (Question("q", "Q?", "text", ("",)), "empty_target"),
        (Question("q", "Q?", "json", ("x", " ")), "empty_target"),
        (Question("q", "Q?", "math", ("\u200b",)), "empty_target"),
        (Question("q", "Q?", "choice", ("A",)), "too_few_choices"),
        (Question("q", "Q?", "choice", ("A",), choices=("red",)), "too_few_choices"),
        (Question("q", "Q?", "choice", ("A",), choices=("x",) * 27), "too_many_choices"),
        (Question("q", "Q?", "choice", ("C",), choices=TWO), "target_not_among_choices"),
        (Question("q", "Q?", "choice", ("a",), choices=TWO), "target_not_among_choices"),
        (Question("q", "Q?", "choice", ("green",), choices=TWO), "target_not_among_choices"),
        (Question("q", "Q?", "choice", ("AB",), choices=TWO), "target_not_among_choices"),
        (Question("q", "Q?", "choice", ("A", "D"), choices=TWO), "target_not_among_choices"),
        (Question("q", "Q?", "multi_choice", ("A", "D"), choices=TWO), "target_not_among_choices"),
        (Question("q", "Q?", "multi_choice", ("A", "B")), "too_few_choices"),
        (Question("q", "Q?", "number", ("twelve",)), "target_not_a_number"),
        (Question("q", "Q?", "number", ("3 or 4",)), "target_not_a_number"),
        (Question("q", "Q?", "number", ("3", "x")), "target_not_a_number"),
    ],
)
def test_faults_are_named_by_code(question, code):
    """Each way a question cannot be scored has its code and a reason that can be printed."""
    fault = unscorable(question)
    assert fault is not None
    assert fault.code == code
    assert fault.reason.isprintable()


@pytest.mark.parametrize(
    "question",
    [
        Question("q", "Q?", "choice", ("B",), choices=TWO),
        Question("q", "Q?", "choice", ("A", "B"), choices=TWO),
        Question("q", "Q?", "multi_choice", ("A", "B"), choices=TWO),
        Question("q", "Q?", "choice", ("Z",), choices=tuple("abcdefghijklmnopqrstuvwxyz")),
        Question("q", "Q?", "number", ("1,024", "$5")),
        Question("q", "Q?", "math", (r"\frac{1}{2}",)),
        Question("q", "Q?", "text", ("x",)),
        Question("q", "Q?", "json", ("{",)),
        Question("q", "问", "text", ("答",)),
    ],
)
def test_what_can_be_scored_goes_on(question):
    """A sound question has no fault, whatever its kind."""
    assert unscorable(question) is None


def test_the_reason_says_which_letters_there_are():
    """A person reads what the target was and what it could have been, even if it would colour the terminal."""
    fault = unscorable(Question("q", "Q?", "choice", ("\x1b[31mD",), choices=TWO))
    assert fault is not None
    assert "A to B" in fault.reason
    assert "\x1b" not in fault.reason


@pytest.mark.parametrize("char", ["\u200b", "9", "(", "1,", " "])
def test_huge_fields_take_no_time(char):
    """100 kB of text and of target are judged in under a second."""
    started = time.monotonic()
    unscorable(Question("q", char * 100_000, "number", (char * 100_000,)))
    unscorable(Question("q", "Q?", "number", (char * 100_000,)))
    assert time.monotonic() - started < 1

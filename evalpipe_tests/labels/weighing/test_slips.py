"""Slips of the pen, on cases and on any text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalpipe.labels.weighing.slips import MOST_DIGITS, slip_of

NUMBERS = st.integers(-(10**6), 10**6).map(str) | st.decimals(-1000, 1000, places=2).map(lambda value: f"{value:f}")


@pytest.mark.parametrize(
    ("label", "answer", "slip"),
    [
        ("-18", "18", "another sign"),
        ("2.5", "-2.5", "another sign"),
        ("19", "18", "off by one"),
        ("-1", "0", "off by one"),
        ("99", "100", "off by one"),
        ("180", "18", "another power of ten"),
        ("0.018", "18", "another power of ten"),
        ("1.5", "15", "another power of ten"),
        ("-250", "-2.5", "another power of ten"),
        ("81", "18", "two digits swapped"),
        ("1204", "1024", "two digits swapped"),
        ("10", "102", "the last digit lost"),
        ("7.2", "7.25", "the last digit lost"),
    ],
)
def test_a_slip_is_named(label, answer, slip):
    """Each slip turns a right number into the label that a hurried person writes down."""
    assert slip_of(label, answer) == slip


@pytest.mark.parametrize(
    ("label", "answer"),
    [
        ("18", "18"),
        ("20", "18"),
        ("18000", "1.8"),
        ("-180", "18"),
        ("3021", "1023"),
        ("102", "10"),
        ("1.5", "2.5"),
        ("12345", "18"),
        ("0", "18"),
        ("18", ""),
        ("２", "1"),
    ],
)
def test_no_single_slip_explains_it(label, answer):
    """Equal numbers, two slips at once, a digit too many and numbers that have nothing in common are none."""
    assert slip_of(label, answer) is None


def test_a_number_of_any_length_is_no_trouble():
    """What Python would refuse to read as a whole number misses nothing by one."""
    huge = "9" * 10_000
    assert slip_of("5", huge) is slip_of(huge, "5") is slip_of(huge, huge[:-1] + "8") is None
    assert slip_of(huge, f"-{huge}") == "another sign"
    longest = "1" * MOST_DIGITS
    assert slip_of(longest, longest[:-1] + "2") == "off by one"


@given(st.text(max_size=12) | NUMBERS, st.text(max_size=12) | NUMBERS)
def test_any_two_texts_have_an_answer(label, answer):
    """Keys of answers that are no numbers come here too; a text is no slip of itself."""
    assert slip_of(label, label) is None
    assert slip_of(label, answer) is None or label != answer


@given(NUMBERS)
def test_a_slip_goes_both_ways_unless_a_digit_is_lost(answer):
    """Whatever makes one number of another makes the other of the one; only what was lost does not come back."""
    near = str(round(float(answer)) + 1)
    for label in (f"{answer}0", answer[::-1], answer.lstrip("-"), f"-{answer}", answer[:-1], answer[1:], near):
        there, back = slip_of(label, answer), slip_of(answer, label)
        assert there == back or "the last digit lost" in (there, back)

"""Hostile arithmetic: exact, bounded, never evaluated."""

import time
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalpipe.labels.solutions.arithmetic import MAX_CHARS, MAX_DEPTH, plain, recompute, value_of


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("16-3-4", 9),
        ("20+(80/2)", 60),
        ("2+3*4", 14),
        ("(2+3)*4", 20),
        ("12/4/3", 1),
        ("1,024 * 2", 2048),
        (".5*100", 50),
        ("3.50 + 1.5", 5),
        ("2^3^2", 512),
        ("2**10", 1024),
        ("2^-1", Fraction(1, 2)),
        ("-2^2", -4),
        ("-6 + 3", -3),
        ("3 * -2", -6),
        ("--5+1", 6),
        ("20%*50", 10),
        ("(10+10)%", Fraction(1, 5)),
        ("2/3", Fraction(2, 3)),
        ("6 × 7 ÷ 2 − 1", 20),
        ("0.1+0.2", Fraction(3, 10)),
    ],
)
def test_recompute_is_exact(expression, value):
    """Precedence, signs, powers and per cent are those of a school book, and nothing is rounded."""
    assert recompute(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "",
        " ",
        "1/0",
        "5/(3-3)",
        "0^-1",
        "9**9**9",
        "9^9^9^9",
        "2^0.5",
        "2**1000",
        "1 2",
        "2(3)",
        "(1+2",
        "1+2)",
        "()",
        "1+",
        "*3",
        "x+1",
        "__import__('os')",
        "1;2",
        "1e5",
        "٣+٤",
        "３+４",
        "²+1",
        "1\x00+1",
        "9" * 31,
        "1" + "+1" * MAX_CHARS,
        "*".join(["9" * 30] * 9),
        "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1),
        "2" + "^1" * (MAX_DEPTH + 2),
    ],
)
def test_what_is_no_small_arithmetic_has_no_value(expression):
    """Code, algebra, division by zero, other digits and anything past a limit give no opinion instead of an error."""
    assert recompute(expression) is None


@pytest.mark.parametrize(
    "expression",
    [part * 10**6 for part in ("((((((((((", ")", "9", "+1", "-1", "9**", "1,", " ")],
    ids=["ten million parentheses", "closing", "digits", "sums", "signs", "powers", "commas", "spaces"],
)
def test_a_huge_expression_costs_nothing(expression):
    """Length is limited before anything is read."""
    started = time.monotonic()
    assert recompute(expression) is None
    assert time.monotonic() - started < 0.1


@given(st.text(alphabet="0123456789+-*/^%()., x²", max_size=60))
def test_recompute_never_raises(expression):
    """Any text gives a fraction or None."""
    value = recompute(expression)
    assert value is None or isinstance(value, Fraction)


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6), st.integers(1, 10**6))
def test_recompute_agrees_with_fractions(a, b, c):
    """The parser's arithmetic is that of the standard library's fractions."""
    assert recompute(f"({a})*({b})-{a}/{c}") == Fraction(a) * b - Fraction(a, c)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(1024), "1024"),
        (Fraction(-7, 2), "-3.5"),
        (Fraction(0), "0"),
        (Fraction(1, 8), "0.125"),
        (Fraction(10**40), "1" + "0" * 40),
        (Fraction(-1, 10**12), "-0.000000000001"),
        (Fraction(1, 10**13), None),
        (Fraction(1, 3), None),
    ],
)
def test_plain_writes_decimals_that_end(value, text):
    """A proposed target has no exponent and no trailing zeros; thirds have no plain form."""
    assert plain(value) == text


@pytest.mark.parametrize(
    ("text", "value"), [("1,024.50", Fraction(2049, 2)), (".5", Fraction(1, 2)), ("007", Fraction(7))]
)
def test_value_of_reads_separators(text, value):
    """Thousands separators and a missing zero do not change a number."""
    assert value_of(text) == value

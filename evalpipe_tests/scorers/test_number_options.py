"""Tolerances and percentages of the scorer `number`."""

from decimal import Decimal

import pytest

from evalpipe.config.scorers import with_options
from evalpipe.core.questions import Question
from evalpipe.scorers import scorer


def value(answer, *targets, text="?", **options):
    return with_options("number", options).score(Question("q", text, "number", targets), f"Answer: {answer}").value


@pytest.mark.parametrize(
    ("answer", "target", "options", "right"),
    [
        ("3.14", "3.1416", {}, False),
        ("3.14", "3.1416", {"tolerance": "0.01"}, True),
        ("3.13", "3.14", {"tolerance": "0.01"}, True),
        ("3.12", "3.14", {"tolerance": "0.01"}, False),
        ("3.14", "3.1416", {"tolerance": 0.01}, True),
        ("1010", "1000", {"relative_tolerance": "0.01"}, True),
        ("1011", "1000", {"relative_tolerance": "0.01"}, False),
        ("-5", "5", {"tolerance": "1"}, False),
        ("0.333", "1/3", {"tolerance": "0.001"}, True),
    ],
)
def test_a_tolerance_is_the_largest_difference_that_is_none(answer, target, options, right):
    """Absolute or as a part of the target, exact in decimals: 3.13 is within 0.01 of 3.14, as floats it is not."""
    assert value(answer, target, **options) == float(right)


@pytest.mark.parametrize(
    "options", [{"tolerance": "-1"}, {"tolerance": "much"}, {"relative_tolerance": "nan"}, {"toleranse": 1}]
)
def test_a_tolerance_that_is_none_is_refused(options):
    """A negative, a wordy or an endless tolerance and a misspelt option end in a sentence, not in a score."""
    with pytest.raises(ValueError, match="scorer 'number'"):
        with_options("number", options)


def test_equal_options_have_one_version():
    """0.010 and 0.01 are the same option, and are scored once."""
    one, other = (with_options("number", {"tolerance": written}) for written in ("0.01", "0.010"))
    assert one.version == other.version != scorer("number").version
    assert Decimal("0.01") == Decimal(one.options.split('"')[3])


@pytest.mark.parametrize(
    ("answer", "target", "text", "right"),
    [
        ("50%", "0.5", "What part is left?", True),
        ("50%", "50", "How many are left?", False),
        ("50%", "50", "What percentage is left?", True),
        ("50", "50", "What percent is left?", True),
        ("50%", "50", "还剩百分之几？", True),
        ("50%", "50%", "How much is left?", True),
        ("50", "50%", "How much is left?", True),
        ("0.5", "50%", "How much is left?", True),
        ("5", "50%", "How much is left?", False),
        ("60%", "60", "How many are 20 percent of 300?", False),
        ("1%", "1", "How many?", False),
    ],
)
def test_fifty_percent_is_fifty_only_where_percentages_are_asked_for(answer, target, text, right):
    """50% is a half everywhere; it is 50 where a target is written so or the question asks for a percentage."""
    assert value(answer, target, text=text) == float(right)


def test_a_bank_can_say_that_its_targets_are_percentages():
    """`percent_targets` speaks for a bank whose questions do not."""
    assert value("50%", "50", percent_targets=True) == 1.0


def test_a_key_is_that_of_the_target_it_equals():
    """What a committee says is counted together where the scorer holds it equal."""
    asked = Question("q", "How much is left?", "number", ("50%",))
    keys = {scorer("number").key(asked, said) for said in ("50%", "50", "0.5")}
    assert keys == {"0.5"}
    near = with_options("number", {"tolerance": "0.01"})
    assert near.key(Question("q", "?", "number", ("3.14",)), "3.141") == "3.14"

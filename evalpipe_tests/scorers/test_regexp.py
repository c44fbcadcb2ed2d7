"""Patterns: the bank's own, and targets that are patterns. None of them runs for ever."""

import time

import pytest

from evalpipe.config.scorers import with_options
from evalpipe.core.questions import Question
from evalpipe.scorers import scorer


def ask(*targets):
    return Question("q", "?", "text", targets)


@pytest.mark.parametrize(
    ("pattern", "targets", "answer", "value", "extracted"),
    [
        (r"ticket (\w+-\d+)", ["AB-12"], "ticket AB-11, no: ticket ab-12.", 1.0, "ab-12"),
        (r"ticket (\w+-\d+)", ["AB-12"], "ticket AB-12, no: ticket AB-11.", 0.0, "AB-11"),
        (r"\d{4}", ["１９６９"], "in 1968 or 1969", 1.0, "1969"),
        (r"year (\d+)|month", ["1969"], "year 1969, month 7", 1.0, "1969"),
        (r"结论：(\S+)", ["对"], "结论：对", 1.0, "对"),
        (r"ticket (\d+)", ["1"], "I have none", None, None),
        (r"ticket (\d+)", ["1"], "<think>ticket 1", None, None),
        (r"ticket (\d+)", ["1"], "\ud800 ticket 1", 1.0, "1"),
        (None, [r"(?i)colou?r"], "Answer: Color", 1.0, "Color"),
        (None, [r"colou?r"], "Answer: Color", 0.0, "Color"),
        (None, [r"blue", r"re?d"], "red", 1.0, "red"),
        (None, [r"re"], "red", 0.0, "red"),
        (None, [r"("], "red", None, None),
        (None, [r"(", "red"], "red", 1.0, "red"),
        (None, [r"red"], "", None, None),
    ],
)
def test_a_pattern_decides(pattern, targets, answer, value, extracted):
    """The last match counts and case does not, where a group is compared; a target must match the whole text."""
    score = with_options("regex", {} if pattern is None else {"pattern": pattern}).score(ask(*targets), answer)
    assert (score.value, score.extracted) == (value, extracted)
    assert score.reason


@pytest.mark.parametrize(
    ("pattern", "said"), [("(", "missing )"), (r"(?=a)b", "look-around"), (r"a{2000}", "repeat"), ("a" * 501, "501")]
)
def test_a_bad_pattern_is_refused_where_it_is_written(pattern, said):
    """At load, in a sentence; as a target it makes the score null, with the same sentence."""
    with pytest.raises(ValueError, match=r"regex.*pattern") as refused:
        with_options("regex", {"pattern": pattern})
    assert said in str(refused.value)
    score = scorer("regex").score(ask(pattern), "aaa")
    assert score.value is None
    assert score.reason in str(refused.value)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(a|a)*b",
        r"(x{0,100}a{0,100}){9}b",
        r"((a{0,9}){0,9}){0,9}b",
        r"(.*)(.*)(.*)(.{1,500})z",
        "(a*)|b",
        "",
    ],
)
def test_no_pattern_runs_for_ever(pattern):
    """What takes a backtracking engine hours takes a fraction of a second."""
    started = time.perf_counter()
    with_options("regex", {"pattern": pattern}).score(ask("x"), "a" * 100_000 + "!")
    scorer("regex").score(ask(pattern), "a" * 100_000 + "!")
    assert time.perf_counter() - started < 2


def test_all_that_a_target_matches_has_its_key():
    """Two texts that one pattern matches are the same answer to it."""
    scored, question = scorer("regex"), ask("colou?r", "hue")
    assert scored.key(question, "color") == scored.key(question, "colour") == scored.key(question, "colou?r")
    assert scored.key(question, "hue") != scored.key(question, "color") != scored.key(question, "Color")

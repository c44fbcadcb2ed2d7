"""The generator computes the truth: recomputed here by other means."""

import re
from datetime import date, datetime
from decimal import Decimal
from random import Random

import pytest

from evalpipe.core.questions import LETTERS
from evalpipe.sample.draw import TEMPLATES, Entry, draw_entries
from evalpipe.sample.items import Item, Working, chosen, near, worked
from evalpipe.sample.places import CONTINENTS, COUNTRIES
from evalpipe.sample.short_text import roman
from evalpipe.sample.words import ADJECTIVES, OPPOSITES_ZH, VERBS

STEP = re.compile(r"([^\s<>]+)=<<([^<>]+)=([^<>]+)>>(-?[0-9.]+[0-9]|-?[0-9])")
OPERATIONS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b}


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    return draw_entries(Random(2), 6_000)


def of_template(entries: list[Entry], name: str) -> list[Entry]:
    found = [entry for entry in entries if entry.template.name == name]
    assert len(found) > 5, f"too few questions of {name} to prove anything"
    return found


def option(entry: Entry) -> str:
    return entry.item.choices[LETTERS.index(entry.item.target)]


def recomputed(expression: str) -> Decimal:
    """From left to right; templates write no expression that needs precedence."""
    first, *rest = re.findall(r"(^-?[0-9.]+|[-+*/]|[0-9.]+)", expression)
    value = Decimal(first)
    for operation, right in zip(rest[::2], rest[1::2], strict=True):
        value = OPERATIONS[operation](value, Decimal(right))
    return value


def test_worked_solutions_compute_to_the_target(entries):
    """Every step of every solution is right, and the last one's result is the true target."""
    solved = [entry for entry in entries if entry.solution]
    assert len(solved) > 2_000
    for entry in solved:
        for line in entry.solution:
            step = STEP.search(line)
            assert step, line
            assert step[1].endswith(step[2])
            assert recomputed(step[2]) == Decimal(step[3]) == Decimal(step[4])
        assert Decimal(step[3]) == Decimal(entry.item.target)


def test_every_template_makes_questions_with_one_answer():
    """Each template gives a text, a target, and slips that are not the target, whatever the seed."""
    for template in TEMPLATES:
        for seed in range(200):
            for item in template.make(Random(seed)):
                assert item.text.strip(), template.name
                assert item.target.strip(), template.name
                assert item.target not in item.slips, (template.name, item)
                assert bool(item.choices) == (template.kind == "choice")
                assert len(set(item.choices)) == len(item.choices)
                assert (item.answer_field is not None) == (template.kind == "json")


def test_a_template_name_is_unique():
    """Clusters are named after templates, so no two share a name."""
    assert len({template.name for template in TEMPLATES}) == len(TEMPLATES)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("largest-or-smallest", lambda numbers, text: (max if "largest" in text else min)(numbers)),
        ("largest-or-smallest-zh", lambda numbers, text: (max if "最大" in text else min)(numbers)),
        ("one-even", lambda numbers, text: next(number for number in numbers if number % 2 == 0)),
        ("next-number", lambda numbers, text: 2 * numbers[-1] - numbers[-2]),
        ("which-number", lambda numbers, text: numbers[0] * numbers[1] if "×" in text else sum(numbers)),
        ("which-number-zh", lambda numbers, text: numbers[0] * numbers[1] if "×" in text else sum(numbers)),
    ],
)
def test_numeric_choices_are_right(entries, name, answer):
    """The letter stands for the number that the question's own numbers give."""
    for entry in of_template(entries, name):
        numbers = [int(number) for number in re.findall(r"[0-9]+", entry.text)]
        assert int(option(entry)) == answer(numbers, entry.text), entry.text


def test_weekdays_are_those_of_the_calendar(entries):
    """English and Chinese dates fall on the weekday that the calendar says."""
    for entry in of_template(entries, "which-weekday"):
        day = datetime.strptime(entry.text, "On which day of the week was %d %B %Y?")
        assert option(entry) == day.strftime("%A")
    for entry in of_template(entries, "weekday-zh"):
        day = date(*map(int, re.findall(r"[0-9]+", entry.text)))
        assert entry.item.target == "星期" + "一二三四五六日"[day.weekday()]


def test_the_order_of_people_follows_from_the_facts(entries):
    """Who is first stands left in a fact and right in none."""
    for entry in of_template(entries, "who-is-first"):
        facts = re.findall(r"(\w+) is \w+ than (\w+)\.", entry.text)
        above, below = {a for a, _ in facts}, {b for _, b in facts}
        is_first = re.search(r"Who is the (tallest|oldest|fastest)\?", entry.text)
        assert {option(entry)} == (above - below if is_first else below - above)


def test_capitals_are_one_to_one():
    """No two countries share a name or a capital in either language, so a capital question has one answer."""
    for field in ("name", "name_zh", "capital", "capital_zh"):
        assert len({getattr(country, field) for country in COUNTRIES}) == len(COUNTRIES)
    assert {country.continent for country in COUNTRIES} == set(CONTINENTS)


def test_a_word_has_one_opposite():
    """No word stands in two pairs, so no option but one is the opposite."""
    for pairs in ((*ADJECTIVES, *VERBS), OPPOSITES_ZH):
        words = [word for pair in pairs for word in pair]
        assert len(set(words)) == len(words)


@pytest.mark.parametrize(
    ("number", "numeral"), [(1, "I"), (4, "IV"), (49, "XLIX"), (1994, "MCMXCIV"), (3999, "MMMCMXCIX")]
)
def test_roman_numerals(number, numeral):
    """Subtractive pairs are written as they are carved."""
    assert roman(number) == numeral


def test_a_division_with_a_remainder_is_refused():
    """A template that drew numbers that do not divide fails here, not in a bank with a wrong truth."""
    with pytest.raises(ValueError, match="leaves a remainder"):
        Working().step("", 7, "/", 2)


def test_a_question_may_stop_at_an_earlier_step():
    """Of the same working an earlier question has the earlier result, and only the steps that lead there."""
    work = Working()
    work.step("The boxes hold ", 4, "*", 12, " pens")
    work.total("With the rest ", (48, 1, 2), " pens")
    assert work.lines[0] == "The boxes hold 4*12=<<4*12=48>>48 pens."
    early, late = worked("How many in boxes?", work, 1), worked("How many?", work)
    assert (early.target, early.difficulty, len(early.solution), early.slips) == ("48", "easy", 1, ())
    assert (late.target, late.difficulty, len(late.solution), late.slips) == ("51", "medium", 2, ("48",))


@pytest.mark.parametrize("seed", range(20))
def test_options_hold_the_right_one_once(seed):
    """The right option is there even where a wrong one repeats it, and its letter is found after shuffling."""
    item: Item = chosen(Random(seed), "?", "7", ["7", "8", "8", *near(7)], "easy")
    assert item.choices.count("7") == 1
    assert item.choices[LETTERS.index(item.target)] == "7"

"""Multiple choice in English: one right option among 3 to 6, the others wrong but near."""

from datetime import date, timedelta
from itertools import pairwise
from random import Random

from evalpipe.sample.items import Item, Template, chosen, near
from evalpipe.sample.places import CONTINENTS, COUNTRIES
from evalpipe.sample.words import ADJECTIVES, MONTHS, NAMES, THINGS, UNITS, VERBS, WEEKDAYS

_DAY_0 = date(1950, 1, 1)
_DAYS = 36_500  # a century of dates


def _arithmetic(rng: Random) -> list[Item]:
    a, b = rng.randrange(2, 100), rng.randrange(2, 100)
    if rng.random() < 0.5:
        return [chosen(rng, f"Which number equals {a} + {b}?", str(a + b), near(a + b), "easy")]
    return [chosen(rng, f"Which number equals {a} × {b}?", str(a * b), near(a * b), "medium")]


def _capital(rng: Random) -> list[Item]:
    country, name = rng.choice(COUNTRIES), rng.choice(NAMES)
    others = [other.capital for other in COUNTRIES if other.continent == country.continent]
    texts = (
        f"Which city is the capital of {country.name}?",
        f"{name} is going to visit the capital of {country.name}. Which city is that?",
        f"{name} has to name the capital of {country.name}. What should {name} say?",
        f"In a quiz {name} is asked for the capital of {country.name}. Which answer is right?",
    )
    wrong = others if len(others) > 6 else [other.capital for other in COUNTRIES]
    return [chosen(rng, rng.choice(texts), country.capital, wrong, "easy")]


def _continent(rng: Random) -> list[Item]:
    country, name = rng.choice(COUNTRIES), rng.choice(NAMES)
    texts = (
        f"On which continent is {country.name}?",
        f"{name} lives in {country.name}. On which continent is that?",
        f"{name} sends a letter to {country.capital}. To which continent does it go?",
    )
    return [chosen(rng, rng.choice(texts), country.continent, CONTINENTS, "easy")]


def _opposite(rng: Random) -> list[Item]:
    table = rng.choice((ADJECTIVES, VERBS))
    pair = rng.choice(table)
    word, opposite = pair if rng.random() < 0.5 else pair[::-1]
    name = rng.choice(NAMES)
    texts = (
        f"Which word means the opposite of '{word}'?",
        f"{name} is looking for the opposite of '{word}'. Which word fits best?",
        f"What is an antonym of '{word}'? {name} has to choose one of these.",
    )
    wrong = [rng.choice(other) for other in table if other is not pair]
    return [chosen(rng, rng.choice(texts), opposite, wrong, "easy")]


def _unit(rng: Random) -> list[Item]:
    large, small, factor = rng.choice(UNITS)
    amount, name = rng.randrange(2, 200), rng.choice(NAMES)
    right = amount * factor
    texts = (
        f"How many {small} are there in {amount} {large}?",
        f"{name} measures {amount} {large}. How many {small} is that?",
        f"{name} converts {amount} {large} to {small}. What is the result?",
    )
    wrong = (str(right * 10), str(right + factor), str(amount * factor * 100), str(amount + factor), *near(right))
    return [chosen(rng, rng.choice(texts), str(right), wrong, "easy" if amount < 13 else "medium")]


def _weekday(rng: Random) -> list[Item]:
    day = _DAY_0 + timedelta(days=rng.randrange(_DAYS))
    text = f"On which day of the week was {day.day} {MONTHS[day.month - 1]} {day.year}?"
    return [chosen(rng, text, WEEKDAYS[day.weekday()], WEEKDAYS, "hard")]


def _days_later(rng: Random) -> list[Item]:
    today, days, name = rng.randrange(7), rng.randrange(1, 60), rng.choice(NAMES)
    right = WEEKDAYS[(today + days) % 7]
    text = f"Today is {WEEKDAYS[today]}. {name}'s birthday is in {days} days. On which day of the week is it?"
    return [chosen(rng, text, right, WEEKDAYS, "easy" if days < 8 else "medium")]


def _extreme(rng: Random) -> list[Item]:
    numbers = rng.sample(range(2, 1000), rng.choice((3, 4, 4, 4, 5)))
    listed = f"{', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"
    word, right = rng.choice((("largest", max(numbers)), ("smallest", min(numbers))))
    text = f"Which of the numbers {listed} is the {word}?"
    return [chosen(rng, text, str(right), map(str, numbers), "easy")]


def _parity(rng: Random) -> list[Item]:
    odd = [number * 2 + 1 for number in rng.sample(range(1, 500), 3)]
    even = rng.randrange(1, 500) * 2
    numbers = [*odd, even]
    rng.shuffle(numbers)
    text = f"Only one of {', '.join(map(str, numbers))} is even. Which one?"
    return [chosen(rng, text, str(even), map(str, odd), "easy")]


def _sequence(rng: Random) -> list[Item]:
    start, step, length = rng.randrange(1, 200), rng.randrange(2, 40), rng.randrange(4, 6)
    shown = ", ".join(str(start + step * index) for index in range(length))
    right = start + step * length
    text = f"The difference between neighbours stays the same: {shown}, ... Which number comes next?"
    return [chosen(rng, text, str(right), (str(right + step), *near(right)), "medium")]


def _order(rng: Random) -> list[Item]:
    """Three to five people in one order, told pair by pair; who is first, and who is last."""
    people = rng.sample(NAMES, rng.randrange(3, 6))
    more, most, least = rng.choice(
        (("taller", "tallest", "shortest"), ("older", "oldest", "youngest"), ("faster", "fastest", "slowest"))
    )
    facts = [f"{a} is {more} than {b}." for a, b in pairwise(people)]
    rng.shuffle(facts)
    scene = " ".join(facts)
    level = "medium" if len(people) == 3 else "hard"
    return [
        chosen(rng, f"{scene} Who is the {most}?", people[0], people, level),
        chosen(rng, f"{scene} Who is the {least}?", people[-1], people, level),
    ]


def _sales(rng: Random) -> list[Item]:
    """A short passage with figures, and two questions about it."""
    people, thing = rng.sample(NAMES, 4), rng.choice(THINGS)
    sold = rng.sample(range(5, 200), 4)
    told = "; ".join(f"{name} sold {count}" for name, count in zip(people, sold, strict=True))
    scene = f"At the school fair four pupils sold {thing}: {told}."
    best, worst = people[sold.index(max(sold))], people[sold.index(min(sold))]
    return [
        chosen(rng, f"{scene} Who sold the most {thing}?", best, people, "easy"),
        chosen(rng, f"{scene} Who sold the fewest {thing}?", worst, people, "easy"),
    ]


TEMPLATES = (
    Template("which-number", "en", "choice", "arithmetic", 3, _arithmetic),
    Template("which-capital", "en", "choice", "geography", 3, _capital),
    Template("which-continent", "en", "choice", "geography", 2, _continent),
    Template("which-opposite", "en", "choice", "vocabulary", 3, _opposite),
    Template("which-unit", "en", "choice", "units", 3, _unit),
    Template("which-weekday", "en", "choice", "calendar", 1, _weekday),
    Template("days-later", "en", "choice", "calendar", 2, _days_later),
    Template("largest-or-smallest", "en", "choice", "ordering", 3, _extreme),
    Template("one-even", "en", "choice", "arithmetic", 2, _parity),
    Template("next-number", "en", "choice", "logic", 2, _sequence),
    Template("who-is-first", "en", "choice", "logic", 2, _order),
    Template("school-fair", "en", "choice", "reading", 2, _sales),
)

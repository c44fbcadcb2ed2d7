"""Short answers in words, each with a single exact answer, in English and Chinese."""

from datetime import date, timedelta
from random import Random

from evalpipe.sample.items import Item, Template
from evalpipe.sample.places import COUNTRIES
from evalpipe.sample.words import NAMES, NAMES_ZH, PAST_TENSES, PLURALS, SURNAMES, WEEKDAYS_ZH, WORDS

_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_ROMAN = (
    (1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"),
    (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
)  # fmt: skip
_DAY_0 = date(1950, 1, 1)
_DAYS = 36_500  # a century of dates
_CODE_LETTERS = "abcdefghkmnprstuvwxyz"  # without i, j, l, o, q: in codes people misread them


def roman(number: int) -> str:
    """A number from 1 to 3,999 in Roman numerals."""
    numeral = ""
    for value, sign in _ROMAN:
        times, number = divmod(number, value)
        numeral += sign * times
    return numeral


def _code(rng: Random) -> str:
    return "".join(rng.choices(_CODE_LETTERS, k=rng.randrange(4, 8)))


def _capital(rng: Random) -> list[Item]:
    country, other, name = rng.choice(COUNTRIES), rng.choice(COUNTRIES), rng.choice(NAMES)
    texts = (
        f"What is the capital of {country.name}?",
        f"Name the capital of {country.name}.",
        f"{name} was born in the capital of {country.name}. In which city was {name} born?",
    )
    slips = (other.capital,) if other is not country else ()
    return [Item(rng.choice(texts), country.capital, "easy", slips=slips)]


def _plural(rng: Random) -> list[Item]:
    word, plural = rng.choice(PLURALS)
    texts = (f"What is the plural of '{word}'?", f"One {word}, two ...? Answer with one word.")
    slips = tuple(slip for slip in (f"{word}s", f"{word}es") if slip != plural)
    return [Item(rng.choice(texts), plural, "easy", slips=slips)]


def _past(rng: Random) -> list[Item]:
    word, past = rng.choice(PAST_TENSES)
    texts = (f"What is the simple past of '{word}'?", f"Today I {word}, yesterday I ...? Answer with one word.")
    return [Item(rng.choice(texts), past, "easy", slips=(f"{word}ed",))]


def _backwards(rng: Random) -> list[Item]:
    word = rng.choice(WORDS) if rng.random() < 0.2 else _code(rng)
    right = word[::-1]
    slips = tuple(slip for slip in (right[:-2] + right[:-3:-1], word) if slip != right)
    return [Item(f"Write '{word}' backwards, in lower case.", right, "medium", slips=slips)]


def _letter(rng: Random) -> list[Item]:
    word, place = rng.choice(WORDS) if rng.random() < 0.5 else _code(rng), rng.randrange(4)
    slips = tuple(letter for letter in (word[place - 1], word[-1]) if letter != word[place])
    return [Item(f"What is the {_ORDINALS[place]} letter of '{word}'?", word[place], "easy", slips=slips)]


def _alphabetical(rng: Random) -> list[Item]:
    words = rng.sample(WORDS, 3)
    text = f"Which comes first in the alphabet: {words[0]}, {words[1]} or {words[2]}?"
    right = min(words)
    return [Item(text, right, "easy", slips=tuple(word for word in words if word != right))]


def _initials(rng: Random) -> list[Item]:
    first, middle, last = rng.choice(NAMES), rng.choice(NAMES), rng.choice(SURNAMES)
    right = first[0] + middle[0] + last[0]
    slips = tuple(slip for slip in (first[0] + last[0], right[::-1]) if slip != right)
    return [Item(f"What are the three initials of {first} {middle} {last}, without dots?", right, "easy", slips=slips)]


def _roman(rng: Random) -> list[Item]:
    number, name = rng.randrange(1, 4000), rng.choice(NAMES)
    text = rng.choice(
        (f"Write {number} in Roman numerals.", f"{name} carves the year {number} in Roman numerals. What is it?")
    )
    near = number + 1 if number < 3999 else number - 1
    return [Item(text, roman(number), "easy" if number <= 20 else "medium", slips=(roman(near),))]


def _who_said(rng: Random) -> list[Item]:
    """Copying: what a model of any size can do. A comma and quotes inside, to try the CSV file."""
    name, word = rng.choice(NAMES), rng.choice(WORDS)
    text = f'{name} said "{word}", and nothing else.\nWhich word did {name} say?'
    return [Item(text, word, "easy", slips=(name,))]


def _capital_zh(rng: Random) -> list[Item]:
    country, other, name = rng.choice(COUNTRIES), rng.choice(COUNTRIES), rng.choice(NAMES_ZH)
    texts = (f"{country.name_zh}的首都是什么？", f"{name}出生在{country.name_zh}的首都。{name}出生在哪座城市？")
    slips = (other.capital_zh,) if other is not country else ()
    return [Item(rng.choice(texts), country.capital_zh, "easy", slips=slips)]


def _weekday_zh(rng: Random) -> list[Item]:
    day = _DAY_0 + timedelta(days=rng.randrange(_DAYS))
    if day.weekday() == 6:  # Sunday has two names in Chinese, and a question here has one answer
        day -= timedelta(days=1)
    right, after = WEEKDAYS_ZH[day.weekday()], WEEKDAYS_ZH[(day.weekday() + 1) % 7]
    return [Item(f"{day.year}年{day.month}月{day.day}日是星期几？", right, "hard", slips=(after,))]


def _backwards_zh(rng: Random) -> list[Item]:
    code = _code(rng)
    slips = (code,) if code != code[::-1] else ()
    return [Item(f"把“{code}”倒过来写，用小写字母。", code[::-1], "medium", slips=slips)]


def _who_went_zh(rng: Random) -> list[Item]:
    speaker, other, country = *rng.sample(NAMES_ZH, 2), rng.choice(COUNTRIES)
    text = f"{speaker}去了{country.name_zh}，{other}没有去。谁去了{country.name_zh}？"
    return [Item(text, speaker, "easy", slips=(other,))]


TEMPLATES = (
    Template("capital", "en", "text", "geography", 3, _capital),
    Template("plural", "en", "text", "grammar", 2, _plural),
    Template("simple-past", "en", "text", "grammar", 2, _past),
    Template("backwards", "en", "text", "spelling", 2, _backwards),
    Template("nth-letter", "en", "text", "spelling", 2, _letter),
    Template("alphabetical", "en", "text", "ordering", 2, _alphabetical),
    Template("initials", "en", "text", "spelling", 2, _initials),
    Template("roman", "en", "text", "numerals", 2, _roman),
    Template("who-said", "en", "text", "reading", 2, _who_said),
    Template("capital-zh", "zh", "text", "geography", 3, _capital_zh),
    Template("weekday-zh", "zh", "text", "calendar", 1, _weekday_zh),
    Template("backwards-zh", "zh", "text", "spelling", 1, _backwards_zh),
    Template("who-went-zh", "zh", "text", "reading", 3, _who_went_zh),
)

"""Multiple choice in Chinese: one right option among 3 to 6, the others wrong but near."""

from itertools import pairwise
from random import Random

from evalpipe.sample.items import Item, Template, chosen, near
from evalpipe.sample.places import CONTINENTS_ZH, COUNTRIES
from evalpipe.sample.words import NAMES_ZH, OPPOSITES_ZH, THINGS_ZH, UNITS_ZH, WEEKDAYS_ZH


def _arithmetic(rng: Random) -> list[Item]:
    a, b = rng.randrange(2, 100), rng.randrange(2, 100)
    if rng.random() < 0.5:
        return [chosen(rng, f"下面哪个数等于{a}+{b}？", str(a + b), near(a + b), "easy")]
    return [chosen(rng, f"下面哪个数等于{a}×{b}？", str(a * b), near(a * b), "medium")]


def _capital(rng: Random) -> list[Item]:
    country, name = rng.choice(COUNTRIES), rng.choice(NAMES_ZH)
    texts = (f"{country.name_zh}的首都是哪座城市？", f"{name}想去{country.name_zh}的首都旅游，应该去哪座城市？")
    return [chosen(rng, rng.choice(texts), country.capital_zh, [other.capital_zh for other in COUNTRIES], "easy")]


def _continent(rng: Random) -> list[Item]:
    country, name = rng.choice(COUNTRIES), rng.choice(NAMES_ZH)
    texts = (f"{country.name_zh}位于哪个洲？", f"{name}住在{country.name_zh}，那里属于哪个洲？")
    return [chosen(rng, rng.choice(texts), country.continent_zh, CONTINENTS_ZH, "easy")]


def _opposite(rng: Random) -> list[Item]:
    pair, name = rng.choice(OPPOSITES_ZH), rng.choice(NAMES_ZH)
    word, opposite = pair if rng.random() < 0.5 else pair[::-1]
    texts = (f"“{word}”的反义词是哪个？", f"老师问{name}：“{word}”的反义词是什么？")
    wrong = [rng.choice(other) for other in OPPOSITES_ZH if other is not pair]
    return [chosen(rng, rng.choice(texts), opposite, wrong, "easy")]


def _unit(rng: Random) -> list[Item]:
    large, small, factor = rng.choice(UNITS_ZH)
    amount = rng.randrange(2, 200)
    right = amount * factor
    wrong = (str(right * 10), str(right + factor), str(amount + factor), *near(right))
    text = rng.choice((f"{amount}{large}等于多少{small}？", f"把{amount}{large}换算成{small}，结果是多少？"))
    return [chosen(rng, text, str(right), wrong, "easy" if amount < 13 else "medium")]


def _days_later(rng: Random) -> list[Item]:
    today, days, name = rng.randrange(7), rng.randrange(1, 60), rng.choice(NAMES_ZH)
    right = WEEKDAYS_ZH[(today + days) % 7]
    text = f"今天是{WEEKDAYS_ZH[today]}，再过{days}天是{name}的生日。那天是星期几？"
    return [chosen(rng, text, right, WEEKDAYS_ZH, "easy" if days < 8 else "medium")]


def _extreme(rng: Random) -> list[Item]:
    numbers = rng.sample(range(2, 1000), rng.choice((3, 4, 4, 4, 5)))
    word, right = rng.choice((("最大", max(numbers)), ("最小", min(numbers))))
    text = f"在{'、'.join(map(str, numbers))}这几个数中，哪个{word}？"
    return [chosen(rng, text, str(right), map(str, numbers), "easy")]


def _order(rng: Random) -> list[Item]:
    people = rng.sample(NAMES_ZH, rng.randrange(3, 6))
    facts = [f"{a}比{b}高" for a, b in pairwise(people)]
    rng.shuffle(facts)
    scene, level = "，".join(facts) + "。", "medium" if len(people) == 3 else "hard"
    return [
        chosen(rng, f"{scene}谁最高？", people[0], people, level),
        chosen(rng, f"{scene}谁最矮？", people[-1], people, level),
    ]


def _sales(rng: Random) -> list[Item]:
    people, thing, sold = rng.sample(NAMES_ZH, 4), rng.choice(THINGS_ZH), rng.sample(range(5, 200), 4)
    told = "，".join(f"{name}卖了{count}个" for name, count in zip(people, sold, strict=True))
    scene = f"学校义卖会上，四名同学卖{thing}：{told}。"
    best, worst = people[sold.index(max(sold))], people[sold.index(min(sold))]
    return [
        chosen(rng, f"{scene}谁卖得最多？", best, people, "easy"),
        chosen(rng, f"{scene}谁卖得最少？", worst, people, "easy"),
    ]


TEMPLATES = (
    Template("which-number-zh", "zh", "choice", "arithmetic", 3, _arithmetic),
    Template("which-capital-zh", "zh", "choice", "geography", 2, _capital),
    Template("which-continent-zh", "zh", "choice", "geography", 2, _continent),
    Template("which-opposite-zh", "zh", "choice", "vocabulary", 2, _opposite),
    Template("which-unit-zh", "zh", "choice", "units", 2, _unit),
    Template("days-later-zh", "zh", "choice", "calendar", 2, _days_later),
    Template("largest-or-smallest-zh", "zh", "choice", "ordering", 3, _extreme),
    Template("who-is-tallest-zh", "zh", "choice", "logic", 1, _order),
    Template("school-fair-zh", "zh", "choice", "reading", 2, _sales),
)

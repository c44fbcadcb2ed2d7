"""Questions to be answered with a JSON object; one named field of it holds the answer."""

from random import Random

from evalpipe.sample.items import Item, Template, Working, worked
from evalpipe.sample.places import COUNTRIES
from evalpipe.sample.words import NAMES, NAMES_ZH, PLACES, THINGS, THINGS_ZH, WORDS


def _asks(field: str) -> str:
    return f'Return only a JSON object with the field "{field}".'


def _asks_zh(field: str) -> str:
    return f"只返回一个JSON对象，字段名为“{field}”。"


def _sum(rng: Random) -> list[Item]:
    top = rng.choice((10, 100, 1000))
    a, b = rng.randrange(1, top), rng.randrange(1, top)
    work = Working()
    work.step("", a, "+", b)
    return [worked(f"What is {a} + {b}? {_asks('answer')}", work, answer_field="answer")]


def _order_total(rng: Random) -> list[Item]:
    (first, second), name = rng.sample(THINGS, 2), rng.choice(NAMES)
    n, m, p, q = (rng.randrange(1, 30) for _ in range(4))
    work = Working()
    a = work.step(f"The {first} cost ", n, "*", p, " dollars")
    b = work.step(f"The {second} cost ", m, "*", q, " dollars")
    work.step("The total is ", a, "+", b, " dollars")
    scene = f"{name} orders {n} boxes of {first} at ${p} each and {m} boxes of {second} at ${q} each."
    count = Working()
    count.step("The order has ", n, "+", m, " boxes")
    return [
        worked(f"{scene} How many dollars is that? {_asks('total')}", work, answer_field="total"),
        worked(f"{scene} How many boxes is that? {_asks('boxes')}", count, answer_field="boxes"),
    ]


def _record(rng: Random) -> list[Item]:
    """Reading a field from a line of a log: easy to do, easy to get the form wrong."""
    values = {
        "name": rng.choice(NAMES),
        "city": rng.choice(COUNTRIES).capital,
        "age": str(rng.randrange(18, 90)),
        "code": f"{rng.choice(WORDS)}-{rng.randrange(10, 1000)}",
    }
    fields = rng.sample(sorted(values), 4)
    line = "; ".join(f"{field}={values[field]}" for field in fields)
    items: list[Item] = []
    for field in fields[:2]:
        slips = tuple(values[other] for other in fields if other != field)
        text = f"Read the record: {line}. What is the {field}? {_asks(field)}"
        items.append(Item(text, values[field], "easy", answer_field=field, slips=slips))
    return items


def _stock(rng: Random) -> list[Item]:
    thing, place, n = rng.choice(THINGS), rng.choice(PLACES), rng.randrange(20, 900)
    sold, came = rng.randrange(1, 20), rng.randrange(5, 400)
    work = Working()
    left = work.step("After the sale there are ", n, "-", sold, f" {thing}")
    work.step("After the delivery there are ", left, "+", came, f" {thing}")
    text = f"The shop at the {place} has {n} {thing}. It sells {sold} and then receives {came}."
    return [worked(f"{text} How many are in stock? {_asks('stock')}", work, answer_field="stock")]


def _sum_zh(rng: Random) -> list[Item]:
    a, b = rng.randrange(1, 500), rng.randrange(1, 500)
    work = Working("zh")
    work.step("", a, "+", b)
    return [worked(f"{a}加{b}等于多少？{_asks_zh('answer')}", work, answer_field="answer")]


def _order_zh(rng: Random) -> list[Item]:
    name, thing, n, p = rng.choice(NAMES_ZH), rng.choice(THINGS_ZH), rng.randrange(2, 60), rng.randrange(2, 60)
    fee = rng.randrange(3, 30)
    work = Working("zh")
    goods = work.step(f"{thing}一共", n, "*", p, "元")
    work.step("加上运费一共", goods, "+", fee, "元")
    scene = f"{name}买了{n}个{thing}，每个{p}元，运费{fee}元。"
    return [
        worked(f"{scene}不算运费是多少元？{_asks_zh('goods')}", work, 1, answer_field="goods"),
        worked(f"{scene}一共要付多少元？{_asks_zh('total')}", work, answer_field="total"),
    ]


def _record_zh(rng: Random) -> list[Item]:
    values = {
        "姓名": rng.choice(NAMES_ZH),
        "城市": rng.choice(COUNTRIES).capital_zh,
        "年龄": str(rng.randrange(18, 90)),
    }
    line = "，".join(f"{field}：{value}" for field, value in values.items())
    field = rng.choice(list(values))
    slips = tuple(value for other, value in values.items() if other != field)
    return [Item(f"{line}。请找出{field}。{_asks_zh(field)}", values[field], "easy", answer_field=field, slips=slips)]


TEMPLATES = (
    Template("json-sum", "en", "json", "arithmetic", 3, _sum),
    Template("json-order", "en", "json", "money", 2, _order_total),
    Template("json-record", "en", "json", "extraction", 3, _record),
    Template("json-stock", "en", "json", "word-problems", 2, _stock),
    Template("json-sum-zh", "zh", "json", "arithmetic", 3, _sum_zh),
    Template("json-order-zh", "zh", "json", "money", 2, _order_zh),
    Template("json-record-zh", "zh", "json", "extraction", 3, _record_zh),
)

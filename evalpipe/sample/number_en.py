"""Word problems in English, with worked solutions. One passage, one or two questions."""

from decimal import Decimal
from random import Random

from evalpipe.sample.items import Item, Template, Working, worked
from evalpipe.sample.words import NAMES, PLACES, THINGS

_CENTS = (Decimal("0.25"), Decimal("0.5"), Decimal("0.75"))


def _plain(rng: Random) -> list[Item]:
    """Bare arithmetic: short enough for the weakest model."""
    top = rng.choice((10, 10, 100, 1000))
    a, b = rng.randrange(1, top), rng.randrange(1, top)
    work = Working()
    operation = rng.choice(("+", "+", "-", "*"))
    if operation == "+":
        work.step("", a, "+", b)
        texts = (f"What is {a} + {b}?", f"{a} + {b} =", f"Add {a} and {b}.", f"What is the sum of {a} and {b}?")
    elif operation == "-":
        a, b = max(a, b), min(a, b)
        work.step("", a, "-", b)
        texts = (f"What is {a} - {b}?", f"{a} - {b} =", f"Subtract {b} from {a}.", f"How much is {a} minus {b}?")
    else:
        b = rng.randrange(2, 13)
        work.step("", a, "*", b)
        texts = (f"What is {a} × {b}?", f"{a} * {b} =", f"Multiply {a} by {b}.", f"How much is {a} times {b}?")
    return [worked(rng.choice(texts), work)]


def _counting(rng: Random) -> list[Item]:
    name, thing, a, b = rng.choice(NAMES), rng.choice(THINGS), rng.randrange(3, 60), rng.randrange(2, 40)
    work = Working()
    if rng.random() < 0.5:
        work.step(f"{name} then has ", a, "+", b, f" {thing}")
        return [worked(f"{name} has {a} {thing} and gets {b} more. How many {thing} does {name} have now?", work)]
    a += b
    work.step(f"{name} then has ", a, "-", b, f" {thing}")
    return [worked(f"{name} has {a} {thing} and gives away {b}. How many {thing} are left?", work)]


def _boxes(rng: Random) -> list[Item]:
    name, thing = rng.choice(NAMES), rng.choice(THINGS)
    boxes, each, extra = rng.randrange(3, 30), rng.randrange(4, 40), rng.randrange(5, 60)
    given = rng.randrange(2, boxes * each)
    work = Working()
    bought = work.step("The boxes hold ", boxes, "*", each, f" {thing}")
    with_old = work.step(f"With the old ones {name} has ", bought, "+", extra, f" {thing}")
    work.step(f"After giving some away {name} has ", with_old, "-", given, f" {thing}")
    scene = f"{name} has {extra} {thing} and buys {boxes} boxes with {each} {thing} in each. "
    return [
        worked(f"{scene}How many {thing} are in the boxes?", work, 1),
        worked(f"{scene}{name} then gives away {given} {thing}. How many {thing} does {name} have left?", work),
    ]


def _bill(rng: Random) -> list[Item]:
    name, first, second = rng.choice(NAMES), *rng.sample(THINGS, 2)
    n, m, p, q = (rng.randrange(2, 20) for _ in range(4))
    work = Working()
    cost_first = work.step(f"The {first} cost ", n, "*", p, " dollars")
    cost_second = work.step(f"The {second} cost ", m, "*", q, " dollars")
    bill = work.step("Together they cost ", cost_first, "+", cost_second, " dollars")
    paid = (bill // 50 + 1) * 50
    work.step("The change is ", paid, "-", bill, " dollars")
    scene = f"{name} buys {n} packs of {first} at ${p} each and {m} packs of {second} at ${q} each. "
    return [
        worked(f"{scene}How many dollars does {name} spend?", work, 3),
        worked(f"{scene}{name} pays with ${paid}. How many dollars of change does {name} get?", work),
    ]


def _delivery(rng: Random) -> list[Item]:
    name, thing, n = rng.choice(NAMES), rng.choice(THINGS), rng.randrange(3, 40)
    price, fee = rng.randrange(1, 20) + rng.choice(_CENTS), rng.randrange(2, 9) + rng.choice(_CENTS)
    work = Working()
    goods = work.step(f"The {thing} cost ", Decimal(n), "*", price, " dollars")
    work.step("With delivery that makes ", goods, "+", fee, " dollars")
    text = f"One bag of {thing} costs ${price:.2f} and delivery costs ${fee:.2f}. {name} orders {n} bags. "
    return [worked(f"{text}How many dollars does {name} pay in all?", work)]


def _journey(rng: Random) -> list[Item]:
    name, start, end = rng.choice(NAMES), *rng.sample(PLACES, 2)
    v, w, t, u = rng.randrange(40, 120), rng.randrange(20, 90), rng.randrange(2, 9), rng.randrange(2, 7)
    work = Working()
    first = work.step("The first part is ", v, "*", t, " km")
    second = work.step("The second part is ", w, "*", u, " km")
    work.step("The whole way is ", first, "+", second, " km")
    scene = f"From the {start} to the {end}, {name} drives {t} hours at {v} km/h and then {u} hours at {w} km/h. "
    return [
        worked(f"{scene}How long is the first part, in kilometres?", work, 1),
        worked(f"{scene}How long is the whole way, in kilometres?", work),
    ]


def _saving(rng: Random) -> list[Item]:
    name, weekly, weeks, own = rng.choice(NAMES), rng.randrange(3, 60), rng.randrange(3, 40), rng.randrange(5, 200)
    price = own + weekly * weeks
    work = Working()
    missing = work.step(f"{name} still needs ", price, "-", own, " dollars")
    work.step("That takes ", missing, "/", weekly, " weeks")
    text = f"{name} has ${own} and saves ${weekly} a week for a bicycle that costs ${price:,}. "
    return [worked(f"{text}After how many weeks can {name} buy it?", work)]


def _temperature(rng: Random) -> list[Item]:
    place, start = rng.choice(PLACES), rng.randrange(-20, 15)
    drop, rise = rng.randrange(2, 25), rng.randrange(2, 12)
    work = Working()
    night = work.step("At night it is ", start, "-", drop, " degrees")
    work.step("By noon it is ", night, "+", rise, " degrees")
    scene = f"At the {place} it is {start} °C. During the night the temperature falls by {drop} degrees. "
    return [
        worked(f"{scene}How many degrees Celsius is it then?", work, 1),
        worked(f"{scene}By noon it rises by {rise} degrees. How many degrees Celsius is it at noon?", work),
    ]


def _discount(rng: Random) -> list[Item]:
    name, price, percent = rng.choice(NAMES), rng.randrange(1, 40) * 100, rng.randrange(1, 19) * 5
    work = Working()
    one = work.step("One per cent is ", price, "/", 100, " dollars")
    off = work.step("The discount is ", one, "*", percent, " dollars")
    work.step(f"{name} pays ", price, "-", off, " dollars")
    text = f"A sofa costs ${price:,}. {name} buys it at a discount of {percent}%. How many dollars does {name} pay?"
    return [worked(text, work)]


def _field(rng: Random) -> list[Item]:
    name, wide, price = rng.choice(NAMES), rng.randrange(3, 60), rng.randrange(2, 15)
    long = wide + rng.randrange(1, 40)
    work = Working()
    half = work.step("Length and width are ", long, "+", wide, " metres")
    fence = work.step("The fence is ", half, "*", 2, " metres long")
    work.step("It costs ", fence, "*", price, " dollars")
    scene = f"{name} puts a fence around a rectangular garden {long} metres long and {wide} metres wide. "
    return [
        worked(f"{scene}How many metres of fence are needed?", work, 2),
        worked(f"{scene}A metre of fence costs ${price}. How many dollars does the fence cost?", work),
    ]


def _factory(rng: Random) -> list[Item]:
    thing, machines, rate = rng.choice(THINGS), rng.randrange(2, 20), rng.randrange(10, 90)
    hours = rng.randrange(2, 12)
    broken = rng.randrange(1, rate)
    work = Working()
    hourly = work.step("In an hour the machines make ", machines, "*", rate, f" {thing}")
    made = work.step("In a shift they make ", hourly, "*", hours, f" {thing}")
    work.step("Of these, good are ", made, "-", broken, f" {thing}")
    scene = f"A factory has {machines} machines. Each makes {rate} {thing} an hour, and a shift lasts {hours} hours. "
    return [
        worked(f"{scene}How many {thing} are made in a shift?", work, 2),
        worked(f"{scene}In one shift {broken} {thing} are broken. How many good {thing} are made?", work),
    ]


def _ages(rng: Random) -> list[Item]:
    young, old, third = rng.sample(NAMES, 3)
    age, times, gap = rng.randrange(4, 25), rng.randrange(2, 4), rng.randrange(1, 15)
    work = Working()
    elder = work.step(f"{old} is ", age, "*", times, " years old")
    other = work.step(f"{third} is ", elder, "+", gap, " years old")
    work.total("Together they are ", (age, elder, other), " years old")
    text = f"{young} is {age}. {old} is {times} times as old as {young}, and {third} is {gap} years older than {old}. "
    return [
        worked(f"{text}How old is {third}?", work, 2),
        worked(f"{text}How old are the three together, in years?", work),
    ]


def _reading(rng: Random) -> list[Item]:
    name, pages, days, rest_days = rng.choice(NAMES), rng.randrange(8, 50), rng.randrange(3, 12), rng.randrange(2, 9)
    total = pages * days + rest_days * rng.randrange(5, 60)
    work = Working()
    read = work.step(f"{name} has read ", pages, "*", days, " pages")
    left = work.step("What is left are ", total, "-", read, " pages")
    work.step("Each day needs ", left, "/", rest_days, " pages")
    scene = f"A book has {total} pages. {name} reads {pages} pages a day for {days} days. "
    return [
        worked(f"{scene}How many pages are left?", work, 2),
        worked(f"{scene}The rest takes {rest_days} days, the same each day. How many pages is that a day?", work),
    ]


TEMPLATES = (
    Template("plain-arithmetic", "en", "number", "arithmetic", 8, _plain),
    Template("counting", "en", "number", "word-problems", 6, _counting),
    Template("boxes", "en", "number", "word-problems", 2, _boxes),
    Template("bill", "en", "number", "money", 2, _bill),
    Template("delivery", "en", "number", "money", 2, _delivery),
    Template("journey", "en", "number", "speed", 2, _journey),
    Template("saving", "en", "number", "money", 2, _saving),
    Template("temperature", "en", "number", "negative-numbers", 2, _temperature),
    Template("discount", "en", "number", "percentages", 1, _discount),
    Template("fence", "en", "number", "geometry", 2, _field),
    Template("factory", "en", "number", "word-problems", 2, _factory),
    Template("ages", "en", "number", "word-problems", 2, _ages),
    Template("reading", "en", "number", "word-problems", 2, _reading),
)

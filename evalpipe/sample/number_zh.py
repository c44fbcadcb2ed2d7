"""Word problems in Chinese, with worked solutions. One passage, one or two questions."""

from random import Random

from evalpipe.sample.items import Item, Template, Working, worked
from evalpipe.sample.words import NAMES_ZH, THINGS_ZH


def _plain(rng: Random) -> list[Item]:
    """Bare arithmetic: short enough for the weakest model."""
    top = rng.choice((10, 10, 100, 1000))
    a, b = rng.randrange(1, top), rng.randrange(1, top)
    work = Working("zh")
    operation = rng.choice(("+", "-", "*"))
    if operation == "+":
        work.step("", a, "+", b)
        texts = (f"{a}加{b}等于多少？", f"计算：{a}+{b}", f"{a}与{b}的和是多少？")
    elif operation == "-":
        a, b = max(a, b), min(a, b)
        work.step("", a, "-", b)
        texts = (f"{a}减{b}等于多少？", f"计算：{a}-{b}", f"{a}比{b}多多少？")
    else:
        b = rng.randrange(2, 13)
        work.step("", a, "*", b)
        texts = (f"{a}乘{b}等于多少？", f"计算：{a}×{b}", f"{a}的{b}倍是多少？")
    return [worked(rng.choice(texts), work)]


def _boxes(rng: Random) -> list[Item]:
    name, thing = rng.choice(NAMES_ZH), rng.choice(THINGS_ZH)
    boxes, each = rng.randrange(3, 30), rng.randrange(4, 40)
    given = rng.randrange(2, boxes * each)
    work = Working("zh")
    bought = work.step("一共有", boxes, "*", each, f"个{thing}")
    work.step("还剩", bought, "-", given, f"个{thing}")
    scene = f"{name}买了{boxes}盒{thing}，每盒{each}个。"
    return [
        worked(f"{scene}一共有多少个{thing}？", work, 1),
        worked(f"{scene}送给同学{given}个以后，还剩多少个{thing}？", work),
    ]


def _bill(rng: Random) -> list[Item]:
    name, first, second = rng.choice(NAMES_ZH), *rng.sample(THINGS_ZH, 2)
    n, m, p, q = (rng.randrange(2, 20) for _ in range(4))
    work = Working("zh")
    cost_first = work.step(f"{first}花了", n, "*", p, "元")
    cost_second = work.step(f"{second}花了", m, "*", q, "元")
    bill = work.step("一共花了", cost_first, "+", cost_second, "元")
    paid = (bill // 50 + 1) * 50
    work.step("应找回", paid, "-", bill, "元")
    scene = f"{name}买了{n}个{first}，每个{p}元，又买了{m}个{second}，每个{q}元。"
    return [
        worked(f"{scene}一共花了多少元？", work, 3),
        worked(f"{scene}付给售货员{paid}元，应找回多少元？", work),
    ]


def _journey(rng: Random) -> list[Item]:
    v, t, more = rng.randrange(30, 120), rng.randrange(2, 9), rng.randrange(10, 300)
    name = rng.choice(NAMES_ZH)
    work = Working("zh")
    driven = work.step("已经行驶", v, "*", t, "千米")
    work.step("全程是", driven, "+", more, "千米")
    text = f"{name}开车从甲地到乙地，每小时行{v}千米，{t}小时后离乙地还有{more}千米。甲乙两地相距多少千米？"
    return [worked(text, work)]


def _heads_and_legs(rng: Random) -> list[Item]:
    """The classic cage of chickens and rabbits."""
    chickens, rabbits = rng.randrange(2, 90), rng.randrange(2, 90)
    heads, legs, name = chickens + rabbits, 2 * chickens + 4 * rabbits, rng.choice(NAMES_ZH)
    work = Working("zh")
    if_chickens = work.step("假设全是鸡，有脚", heads, "*", 2, "只")
    extra = work.step("多出的脚有", legs, "-", if_chickens, "只")
    work.step("所以兔子有", extra, "/", 2, "只")
    return [worked(f"{name}家的笼子里有鸡和兔子共{heads}只，一共有{legs}只脚。兔子有多少只？", work)]


def _trees(rng: Random) -> list[Item]:
    gap, spaces, name = rng.randrange(2, 15), rng.randrange(5, 90), rng.choice(NAMES_ZH)
    work = Working("zh")
    between = work.step("间隔数是", gap * spaces, "/", gap, "个")
    work.step("两端都种，一共要种", between, "+", 1, "棵")
    text = f"{name}在一条长{gap * spaces}米的路的一边种树，每隔{gap}米种一棵，两端都种。一共要种多少棵树？"
    return [worked(text, work)]


def _temperature(rng: Random) -> list[Item]:
    start, drop, rise = rng.randrange(-15, 12), rng.randrange(3, 20), rng.randrange(2, 12)
    name = rng.choice(NAMES_ZH)
    work = Working("zh")
    night = work.step("夜里气温是", start, "-", drop, "摄氏度")
    work.step("中午气温是", night, "+", rise, "摄氏度")
    text = (
        f"{name}的家乡傍晚气温是{start}摄氏度，夜里下降了{drop}度，第二天中午又上升了{rise}度。中午气温是多少摄氏度？"
    )
    return [worked(text, work)]


def _reading(rng: Random) -> list[Item]:
    name, pages, days, left = rng.choice(NAMES_ZH), rng.randrange(8, 50), rng.randrange(3, 15), rng.randrange(10, 200)
    work = Working("zh")
    read = work.step("已经读了", pages, "*", days, "页")
    work.step("这本书一共有", read, "+", left, "页")
    text = f"{name}每天读{pages}页书，读了{days}天后还剩{left}页。这本书一共有多少页？"
    return [worked(text, work)]


TEMPLATES = (
    Template("plain-arithmetic-zh", "zh", "number", "arithmetic", 4, _plain),
    Template("boxes-zh", "zh", "number", "word-problems", 2, _boxes),
    Template("bill-zh", "zh", "number", "money", 2, _bill),
    Template("journey-zh", "zh", "number", "speed", 1, _journey),
    Template("heads-and-legs-zh", "zh", "number", "word-problems", 1, _heads_and_legs),
    Template("trees-zh", "zh", "number", "word-problems", 1, _trees),
    Template("temperature-zh", "zh", "number", "negative-numbers", 1, _temperature),
    Template("reading-zh", "zh", "number", "word-problems", 1, _reading),
)

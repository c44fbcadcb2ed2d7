"""Whether an answer is the target, part by part; only single expressions and equations go to the other process.

Judgements: two roots in any order are the same roots, but (1,2) is not (2,1), and neither is {1,2}. x=3 is 3, and 3 is
x=3, but y=3 is not. x>3 is (3,\\infty). An expression with letters never equals one without: x/x restates, it is not 1.
"""

import re
from collections.abc import Sequence

from evalpipe.core.extract.decimals import Quantity, quantity_of
from evalpipe.scorers.equivalence.forms import MAX_WRITTEN, Form, form, normal
from evalpipe.scorers.equivalence.process import Verdict, compared
from evalpipe.scorers.equivalence.units import Measured, measured

_MAX_PARTS = 8  # of a list whose order does not matter: each is compared with each
_NAME = re.compile(
    r"(?:[a-zA-Z]'{0,2}|\\[a-z]{2,10})(?:_(?:[0-9a-zA-Z]|\{[0-9a-zA-Z,]{1,8}\}))?(?:\((?:[a-z]|[0-9])\))?"
)
_LETTERS = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z](?![a-zA-Z])|(?<![\\a-zA-Z])[a-zA-Z]{2}(?![a-zA-Z])")
_COMMANDS = re.compile(r"\\[a-zA-Z]+")
_BASE = re.compile(r"\\log_")
_ALLOWED = frozenset({
    "frac", "sqrt", "pi", "cdot", "infty", "ln", "log", "lg", "exp", "sin", "cos", "tan", "cot", "sec", "csc", "arcsin",
    "arccos", "arctan",
    "sinh", "cosh", "tanh", "binom", "alpha", "beta", "gamma", "theta", "phi", "lambda", "mu", "omega",
    "begin", "end", "lfloor", "rfloor", "lceil", "rceil",
})  # fmt: skip
_CHARACTERS = re.compile(r"[0-9a-zA-Z\\{}()\[\]^_+\-*/!|.,%& ]*")
_POWERS = re.compile(r"\^[^+\-*/]{0,20}\^[^+\-*/]{0,20}\^")
# A number of things, "5 red apples"; not 3 million.
_COUNTED = re.compile(
    r"(-?[0-9][0-9,./]{0,20}) "
    r"(?!(?:hundred|thousand|million|billion|trillion|dozen|percent|per|pi|sqrt|or|and|to|times)\b)"
    r"[a-z]{3,15}(?: [a-z]{3,15})?"
)
_FLIPPED = {"<": ">", ">": "<", "\\le": "\\ge", "\\ge": "\\le"}
_NO = Verdict(False)
_YES = Verdict(True)


def equal(answer: str, target: str, *, percent: bool = False) -> Verdict:
    """The verdict on two written expressions, undecided where they are too long. `percent`: a number without a sign
    may be meant in per cent.
    """
    if max(len(answer), len(target)) > MAX_WRITTEN:
        return _YES if answer == target else Verdict(None, "the expression is too long to compare")
    units = measured(answer), measured(target)
    if units[0] and units[1] and (units[0].kind, units[0].size) != (units[1].kind, units[1].size):
        return _in_units(units[0], units[1])
    if (counted := _COUNTED.fullmatch(answer.strip())) and quantity_of(target):
        answer = counted[1]
    if units[0] and units[1]:
        answer, target = units[0].number, units[1].number
    one, other = normal(answer), normal(target)
    if one == other and one:
        return _YES
    return _equal(form(one), form(other), percent=percent) if one and other else _NO


def _in_units(one: Measured, other: Measured) -> Verdict:
    """1 m is 100 cm; where that cannot be computed, nobody says that 10 m is 10 cm."""
    numbers = quantity_of(one.number), quantity_of(other.number)
    if one.kind != other.kind or not numbers[0] or not numbers[1]:
        return _NO
    return Verdict(numbers[0].share * one.size == numbers[1].share * other.size)


def _equal(one: Form, other: Form, *, percent: bool = False) -> Verdict:
    if one.text == other.text:
        return _YES
    if "words" in (one.shape, other.shape):
        return Verdict(_spoken(one.text) == _spoken(other.text))
    one, other = _as_interval(one, other), _as_interval(other, one)
    if one.shape == "list" and other.shape == "expression" and (derived := _derived(one.parts)):
        return _equal(form(derived), other, percent=percent)
    if one.shape == other.shape == "list":
        return _in_any_order(one.parts, other.parts)
    if (one.shape == other.shape and one.shape in ("tuple", "interval")) or {one.shape, other.shape} == {
        "tuple",
        "interval",
    }:
        return _in_order(one.parts, other.parts) if one.brackets == other.brackets else _NO
    if other.shape == "tuple" and one.shape == "list" and (values := _coordinates(one.parts)):
        return _in_order(values, other.parts)
    if one.shape == other.shape == "relation":
        return _relations(one, other)
    if one.shape == "equation" or other.shape == "equation":
        return _equations(one, other, percent=percent)
    if one.shape == other.shape == "expression":
        return _expressions(one.text, other.text, percent=percent)
    return _NO


def _expressions(one: str, other: str, *, percent: bool) -> Verdict:
    numbers = quantity_of(one), quantity_of(other)
    if numbers[0] and numbers[1]:
        return Verdict(_same_number(numbers[0], numbers[1], percent=percent))
    one, other = (one if each is None else _latex(each) for one, each in ((one, numbers[0]), (other, numbers[1])))
    if bool(_letters(one)) != bool(_letters(other)):
        return _NO
    for text in (one, other):
        if _unreadable(text) or _POWERS.search(text):
            return Verdict(None, "it cannot be read as mathematics")
    return compared("expression", one, other)


def _latex(number: Quantity) -> str:
    value = number.share
    return str(value.numerator) if value.denominator == 1 else f"\\frac{{{value.numerator}}}{{{value.denominator}}}"


def _same_number(answer: Quantity, target: Quantity, *, percent: bool) -> bool:
    if answer.share == target.share:
        return True
    return (percent or target.percent) and answer.value == target.value


def _letters(text: str) -> set[str]:
    """The variables of an expression; e and i are numbers."""
    bare = _COMMANDS.sub(" ", text.replace("{pmatrix}", ""))
    return set(re.findall("[a-zA-Z]", bare)) - {"e", "i"}


def _equations(one: Form, other: Form, *, percent: bool) -> Verdict:
    """x=3 and 3; x=3 and y=3; y=2x+1 and 2x-y+1=0."""
    if one.shape == other.shape:
        names = one.parts[0], other.parts[0]
        if all(map(_NAME.fullmatch, names)):
            if names[0] != names[1]:
                return _NO
            return _equal(form(one.parts[-1]), form(other.parts[-1]))
        if len(one.parts) != 2 or len(other.parts) != 2:
            return _NO
        sides = [*one.parts, *other.parts]
        if any(_unreadable(side) for side in sides):
            return Verdict(None, "it cannot be read as mathematics")
        return compared("equation", (one.parts[0], one.parts[1]), (other.parts[0], other.parts[1]))
    if one.shape == "equation":
        # The answer may name what it is: x=3, ab=1, 2+1=3. It must not be said of two things at once.
        return _equal(form(one.parts[-1]), other, percent=percent) if other.shape != "relation" else _NO
    if not _NAME.fullmatch(other.parts[0]):
        return _NO
    return _equal(one, form(other.parts[-1]), percent=percent)


def _unreadable(text: str) -> bool:
    return any(name[1:] not in _ALLOWED for name in _COMMANDS.findall(text)) or not _CHARACTERS.fullmatch(text)


def _in_order(parts: Sequence[str], others: Sequence[str]) -> Verdict:
    if len(parts) != len(others):
        return _NO
    return _all([_equal(form(one), form(other)) for one, other in zip(parts, others, strict=True)])


def _in_any_order(parts: Sequence[str], others: Sequence[str]) -> Verdict:
    if len(parts) != len(others):
        return _NO
    if len(parts) > _MAX_PARTS:
        return Verdict(sorted(parts) == sorted(others))
    named = [_named(parts), _named(others)]
    if named[0] and named[1] and named[0] == named[1]:
        return _in_any_order(_values(parts), _values(others)) if len(set(named[0])) == 1 else _paired(parts, others)
    left = list(others)
    undecided: Verdict | None = None
    for part in parts:
        verdicts = [_equal(form(part), form(other)) for other in left]
        match = next((at for at, verdict in enumerate(verdicts) if verdict.equal), None)
        if match is None:
            undecided = next((verdict for verdict in verdicts if verdict.equal is None), None)
            return undecided or _NO
        del left[match]
    return _YES


def _paired(parts: Sequence[str], others: Sequence[str]) -> Verdict:
    return _in_order(
        sorted(parts, key=lambda part: part.split("=")[0]), sorted(others, key=lambda part: part.split("=")[0])
    )


def _named(parts: Sequence[str]) -> list[str]:
    """The names of equations x=1, y=2 in alphabetical order; none if a part is something else."""
    names = [part.partition("=")[0] for part in parts]
    return sorted(names) if all("=" in part for part in parts) and all(map(_NAME.fullmatch, names)) else []


def _values(parts: Sequence[str]) -> list[str]:
    return [part.partition("=")[2] for part in parts]


def _derived(parts: Sequence[str]) -> str:
    """The value of the last equation, if it computes with what the ones before assign: a=3, b=4, a+b=7."""
    names = _named(parts[:-1])
    left, _, value = parts[-1].partition("=")
    letters = _letters(left)
    return value if value and names and letters and letters <= set(names) and left not in names else ""


def _coordinates(parts: Sequence[str]) -> list[str]:
    """The values of x=1, y=2 in the order of their names, if these are as many names."""
    names = _named(parts)
    if not names or len(set(names)) != len(names):
        return []
    return _values(sorted(parts, key=lambda part: part.partition("=")[0]))


def _as_interval(one: Form, other: Form) -> Form:
    """x>3 as (3,\\infty) where the other side is an interval, and x\\in(3,\\infty) as what x is in."""
    if one.shape != "relation" or other.shape not in ("tuple", "interval", "list"):
        return one
    if one.signs == ("\\in",):
        return form(one.parts[1])
    if any(sign not in _FLIPPED for sign in one.signs):
        return one
    at = [row for row, part in enumerate(one.parts) if _NAME.fullmatch(part) and part != "\\infty"]
    if len(at) != 1 or len(one.parts) > 3 or (len(one.parts) == 3 and at[0] != 1):
        return one
    low, high, opens, closes = "-\\infty", "\\infty", "(", ")"
    for row, sign in enumerate(one.signs):
        left, right = one.parts[row], one.parts[row + 1]
        if row + 1 == at[0]:  # bound, sign, name
            sign, bound = _FLIPPED[sign], left
        else:
            bound = right
        if sign in (">", "\\ge"):
            low, opens = bound, "(" if sign == ">" else "["
        else:
            high, closes = bound, ")" if sign == "<" else "]"
    brackets = opens + closes
    return Form("tuple" if brackets == "()" else "interval", f"{opens}{low},{high}{closes}", (low, high), brackets)


def _relations(one: Form, other: Form) -> Verdict:
    """Inequalities, each pair of sides for itself: x>3 and 3<x, 2x\\ge 6 and x\\ge 3."""
    if len(one.signs) != len(other.signs):
        return _NO
    if len(one.signs) > 1:
        ranges = [_as_interval(each, Form("interval", "")) for each in (one, other)]
        return _equal(ranges[0], ranges[1]) if all(each.shape != "relation" for each in ranges) else _NO
    sides = [_greater(each) for each in (one, other)]
    if sides[0][0] != sides[1][0] or sides[0][0] not in (">", "\\ge"):
        return _NO
    if any(_unreadable(side) for _, *pair in sides for side in pair):
        return Verdict(None, "it cannot be read as mathematics")
    return compared("inequality", (sides[0][1], sides[0][2]), (sides[1][1], sides[1][2]))


def _greater(relation: Form) -> tuple[str, str, str]:
    """The sign with the larger side first."""
    sign = relation.signs[0]
    left, right = relation.parts
    return (_FLIPPED[sign], right, left) if sign in ("<", "\\le") else (sign, left, right)


def _all(verdicts: list[Verdict]) -> Verdict:
    """No, if one is no; undecided, if one is."""
    if any(verdict.equal is False for verdict in verdicts):
        return _NO
    return next((verdict for verdict in verdicts if verdict.equal is None), _YES)


def _spoken(text: str) -> str:
    return re.sub(r"\\text|[{}\\ ()]", "", text).casefold()

"""What one statement says the number is: the right side of its equation, what it begins with, or all that it holds.

None of it is a guess: a statement that names two values says neither.
"""

import re
from dataclasses import dataclass

from evalpipe.core.extract.decimals import Found
from evalpipe.core.extract.number.quantities import leading, quantities, same
from evalpipe.core.extract.reading import sentence_end

_STOP_ZH = re.compile(r"[.!?;](?=[\u4e00-\u9fff])")
_EXPLAINS = re.compile(
    r"(?<![A-Za-z])(?:because|since|as|for|so|where|which|given|from|after|that is)(?![A-Za-z])|[,;(:]|因为|由于|即"
)
_EQUALS = re.compile(r"(?<![<>!:≤≥])=(?![>=])")
# After a number: an operation, a range, an alternative or a second quantity, so that the first number is not all of it.
_GOES_ON = re.compile(
    r"""[\s*_$\\)}]{0,4}(?:[A-Za-z%°$€£℃]{1,20}|[\u4e00-\u9fff]{1,3})??[\s*_$\\(]{0,4}
        (?: [-+*/×÷~:&,、±–—] | \\(?:times|cdot|div|pm|to|sim|text\{[ ]?(?:or|and)[ ]?\}|quad)
          | \(?(?:x|and|or|to|through|of|out[ ]of|in|for[ ]every)(?![A-Za-z]) | [和或到至乘加减比] | 或者|以及 )
        (?:[ ](?:maybe|perhaps|possibly|even|about))?[\s*_$\\{]{0,4}
        (?:or[ ]|and[ ])?\(?(?:[A-Za-z][ ]?=[ ]?)?[-$€£¥−]?(?:[0-9]|\\[dt]?frac)
      | \s{1,2}(?:[A-Za-z]{1,20}\s{1,2})?[0-9]
      | [ ]?(?:or|and|to)[ ](?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)(?![A-Za-z])
      | \s{0,2}(?:[A-Za-z]{1,12}\s)?(?:or|to)[ ](?:more|less|fewer)(?![A-Za-z]) | [ ]?[+](?![0-9A-Za-z])
      | 左右|以上|以下|多(?=[个元米]) """,
    re.VERBOSE | re.IGNORECASE,
)
_BETWEEN_EQUATIONS = re.compile(r"[,;、]\s?|(?<![A-Za-z])(?:and|or)(?![A-Za-z])|[和或,、]")
_ASSIGNED = re.compile(r"(?<![A-Za-z0-9])([A-Za-z])[ ]?=[ ]?-?[0-9]")
# An expression in names of one letter, with a sign or a number among them, behind what divides equations.
_DERIVED = re.compile(r"(?:[,;、:]|\band\b|\bso\b|[和则故])[\s$\\(]{0,4}([-+*/·^² 0-9A-Za-z()]{2,30}?)[ ]?$")
_ARITHMETIC = re.compile(r"[0-9.]{1,9}[ ]?(?:[-+*/×÷·][ ]?[0-9.]{1,9}[ ]?){1,4}$")
_GIVES = re.compile(
    r"""(?: (?<![A-Za-z])(?:is|are|was|were|be|equals?|amounts[ ]to|comes[ ](?:out[ ])?to|totals)(?![A-Za-z])
          | [是为得有剩共](?:了|到)?|等于|需要?|花了? )[ ]?""",
    re.VERBOSE | re.IGNORECASE,
)
_TO_THE_END = re.compile(r"[^0-9=\n]{0,60}$")
_ADDS_OTHERS = re.compile(r"(?<![A-Za-z])(?:or|per|each|more|less|fewer|times|than)(?![A-Za-z])|或|每|比|倍")


@dataclass(frozen=True, slots=True)
class Said:
    """What a statement names: one number is its answer; several, or one that is spoiled, are none."""

    numbers: tuple[Found, ...]

    @property
    def only(self) -> Found | None:
        return self.numbers[0] if len(self.numbers) == 1 and not self.numbers[0].spoiled else None


def statement_end(text: str, start: int, end: int) -> int:
    """Where the first sentence of [start, end) ends; a Chinese one goes on without a space."""
    hit = _STOP_ZH.search(text, start, end)
    return sentence_end(text, start, hit.start() if hit else end)


def goes_on(text: str, found: Found, end: int) -> bool:
    """Whether what stands behind the number adds to it: 5 to 10, 5 or 6, 5 hours and 30 minutes, 5+."""
    return _GOES_ON.match(text, found.end, end) is not None


def has_equation(text: str, start: int, end: int) -> bool:
    return _EQUALS.search(text, start, end) is not None


def explains(text: str, found: Found, end: int) -> bool:
    """Whether the equation behind the number is only its reason: "14 because 3 + 4 = 7"."""
    mark = _EQUALS.search(text, found.end, end)
    return mark is not None and _EXPLAINS.search(text, found.end, mark.start()) is not None


def right_of_equation(text: str, start: int, end: int) -> Said:
    """`6 * 7 = 42` and `42 = 6 * 7` say 42; `x = 3, y = 5` says two things."""
    marks = [hit.start() for hit in _EQUALS.finditer(text, start, end)]
    last, before = marks[-1], marks[-2] if len(marks) > 1 else -1
    if before >= 0 and _BETWEEN_EQUATIONS.search(text, before, last):
        sides = [leading(text, before + 1, last), leading(text, last + 1, end)]
        both = [side for side in sides if side]
        if len(both) == 2 and not same(both) and not _is_derived(text, start, last, both[0]):
            return Said(tuple(quantities(text, start, end)))
    for side_start, side_end in ((last + 1, end), (max(start, before + 1), last)):
        side = leading(text, side_start, side_end)
        if side and not side.spoiled and not goes_on(text, side, side_end):
            return Said((side,))
    return Said(tuple(quantities(text, start, end)))


def _is_derived(text: str, start: int, last: int, before: Found) -> bool:
    """Whether the equation at `last` computes with what the ones before assign or give: `a=3, b=4 and a+b=7`,
    48÷2=24个,共48+24=72个.
    """
    sum_of = _ARITHMETIC.search(text, max(before.end, last - 40), last)
    if sum_of:
        return any(each.quantity == before.quantity for each in quantities(text, sum_of.start(), sum_of.end()))
    side = _DERIVED.search(text, max(start, last - 40), last)
    if side is None:
        return False
    names = re.findall(r"[A-Za-z]", side[1])
    assigned = {hit[1] for hit in _ASSIGNED.finditer(text, start, last)}
    return len(side[1].strip()) > 1 and bool(names) and set(names) <= assigned


def statement(text: str, start: int, end: int) -> Said:
    """What the statement says, whose place in the text makes it a conclusion but not what it says."""
    if has_equation(text, start, end):
        return right_of_equation(text, start, end)
    numbers = _outside_brackets(text, quantities(text, start, end), start)
    if len(numbers) == 1:
        return Said(()) if goes_on(text, numbers[0], end) else Said((numbers[0],))
    given = _given(text, start, end)
    return Said((given,)) if given else Said(tuple(numbers))


def _outside_brackets(text: str, numbers: list[Found], start: int) -> list[Found]:
    """Without glosses such as "60 mph (about 96.6 km/h)", unless all of them stand in brackets."""
    outside = [each for each in numbers if text.count("(", start, each.start) <= text.count(")", start, each.start)]
    return outside or numbers


def _given(text: str, start: int, end: int) -> Found | None:
    """The number that the statement ends with as its only predicate: "the cost of 3 shirts is $45", but not "the area
    is 36 and the perimeter is 24".
    """
    said = [found for hit in _GIVES.finditer(text, start, end) if (found := leading(text, hit.end(), end))]
    if not same(said) or goes_on(text, said[-1], end):
        return None
    rest = _TO_THE_END.match(text, said[-1].end, end)
    return said[-1] if rest and not _ADDS_OTHERS.search(rest[0]) else None

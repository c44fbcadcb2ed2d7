"""Numbers written in digits, as people and models write them, read as exact fractions.

    70,000   1,00,000   12 500   1.234.567   1{,}024   -$5   .5   1e5   6.02 × 10²³   1/2   2 1/2   2½   $2.5M   3万

Judgements: a comma between digits groups them, it is never a decimal point: 3,14 is two numbers; but 1.234,56 can only
be one. 5 million is 5000000. 10², 1.2.3, 5x, 5th, 3:45 and ±3 begin with digits and are no numbers: what a number is
part of decides, so each is found and marked as `spoiled`. Percent is kept apart from the value, 50% is (50, percent).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evalpipe.core.extract.reading import folded

MAX_DIGITS = 4000  # a model in a loop prints digits until it is cut; GSM8K records 1,500 in a row
MAX_EXPONENT = 100  # 1e999999999 written out would not fit into memory

_VULGAR = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5), "⅗": (3, 5),
    "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
    "⅑": (1, 9), "⅒": (1, 10),
}  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SCALES = {
    "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "百万": 6, "千万": 7, "百": 2, "千": 3,
    "万": 4, "亿": 8, "万亿": 12, "k": 3, "K": 3, "M": 6, "B": 9, "bn": 9, "m": 6, "mn": 6,
}  # fmt: skip

_GAP = r"(?:,|\{,\}|\\,|['\u00a0\u202f\u2009])"
_CURRENCY = r"(?:US|HK|A|C|NZ|S)?\\?[$€£¥₹₽₩]"
_FRACTION = r"\\[dtc]?frac[ ]?"
_NUMBER = rf"""
    (?: (?<![A-Za-z0-9_.]) | (?<=USD|RMB|CNY|EUR|GBP) | (?<=Rs\.) | (?<=Rs|RM) )
    (?P<sign> (?<![A-Za-z0-9)\]}}%])[-+](?:{_CURRENCY}[ ]?)?
      | (?<![0-9)}}\]%][ ])(?:minus|negative|Minus|Negative)[ ](?:{_CURRENCY})? | 负 )?
    (?: (?:(?P<front>[0-9]{{1,9}})[ ]?)?{_FRACTION}
          (?: \{{[ ]?(?P<top>-?[0-9]{{1,20}})[ ]?\}}[ ]?\{{[ ]?(?P<bottom>-?[0-9]{{1,20}})[ ]?\}}
            | (?P<one>[0-9])[ ]?(?P<two>[0-9])(?![0-9]) | (?P<single>[0-9])\{{(?P<under>[0-9]{{1,20}})\}} )
      | (?:(?P<before>[0-9]{{1,9}})[ ]?)?(?P<vulgar>[½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒])
      | (?P<whole>[0-9]{{1,9}})(?:[ ]|[ ]?and[ ])
          (?:(?P<part>[0-9]{{1,4}})[/⁄](?P<parts>[0-9]{{1,4}})(?![0-9/]|[.,][0-9])
            | (?P<half>a[ ]half)\b)
      | (?P<power10>10)(?: \^[ ]?\{{?(?P<tenth>[-+]?[0-9]{{1,9}})\}}? | (?P<raised10>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,9}}) )
      | (?P<dotted> [0-9]{{1,3}}(?:\.[0-9]{{3}}){{2,12}}(?:,[0-9]{{1,9}})?(?![.,]?[0-9])
          | [0-9]{{1,3}}\.[0-9]{{3}},[0-9]{{1,2}}(?![.,]?[0-9]) )
      | (?P<digits> (?> [0-9]{{1,3}}(?:{_GAP}[0-9]{{3}}){{1,12}}(?!,?[0-9])
                      | [1-9][0-9]{{0,2}}(?:[ ][0-9]{{3}}){{1,12}}(?![0-9/:]|[ ][0-9]|-[A-Za-z])
                      | [0-9]{{1,2}}(?:,[0-9]{{2}}){{1,12}},[0-9]{{3}}(?![0-9])
                      | [0-9]++ )
                    (?:\.[0-9]++)?+ (?!\.[0-9])
                  | \.[0-9]++ (?!\.[0-9]) )
        (?: [eE](?P<exponent>[-+]?[0-9]{{1,9}})(?![0-9A-Za-z])
          | [ ]?(?:×|x|\*|·|\\times|\\cdot)[ ]?10[ ]?
              (?: (?:\^|\*\*)[ ]?[\{{(]?(?P<power>[-+]?[0-9]{{1,9}})[\}})]? | (?P<raised>[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{{1,9}}) )
          | [ ]?[/⁄][ ]?(?P<divisor>[0-9]{{1,20}})(?![0-9/]|[.,][0-9])
          | [ -]?(?P<scale>hundred|thousand|million|billion|trillion|百万|千万|万亿|万|亿|千|百)(?![A-Za-z克米瓦分])
          | (?<=[0-9])(?P<money>k|K|M|B|bn|mn|m)(?![A-Za-z0-9²³]) )?
    ) (?![²³⁴½⅓⅔¼¾])
    (?P<percent>[ ]?(?:\\?%|(?i:percent|per[ ]cent)(?![A-Za-z])))?
"""
_TOKEN = re.compile(_NUMBER, re.VERBOSE)
_ALONE = re.compile(
    rf"""(?P<currency>{_CURRENCY}[ ]?|(?:USD|RMB|CNY|EUR|GBP|Rs\.?)[ ]?)? (?:{_NUMBER})
    (?:[ ]?(?:[$€£¥₹元]|USD|RMB|CNY|EUR|GBP))?\.?""",
    re.VERBOSE,
)
_MONEY_BEFORE = re.compile(r"[$€£¥₹₽₩][ ]?$|(?:USD|RMB|CNY|EUR|GBP|Rs\.?)[ ]?$")
# What makes a number a part of something else: a power, a variable, a constant, a time, a ratio, a version, a code.
_SPOILS_BEHIND = re.compile(
    r"""\^ | \*\*[0-9(] | [ ]?\\(?:pi|sqrt|theta|ln|log|sin|cos|tan|alpha|beta|pm|infty|pmod|binom)(?![a-zA-Z])
      | [ ]?[π√θ∞±] | (?:[xyznabiquvw]|xy|ab)(?![A-Za-z'’]) | :[0-9] | \.\.\.+[ ]?[+0-9] | /[0-9]
      | (?:st|nd|rd|th)(?![A-Za-z])
      | [ ]?[-+*/·×][ ]?(?:[xyzabn](?![A-Za-z])|\\(?:sqrt|pi|frac)) """,
    re.VERBOSE,
)
_SPOILS_BEFORE = re.compile(
    r"""(?: [A-Za-z]- | [±√^_π] | \\pm[ ]? | [xyzn][ ]?[-+*/·] | \\[a-zA-Z]{2,12}(?<!text)(?<!boxed)(?<!mathrm)
        (?<!mathbf)(?<!textbf)(?<!fbox)(?<!operatorname)(?<!displaystyle)(?:\[[^\]\n]{0,5}\])?\{-? | [0-9]: )$""",
    re.VERBOSE,
)
_NOT_DIGITS = re.compile(r"[^0-9.]")
_LONGEST_BEFORE = 24  # characters that decide what a number is part of


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact value. `percent`: it was written with a per cent sign, which is no part of the value."""

    value: Fraction
    percent: bool = False

    @property
    def written(self) -> str:
        """Plain decimal form, `50%` with its sign; a fraction that does not terminate in lowest terms, "1/3"."""
        return plain(self.value) + ("%" if self.percent else "")

    @property
    def share(self) -> Fraction:
        """What it is worth: 50% is a half."""
        return self.value / 100 if self.percent else self.value


@dataclass(frozen=True, slots=True)
class Found:
    """A number at [start, end). `quantity` is None when it is too large, or `spoiled` by what it is a part of."""

    quantity: Quantity | None
    start: int
    end: int
    spoiled: bool = False


def quantity_of(text: str) -> Quantity | None:
    """The number that the whole text is, with its currency or per cent sign; None when it is anything else."""
    hit = _ALONE.fullmatch(folded(text).strip())
    if hit is None or (hit["money"] in ("k", "K", "M", "B", "m") and not hit["currency"]):
        return None
    return _signed(hit, _size(hit))


def number_of(text: str) -> Fraction | None:
    """The value of the number that the whole text is, as it was written: 50% is 50. None when it is anything else."""
    found = quantity_of(text)
    return found.value if found else None


def numbers_in(text: str, start: int, end: int) -> list[Found]:
    """All numbers of [start, end) of a folded text, spoiled ones included."""
    return [_found(text, hit) for hit in _TOKEN.finditer(text, start, end)]


def number_at(text: str, start: int, end: int) -> Found | None:
    """The number that begins at `start` exactly."""
    hit = _TOKEN.match(text, start, end)
    return _found(text, hit) if hit else None


def plain(value: Fraction | Decimal) -> str:
    """Plain decimal form: no exponent, no leading plus, no trailing zeros, no minus before zero. A fraction that does
    not terminate is written in lowest terms, "1/3": cut off, it would be another number.
    """
    if isinstance(value, Decimal):
        value = Fraction(value)
    if value.denominator == 1:
        return str(value.numerator)
    places, rest = 0, value.denominator
    for prime in (2, 5):
        power = 0
        while not rest % prime:
            rest, power = rest // prime, power + 1
        places = max(places, power)
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    digits = str(abs(value.numerator) * 10**places // value.denominator).rjust(places + 1, "0")
    return f"{'-' if value < 0 else ''}{digits[:-places]}.{digits[-places:]}"


def is_writable(value: Decimal) -> bool:
    """Whether the number is finite and can be written out in full without harm."""
    return value.is_finite() and len(value.as_tuple().digits) <= MAX_DIGITS and abs(value.adjusted()) <= MAX_DIGITS


def _found(text: str, hit: re.Match[str]) -> Found:
    start, end = hit.span()
    before = text[max(0, start - _LONGEST_BEFORE) : start]
    spoiled = bool(_SPOILS_BEHIND.match(text, end) or _SPOILS_BEFORE.search(before))
    if hit["money"] == "m" and not _MONEY_BEFORE.search(before):  # 5m is five metres where it is no money
        return Found(None if spoiled else _signed(hit, _decimal(hit["digits"], 0)), start, hit.start("money"), spoiled)
    spoiled = spoiled or (hit["money"] in ("k", "K", "M", "B") and not _MONEY_BEFORE.search(before))  # 300K: kelvin?
    spoiled = spoiled or (hit["divisor"] is not None and hit["divisor"] == hit["digits"])  # 10/10 is a mark
    return Found(None if spoiled else _signed(hit, _size(hit)), start, end, spoiled)


def _signed(hit: re.Match[str], size: Fraction | None) -> Quantity | None:
    if size is None:
        return None
    minus = bool(hit["sign"]) and hit["sign"][0] in "-mnMN负"
    return Quantity(-size if minus else size, bool(hit["percent"]))


def _size(hit: re.Match[str]) -> Fraction | None:
    for top, bottom in (("top", "bottom"), ("one", "two"), ("single", "under")):
        if hit[top]:
            return _mixed(hit["front"], hit[top], hit[bottom])
    if hit["vulgar"]:
        return int(hit["before"] or 0) + Fraction(*_VULGAR[hit["vulgar"]])
    if hit["whole"]:
        return _mixed(hit["whole"], hit["part"], hit["parts"]) if hit["part"] else int(hit["whole"]) + Fraction(1, 2)
    if hit["power10"]:
        return _decimal("1", int(hit["tenth"] or hit["raised10"].translate(_RAISED)))
    if hit["dotted"]:
        groups = hit["dotted"].partition(",")[0].split(".")
        if len(groups) == 4 and all(int(group) < 256 for group in groups):
            return None  # an address
        return _decimal(hit["dotted"].replace(".", "").replace(",", "."), 0)
    if hit["divisor"]:
        top = _decimal(hit["digits"], 0)
        return top / int(hit["divisor"]) if top is not None and int(hit["divisor"]) else None
    exponent = hit["exponent"] or hit["power"] or (hit["raised"] or "").translate(_RAISED)
    return _decimal(hit["digits"], int(exponent or _SCALES.get(hit["scale"] or hit["money"], 0)))


def _decimal(digits: str, exponent: int) -> Fraction | None:
    whole, _, part = _NOT_DIGITS.sub("", digits).partition(".")
    if len(whole) + len(part) > MAX_DIGITS or abs(exponent) > MAX_EXPONENT:
        return None
    number, shift = int(whole + part), exponent - len(part)
    return Fraction(number * 10**shift) if shift >= 0 else Fraction(number, 10**-shift)


def _mixed(whole: str | None, top: str, bottom: str) -> Fraction | None:
    if not int(bottom) or (whole and ("-" in top or "-" in bottom)):
        return None
    return int(whole or 0) + Fraction(int(top), int(bottom))

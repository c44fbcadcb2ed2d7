"""Numbers as people and models write them, read as exact decimals.

    70,000   1,00,000   1{,}024   -$5   .5   1e5   6.02 × 10^23   1/2   2 1/2   \\frac{1}{2}   1.8 billion   3万

Judgements: per cent is a unit, so 50% is 50 and not 0.5 (GSM8K's keys have it so). 1/2 is 0.5; a fraction that does
not terminate is rounded to 28 digits, alike on both sides of a comparison. 5 million is 5000000. A comma stands
between groups of digits, never for a decimal point. 10², 1.2.3 and 2½ are no numbers here.
"""

import re
from dataclasses import dataclass
from decimal import Context, Decimal

from evalpipe.core.extract.reading import folded

MAX_DIGITS = 4000  # a model in a loop prints digits until it is cut; GSM8K records 1,500 in a row
MAX_EXPONENT = 100  # 1e999999999 written out would not fit into memory
_DIVISION = Context(prec=28)

_GAP = r"(?:,|\{,\}|\\,|[\u00a0\u202f\u2009])"
_NUMBER = rf"""
    (?: (?<![A-Za-z0-9_.]) | (?<=USD|RMB|CNY|EUR|GBP) | (?<=Rs\.) | (?<=Rs|RM) )
    (?P<sign> (?<![)\]}}%])[-+](?:\\?[$€£¥₹][ ]?)? )?
    (?: \\[dt]?frac\{{(?P<top>[0-9]{{1,20}})\}}\{{(?P<bottom>[0-9]{{1,20}})\}}
      | (?P<whole>[0-9]{{1,9}})[ ](?P<part>[0-9]{{1,4}})/(?P<parts>[0-9]{{1,4}})(?![0-9/]|[.,][0-9])
      | (?P<digits> (?> [0-9]{{1,3}}(?:{_GAP}[0-9]{{3}}){{1,12}}(?!,?[0-9])
                      | [0-9]{{1,2}}(?:,[0-9]{{2}}){{1,12}},[0-9]{{3}}(?![0-9])
                      | [0-9]++ )
                    (?:\.[0-9]++)?+ (?!\.[0-9])
                  | \.[0-9]++ (?!\.[0-9]) )
        (?: [eE](?P<exponent>[-+]?[0-9]{{1,9}})(?![0-9A-Za-z])
          | [ ]?(?:×|x|\*|\\times|\\cdot)[ ]?10[ ]?\^[ ]?\{{?(?P<power>[-+]?[0-9]{{1,9}})\}}?
          | [ ]?/[ ]?(?P<divisor>[0-9]{{1,20}})(?![0-9/]|[.,][0-9])
          | [ -]?(?P<scale>hundred|thousand|million|billion|trillion|百万|千万|万|亿)(?![A-Za-z]) )?
    ) (?![²³⁴½⅓⅔¼¾])
"""
_TOKEN = re.compile(_NUMBER, re.VERBOSE)
_ALONE = re.compile(
    rf"""(?:(?:US|HK)?\\?[$€£¥₹][ ]?|(?:USD|RMB|CNY|EUR|GBP|Rs\.?)[ ])? {_NUMBER}
    (?:[ ]?(?:\\?%|percent|per[ ]cent|[$€£¥₹元]|USD|RMB|CNY|EUR|GBP))?\.?""",
    re.VERBOSE,
)
_SCALES = {
    "hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12, "百万": 6, "千万": 7, "万": 4, "亿": 8
}  # fmt: skip
_NOT_DIGITS = re.compile(r"[^0-9.]")


@dataclass(frozen=True, slots=True)
class Found:
    """A number at [start, end); `value` is None when it is too long or too large to be one."""

    value: Decimal | None
    start: int
    end: int


def number_of(text: str) -> Decimal | None:
    """The number that the whole text is, with its currency or per cent sign; None when it is anything else."""
    hit = _ALONE.fullmatch(folded(text).strip())
    return _decimal(hit) if hit else None


def numbers_in(text: str, start: int, end: int) -> list[Found]:
    """All numbers of [start, end) of a folded text."""
    return [Found(_decimal(hit), hit.start(), hit.end()) for hit in _TOKEN.finditer(text, start, end)]


def number_at(text: str, start: int, end: int) -> Found | None:
    """The number that begins at `start` exactly."""
    hit = _TOKEN.match(text, start, end)
    return Found(_decimal(hit), hit.start(), hit.end()) if hit else None


def plain(value: Decimal) -> str:
    """Plain decimal form: no exponent, no leading plus, no trailing zeros, no minus before zero."""
    if not value:
        return "0"
    written = format(value, "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


def is_writable(value: Decimal) -> bool:
    """Whether the number is finite and can be written out in full without harm."""
    return value.is_finite() and len(value.as_tuple().digits) <= MAX_DIGITS and abs(value.adjusted()) <= MAX_DIGITS


def _decimal(hit: re.Match[str]) -> Decimal | None:
    size = _fraction(hit["top"], hit["bottom"]) if hit["top"] else _mixed(hit) if hit["whole"] else _simple(hit)
    return None if size is None else size.copy_negate() if (hit["sign"] or "").startswith("-") else size


def _simple(hit: re.Match[str]) -> Decimal | None:
    digits = _NOT_DIGITS.sub("", hit["digits"])
    if len(digits) > MAX_DIGITS:
        return None
    if hit["divisor"]:
        return _fraction(digits, hit["divisor"])
    exponent = int(hit["exponent"] or hit["power"] or _SCALES.get(hit["scale"], 0))
    return Decimal(f"{digits}e{exponent}") if abs(exponent) <= MAX_EXPONENT else None


def _mixed(hit: re.Match[str]) -> Decimal | None:
    part = _fraction(hit["part"], hit["parts"])
    return None if part is None else _DIVISION.add(Decimal(hit["whole"]), part)


def _fraction(top: str, bottom: str) -> Decimal | None:
    return _DIVISION.divide(Decimal(top), Decimal(bottom)) if Decimal(bottom) else None

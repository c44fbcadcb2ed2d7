"""Numbers as questions write them: 1,000, 1 000, 1000.0, 1e3, 1/2, one thousand and twenty-first all have a value.

Judgement: what is consistent is enough. "one of them" has a number here, and "second" is the 2nd also where it is a
time (`core/extract/numerals/spelled.py`): both sides of a comparison are read alike, so no two questions become the
same by it.
"""

from decimal import Decimal
from fractions import Fraction

MAX_DIGITS = 60  # a longer run of digits is compared as it is written

# One number in folded text. Digits in groups of three, or the last three behind groups of two as in 1,00,000.
NUMBER = (
    r"(?:[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?![0-9])|[0-9]{1,3}(?:[ ][0-9]{3})+(?![0-9])|[0-9]+)"
    r"(?:\.[0-9]+)?(?:e[-+]?[0-9]{1,2}(?![0-9a-z]))?(?:/[0-9]+(?![0-9/]))?|\.[0-9]+"
)
SUFFIXES = frozenset({"st", "nd", "rd", "th"})  # directly behind a number: 21st


def plain_value(written: str) -> str:
    """The value of what NUMBER matched, as an exact fraction: "1,000.0" and "1e3" are "1000", "1/2" is "1/2"."""
    if len(written) > MAX_DIGITS:
        return written
    if written.isdigit():
        return written.lstrip("0") or "0"
    top, _, bottom = written.replace(",", "").replace(" ", "").partition("/")
    if not bottom:
        return str(Fraction(Decimal(top)))
    return str(Fraction(Decimal(top)) / int(bottom)) if int(bottom) else f"{top}/0"

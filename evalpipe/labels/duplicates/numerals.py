"""Numbers as questions write them: 1,000, 1 000, 1000.0, 1e3, 1/2, one thousand and twenty-first all have a value.

Judgement: what is consistent is enough. "one of them" has a number here, and "second" is the 2nd also where it is a
time: both sides of a comparison are read alike, so no two questions become the same by it.
"""

from decimal import Decimal
from fractions import Fraction

MAX_DIGITS = 60  # a longer run of digits is compared as it is written

# One number in folded text. Digits in groups of three, or the last three behind groups of two as in 1,00,000.
NUMBER = (
    r"(?:[0-9]{1,3}(?:,[0-9]{2,3})*,[0-9]{3}(?![0-9])|[0-9]{1,3}(?:[ ][0-9]{3})+(?![0-9])|[0-9]+)"
    r"(?:\.[0-9]+)?(?:e[-+]?[0-9]{1,2}(?![0-9a-z]))?(?:/[0-9]+(?![0-9/]))?|\.[0-9]+"
)
_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_VALUES = {word: at for at, word in enumerate(_UNITS)} | {word: 20 + 10 * at for at, word in enumerate(_TENS)}
_IRREGULAR = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_ORDINALS = (
    {f"{word}th": value for word, value in _VALUES.items()}
    | {f"{word[:-1]}ieth": value for word, value in _VALUES.items() if word in _TENS}
    | _IRREGULAR
)
SUFFIXES = frozenset({"st", "nd", "rd", "th"})  # directly behind a number: 21st
WORDS = frozenset(_VALUES) | frozenset(SCALES) | frozenset(_ORDINALS)


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


class Spelled:
    """Reads a number word by word: `add` until it says that the word begins another number."""

    __slots__ = ("_done", "_last", "_open", "_scale", "is_ordinal")

    def __init__(self, word: str, before: str | None = None) -> None:
        """`before`: the value that a scale word stands behind, as in "1.8 million"."""
        self._done, self._open = Fraction(0), Fraction(0)  # closed by a thousand or more; still growing
        self._scale = 10**18  # of what is closed: the next one must be smaller
        self._last = 10**18  # the place of the last word
        self.is_ordinal = False
        if word not in SCALES:
            self._grow(word)
        else:
            self._open, self._last = Fraction(before or 1) * SCALES[word], SCALES[word]
            if word != "hundred":
                self._done, self._open, self._scale = self._open, Fraction(0), SCALES[word]

    def add(self, word: str) -> bool:
        """Take the word in; False: it does not go on with this number."""
        if self.is_ordinal:
            return False
        scale = SCALES.get(word)
        if scale is None:
            return self._grow(word)
        if scale == 100:
            fits = 0 < self._open < 100
            self._open *= 100 if fits else 1
        else:
            fits = scale < self._scale and 0 < self._open < 1000
            if fits:
                self._done, self._open, self._scale = self._done + self._open * scale, Fraction(0), scale
        self._last = scale if fits else self._last
        return fits

    def _grow(self, word: str) -> bool:
        value = _VALUES.get(word, _ORDINALS.get(word))
        place = 10 if value is not None and value >= 10 else 1
        if value is None or self._last <= place or (self._last == 10 and self._open % 100 < 20):
            return False
        self._open += value
        self._last = place
        self.is_ordinal = word in _ORDINALS
        return True

    @property
    def value(self) -> str:
        return str(self._done + self._open)

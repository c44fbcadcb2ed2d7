"""A number in English words, read word by word: one thousand and twenty-first.

Judgement: "second" is the 2nd also where it is a time. Who reads one text decides whether an ordinal counts.
"""

from fractions import Fraction

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
WORDS = frozenset(_VALUES) | frozenset(SCALES) | frozenset(_ORDINALS)


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
    def value(self) -> Fraction:
        return self._done + self._open

"""Numbers in English words: forty-two, one hundred and five, minus three, two thirds, two and a half, half a dozen.

Judgements: an ordinal is a place, not a number ("the third" is none, "a third" is 1/3). "One" in the middle of a
sentence is most often a pronoun, so it is a number only where it is all that is said.
"""

import re
from fractions import Fraction

from evalpipe.core.extract.decimals import Found, Quantity
from evalpipe.core.extract.numerals.spelled import WORDS, Spelled

_PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8,
    "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10, "twelfth": 12, "twelfths": 12, "hundredth": 100,
    "hundredths": 100,
}  # fmt: skip
_DIGITS = dict(
    zip(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], range(10), strict=True)
)
_LONGEST = 14  # words of a number; "nine hundred ninety-nine trillion ..." goes on, and nobody answers so
_STARTS = "|".join(sorted({*WORDS, "half", "minus", "negative", "a", "an"}, key=len, reverse=True))
_START = re.compile(rf"(?<![A-Za-z'’-])(?:{_STARTS})(?![A-Za-z'’])", re.IGNORECASE)
_NEXT = re.compile(r"(?:[ ]|-)(?P<and>and[ ])?(?P<word>[A-Za-z]+)")
_PERCENT = re.compile(r"[ ](?:percent|per cent)(?![A-Za-z])", re.IGNORECASE)
_PRONOUNS = ("one", "a", "an", "second", "seconds")


def words_in(text: str, start: int, end: int) -> list[Found]:
    """Numbers in words within [start, end), each once; a lone "one" is left out."""
    found: list[Found] = []
    for hit in _START.finditer(text, start, end):
        if found and hit.start() < found[-1].end:
            continue
        number = words_at(text, hit.start(), end)
        if number and text[number.start : number.end].lower() not in _PRONOUNS:
            found.append(number)
    return found


def words_at(text: str, start: int, end: int) -> Found | None:
    """The number in words that begins at `start` exactly."""
    if not _START.match(text, start, end):
        return None
    words = _words(text, start, end)
    at, sign = (1, -1) if words[0][0] in ("minus", "negative") else (0, 1)
    read = _read(words, at)
    if read is None:
        return None
    value, stop = read
    last = words[stop - 1][2]
    percent = _PERCENT.match(text, last, end)
    return Found(Quantity(sign * value, bool(percent)), start, percent.end() if percent else last)


def _words(text: str, start: int, end: int) -> list[tuple[str, bool, int]]:
    """The words from `start` on: each in lower case, whether "and" stands before it, and where it ends."""
    first = re.compile(r"[A-Za-z]+").match(text, start, end)
    words = [(first[0].lower(), False, first.end())] if first else []
    while words and len(words) < _LONGEST and (hit := _NEXT.match(text, words[-1][2], end)):
        words.append((hit["word"].lower(), bool(hit["and"]), hit.end()))
    return words


def _read(words: list[tuple[str, bool, int]], at: int) -> tuple[Fraction, int] | None:
    """The value of the words from `at` on, and the first word that is no more part of it."""
    whole = _whole(words, at)
    if whole is None:
        return _article(words, at)
    value, stop = whole
    if _word(words, stop) in _PARTS and not words[stop][1]:  # two thirds
        return value / _PARTS[_word(words, stop)], stop + 1
    if _word(words, stop) == "dozen":
        return value * 12, stop + 1
    if _word(words, stop) == "point":
        return _point(words, value, stop + 1)
    if stop < len(words) and words[stop][1]:  # two and a half, three and three quarters
        part = _article(words, stop) or _whole(words, stop)
        if part and part[0].denominator != 1:
            return value + part[0], part[1]
        if part and _word(words, part[1]) in _PARTS:
            return value + part[0] / _PARTS[_word(words, part[1])], part[1] + 1
    return value, stop


def _whole(words: list[tuple[str, bool, int]], at: int) -> tuple[Fraction, int] | None:
    if _word(words, at) not in WORDS:
        return None
    spelled = Spelled(words[at][0])
    if spelled.is_ordinal:
        return None
    stop, value = at + 1, spelled.value
    while _word(words, stop) in WORDS and spelled.add(words[stop][0]):
        if spelled.is_ordinal:
            return None  # twenty-first
        stop, value = stop + 1, spelled.value
    return value, stop


def _article(words: list[tuple[str, bool, int]], at: int) -> tuple[Fraction, int] | None:
    """a dozen, a hundred, a third, half, half a dozen"""
    word = _word(words, at)
    if word == "half":
        half_a_dozen = _word(words, at + 1) == "a" and _word(words, at + 2) == "dozen"
        return (Fraction(6), at + 3) if half_a_dozen else (Fraction(1, 2), at + 1)
    if word not in ("a", "an"):
        return None
    named = _word(words, at + 1)
    if named == "dozen":
        return Fraction(12), at + 2
    if named in ("hundred", "thousand", "million", "billion"):
        return _whole(words, at + 1)
    return (Fraction(1, _PARTS[named]), at + 2) if named in _PARTS else None


def _point(words: list[tuple[str, bool, int]], value: Fraction, at: int) -> tuple[Fraction, int]:
    scale = Fraction(1, 10)
    stop = at
    while _word(words, stop) in _DIGITS:
        value, scale, stop = value + _DIGITS[words[stop][0]] * scale, scale / 10, stop + 1
    return (value, stop) if stop > at else (value, at - 1)


def _word(words: list[tuple[str, bool, int]], at: int) -> str:
    return words[at][0] if at < len(words) else ""

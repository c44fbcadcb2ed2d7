"""The JSON objects of a text, strict ones and those that a person would still read, with their fields' places.

Strict JSON is read by the standard library. Where that fails, a scanner finds where each field of the object begins
and ends: it knows comments, single and curly quotes, bare keys, a comma too many or too few, and an object that the
text's end cuts off. It reads no values and mends nothing, so no field can come out that was not written; the values
are decoded one by one (lenient.py). Each character is read a bounded number of times.
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, cast

# How an object came to be read: as it stands, leniently, up to where the text was cut off, out of an escaped string.
How = Literal["strict", "lenient", "cut", "escaped"]

_MAX_BROKEN = 1000  # openings that turn out to be no object; each costs up to one pass to count lines for its error
_MAX_TOKENS = 10_000  # of the scanner, some 2 us each; no answer has as many, and a hostile text has more

# Comments longer than 200 characters are none: each opening brace may begin one, and must not cost the whole text.
BLANK = r"(?:\s|//[^\n]{0,200}+|\#[^\n]{0,200}+|/\*(?:[^*]|\*(?!/)){0,200}+\*/)*+"
_OPENING = re.compile(r"\{(?=\s{0,50}+(?:[\"'“”\\}/#]|[\w$-]{1,50}+\s{0,5}[:：]))")
_SKIP = re.compile(BLANK)
_BEHIND = rf"(?={BLANK}(?:[,，:：}}\]]|$|[\"'“][^\"'“”\n]{{1,100}}[\"'”]\s*[:：]))"  # a quote before these closes
STRING = re.compile(
    "|".join(
        rf"{opens}(?:[^{closes}\\]|\\.|[{closes}](?!{_BEHIND}))*+[{closes}]"
        for opens, closes in (('"', '"'), ("'", "'"), ("[“”]", "”“"))
    ),
    re.DOTALL,
)
_BARE_KEY = re.compile(r"[\w$-]{1,100}+")
_COLON = re.compile(rf"{BLANK}[:：]{BLANK}")
_BARE_VALUE = re.compile(r"[-+.\w]{1,5000}+")
_PLAIN = re.compile(r"(?:[^\"'“”{}\[\]/#]|/(?![/*]))++")
_NEXT = re.compile(rf"(?P<comma>{BLANK}[,，])?{BLANK}")


@dataclass(frozen=True, slots=True)
class Member:
    """A field: its name, and where its value stands in the text."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Object:
    """An object at [start, end). `values` are decoded where the object is strict, and None otherwise."""

    how: How
    start: int
    end: int
    members: tuple[Member, ...]
    values: dict[str, object] | None = None


class _CutError(Exception):
    """The text ends within the object."""


class _BrokenError(Exception):
    """No object, from here on."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def objects_of(text: str) -> tuple[list[Object], bool]:
    """All outermost objects in the text's order, and whether anything looked like one and was none.

    A broken object is not searched for whole ones inside it: half of an answer is not an answer.
    """
    read, scanner = decoder(), _Scanner(text)
    objects: list[Object] = []
    broken, at = 0, 0
    while (opening := _OPENING.search(text, at)) and broken < _MAX_BROKEN:
        start = opening.start()
        try:
            value, at = read.raw_decode(text, start)
            objects.append(Object("strict", start, at, (), cast("dict[str, object]", value)))
            continue
        except RecursionError:
            return objects, True
        except ValueError:
            pass
        try:
            found = scanner.object_at(start)
        except _BrokenError as error:
            broken, at = broken + 1, max(error.at, start + 1)
        else:
            objects.append(found)
            at = found.end
    return objects, broken > 0


def members_of(text: str, found: Object) -> tuple[Member, ...]:
    """The fields' places; a strict object is scanned only when somebody asks."""
    if found.members:
        return found.members
    try:
        return _Scanner(text).object_at(found.start).members
    except _BrokenError:
        return ()


def decoder() -> json.JSONDecoder:
    """Exact numbers, line breaks allowed in strings as models write them, no NaN."""
    return json.JSONDecoder(parse_float=_exact, parse_int=_exact, parse_constant=_refuse, strict=False)


def _exact(digits: str) -> Decimal:
    """NaN, which is not writable, for what no Decimal can hold: the object still parses, and its other fields count."""
    try:
        return Decimal(digits)
    except InvalidOperation:
        return Decimal("NaN")


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._left = _MAX_TOKENS
        self._content_end = len(text.rstrip(" \t\r\n`"))

    def object_at(self, start: int) -> Object:
        """The object that opens at `start`, its fields up to the cut where the text ends within it."""
        members: list[Member] = []
        try:
            at = self._skip(start + 1)
            while not self._at(at, "}"):
                name, at = self._key(at)
                end = self._value_end(at)
                members.append(Member(name, at, end))
                at = self._next(end)
        except _CutError:
            return Object("cut", start, len(self._text), tuple(members))
        return Object("lenient", start, at + 1, tuple(members))

    def _at(self, at: int, mark: str) -> bool:
        if at >= len(self._text):
            raise _CutError
        return self._text[at] == mark

    def _skip(self, at: int) -> int:
        self._left -= 1
        if self._left < 0:
            raise _BrokenError(len(self._text))
        blank = _SKIP.match(self._text, at)
        return blank.end() if blank else at

    def _key(self, at: int) -> tuple[str, int]:
        quoted = self._text[at] in "\"'“”"
        hit = (STRING if quoted else _BARE_KEY).match(self._text, at)
        if not hit:
            raise _CutError if quoted else _BrokenError(at)
        colon = _COLON.match(self._text, hit.end())
        if colon is None:
            raise _CutError if hit.end() >= self._content_end else _BrokenError(hit.end())
        return (hit[0][1:-1] if quoted else hit[0]), colon.end()

    def _value_end(self, at: int) -> int:
        if at >= len(self._text):
            raise _CutError
        mark = self._text[at]
        if mark in "\"'“”":
            return self._string_end(at)
        if mark in "{[":
            return self._nested_end(at)
        hit = _BARE_VALUE.match(self._text, at)
        if not hit:
            raise _BrokenError(at)
        if hit.end() >= self._content_end:
            raise _CutError  # 12 may have been going to be 120
        return hit.end()

    def _string_end(self, at: int) -> int:
        hit = STRING.match(self._text, at)
        if not hit:
            raise _CutError
        return hit.end()

    def _nested_end(self, at: int) -> int:
        depth = 0
        while True:
            at = self._skip(at)
            if at >= len(self._text):
                raise _CutError
            mark = self._text[at]
            if mark in "\"'“”":
                at = self._string_end(at)
            elif mark in "{[":
                depth, at = depth + 1, at + 1
            elif mark in "}]":
                depth, at = depth - 1, at + 1
                if not depth:
                    return at
            else:
                hit = _PLAIN.match(self._text, at)
                at = hit.end() if hit else at + 1

    def _next(self, at: int) -> int:
        """Where the next field, or the closing brace, stands; a comma between two fields may be missing."""
        self._left -= 1
        hit = _NEXT.match(self._text, at)
        end = hit.end() if hit else at
        if end < len(self._text) and self._text[end] in ",，":
            raise _BrokenError(end)
        missing = hit is not None and not hit["comma"] and not self._at(end, "}")
        if missing and not re.search(r"[\n\"']", self._text[at : end + 1]):
            raise _BrokenError(end)
        return end

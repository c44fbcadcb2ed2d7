"""An option by its number or place: "option 2", "2" behind a label, "the third one", 第三项."""

import re

from evalpipe.core.extract.choice.pairing import with_words
from evalpipe.core.extract.choice.reply import Reference, Reply, is_last
from evalpipe.core.questions import LETTERS

_NUMBER = re.compile(
    r"(?P<open>[(\[#*]{0,4})(?P<number>\d{1,2})(?P<close>[)\]*.:、]{0,4})(?![\w%,./:°+*^-]|\s?[=+*/%])"
)
_SAID_NUMBER = re.compile(r"(?:option|choice|number|no\.|#|选项|第)\s?#?$")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
ORDINAL = re.compile(
    r"(?:(?P<word>" + "|".join(_ORDINALS) + r"|last|final)|(?P<digits>\d{1,2})(?:st|nd|rd|th))"
    r"(?:\s(?:and\sfinal|listed|given))?\s(?:option|choice|one|answer|alternative|item|statement)(?![a-z])"
)
_ORDINAL_ZH = re.compile(
    r"(?:第(?P<word>[一二三四五六七八九十]|\d{1,2})(?:个(?:选项|答案)?|选项|项|种)|最后一(?:个(?:选项|答案)?|项))"
)
_NUMERALS_ZH = "一二三四五六七八九十"


def ordinal(reply: Reply, at: int, end: int) -> Reference | None:
    """The option that an ordinal names here."""
    hit = ORDINAL.match(reply.low, at, end) or _ORDINAL_ZH.match(reply.low, at, end)
    if hit is None:
        return None
    return Reference((_letter_of(place_of(hit, len(reply.options.letters))),), hit.start(), hit.end())


def place_of(hit: re.Match[str], count: int) -> int:
    """The one-based place that an ordinal names; the last of `count` for "last"."""
    groups = hit.groupdict()
    word = groups.get("word") or ""
    if groups.get("digits") or word.isdecimal():
        return int(groups.get("digits") or word)
    if word in _ORDINALS:
        return _ORDINALS.index(word) + 1
    return _NUMERALS_ZH.index(word) + 1 if word in _NUMERALS_ZH else count


def numbered(reply: Reply, at: int, start: int, end: int, bare_number: bool) -> Reference | None:
    """The option whose number stands here, one-based; no option's text is that number."""
    hit = _NUMBER.match(reply.flat, at, end)
    if hit is None or hit["number"] in reply.options.numerals:
        return None
    said_so = _SAID_NUMBER.search(reply.low, max(start - 8, 0), hit.start("number")) is not None
    if not said_so and not (bare_number and reply.options.plain_numbers):
        return None
    if (
        not said_so
        and not is_last(reply, hit.end(), end)
        and not hit["close"]
        and not reply.flat.startswith("\n", hit.end())
    ):
        return None
    found = Reference((_letter_of(int(hit["number"])),), hit.start("number"), hit.end("number"))
    return with_words(reply, found, end)


def _letter_of(place: int) -> str:
    """The letter of a one-based place; "?" for one that no question has."""
    return LETTERS[place - 1] if 1 <= place <= len(LETTERS) else "?"

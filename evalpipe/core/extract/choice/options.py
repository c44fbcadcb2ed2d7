"""The options of a question as a reply may name them: by letter, by number, by their own words."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from evalpipe.core.extract.reading import folded
from evalpipe.core.extract.text import normal
from evalpipe.core.questions import LETTERS

# Letters that are drawn as one sign, and circled digits: same length, so that offsets hold.
_DRAWN = {
    **{first + at: ord("A") + at for first in (0x24B6, 0x1F130, 0x1F150, 0x1F170) for at in range(26)},
    **{first + at: ord("a") + at for first in (0x24D0, 0x249C) for at in range(26)},
    **{first + at: ord("A") + at for first in (0x1D400, 0x1D468, 0x1D5D4, 0x1D63C) for at in range(26)},
    **{0x2460 + at: ord("1") + at for at in range(9)},
}
_IS_DRAWN = re.compile("[\u2460-\u24ff\U0001d400-\U0001d7ff\U0001f130-\U0001f1ff]")
_ARTICLE = re.compile(r"(?:the|a|an) (?=.{2})")
_ARTICLES = ("the ", "a ", "an ")
_NO_WORDS = " \t\n\r\"'`*_$.,;:!?()[]{}<>-"
_FRACTION = re.compile(r"\\d?frac\{([^{}]{1,20})\}\{([^{}]{1,20})\}")
_MARKUP = re.compile(r"\\(?:text|textbf|mathrm|mathbf)|[\s$\\{}*_`,]")
_LIST_MARK = re.compile(r"[).:、\]*•-][ \t]{0,4}\"?")
# Words that stand in any sentence; as an option they are chosen only where they stand as the answer.
_EVERYDAY = frozenset(
    {"yes", "no", "all", "none", "both", "not", "it", "i", "a", "是", "否", "对", "错", "不", "有", "无"}
)


@dataclass(frozen=True, slots=True)
class Named:
    """An option's own words at [start, end)."""

    letter: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Options:
    """`words`: what an option is called in lower case, and its letter, the longest first; words that two options share
    name neither. `by_text` and `squeezed`: the same for a whole stretch, in normal form and without any markup.
    `initials`: what any of them begins with.
    `plain_numbers`: whether a bare 2 can only be the second option, since no option has a digit.
    """

    letters: str
    words: tuple[tuple[str, str], ...]
    by_text: dict[str, str]
    squeezed: dict[str, str]
    plain_numbers: bool
    numerals: frozenset[str]
    longest: int
    initials: frozenset[str]

    def named(self, text: str) -> str | None:
        """The option whose words these are, and nothing else."""
        if text.isascii() and "\\" not in text:
            begins = text.lstrip(_NO_WORDS).lower()
            if begins[:1] not in self.initials and not begins.startswith(_ARTICLES):
                return None  # nearly always, and far cheaper than the normal form
        form = normal(text)
        if form in self.by_text:
            return self.by_text[form]
        short = _ARTICLE.sub("", form) if form[:1] in ("t", "a") else form
        return self.by_text.get(short) or self.squeezed.get(_bare(form))

    def at(self, low: str, start: int, end: int) -> Named | None:
        """The option whose words begin here, the longest of them."""
        for words, letter in self.words:
            if low.startswith(words, start, end) and _is_apart(low, start, start + len(words)):
                return Named(letter, start, start + len(words))
        return None

    def listed(self, low: str) -> Iterator[Named]:
        """Options' words behind what may be a letter's or a list's mark. No pattern of the words: to compile one takes
        8 ms, and a bank has as many as it has questions.
        """
        after = 0
        for mark in _LIST_MARK.finditer(low):
            start = mark.end()
            if mark.start() < after:
                continue
            for words, letter in self.words:
                after_words = start + len(words)
                if low.startswith(words, start) and not _goes_on(low, after_words):
                    yield Named(letter, start, after_words)
                    after = after_words
                    break

    def ending(self, low: str, end: int) -> Named | None:
        """The option whose words end here, the longest of them."""
        for words, letter in self.words:
            if low.endswith(words, 0, end) and _is_apart(low, end - len(words), end):
                return Named(letter, end - len(words), end)
        return None

    def mentions(self, low: str, start: int, end: int, most: int = 20) -> list[Named]:
        """Where [start, end) has options' words, none of them inside another's; not words that any sentence may have,
        such as "no"."""
        found: list[Named] = []
        for words, letter in self.words:
            common = words in _EVERYDAY or (len(words) < 2 and words.isascii())
            at = -1 if common else low.find(words, start, end)
            while at >= 0 and len(found) < most:
                stop = at + len(words)
                if _is_apart(low, at, stop) and not any(each.start < stop and at < each.end for each in found):
                    found.append(Named(letter, at, stop))
                at = low.find(words, stop, end)
        return sorted(found, key=lambda each: each.start)


@lru_cache(maxsize=4096)
def options_of(choices: tuple[str, ...]) -> Options:
    """How these options can be named."""
    letters = LETTERS[: len(choices)]
    texts = [normal(flattened(choice)) for choice in choices]
    pairs = list(zip(texts, letters, strict=False))  # letters end at Z; an option behind it has no name
    by_text = {text: letter for text, letter in pairs if text and texts.count(text) == 1}
    short = [_ARTICLE.sub("", text) for text in texts]
    for text, letter in zip(short, letters, strict=False):
        if text and short.count(text) == 1:
            by_text.setdefault(text, letter)
    bare = [_bare(text) for text in texts]
    squeezed = {text: letter for text, letter in zip(bare, letters, strict=False) if text and bare.count(text) == 1}
    words = tuple(sorted(by_text.items(), key=lambda pair: -len(pair[0])))
    no_digits = not any(char.isdigit() for text in texts for char in text)
    numerals = frozenset(text for text in texts if text.isdigit())
    initials = frozenset(text[0] for form in (*by_text, *squeezed) if (text := form.lstrip(_NO_WORDS)))
    return Options(letters, words, by_text, squeezed, no_digits, numerals, max(map(len, choices)), initials)


def flattened(text: str) -> str:
    """The text with typographic forms as ASCII, letters drawn as one sign too; same length."""
    flat = text if text.isascii() and "\r" not in text else folded(text)
    return flat.translate(_DRAWN) if _IS_DRAWN.search(flat) else flat


def lowered(flat: str) -> str:
    """Lower case; same length."""
    low = flat.lower()
    return low if len(low) == len(flat) else "".join(char.lower()[:1] or char for char in flat)


def choices_key(choices: Sequence[str]) -> tuple[str, ...]:
    """The choices as a key of the cache."""
    return choices if isinstance(choices, tuple) else tuple(choices)


def is_ideograph(char: str) -> bool:
    """Whether the character is Chinese writing, which has no spaces between words."""
    return "\u4e00" <= char <= "\u9fff"


def _bare(form: str) -> str:
    return _MARKUP.sub("", _FRACTION.sub(r"\1/\2", form) if "frac" in form else form)


def _is_apart(low: str, start: int, end: int) -> bool:
    """Whether words are not part of longer ones; between ideographs nobody can tell."""
    if start > 0 and low[start - 1].isalnum() and _join(low[start - 1], low[start]):
        return False
    return end >= len(low) or not low[end].isalnum() or not _join(low[end], low[end - 1])


def _goes_on(low: str, end: int) -> bool:
    """Whether what ends here is only the beginning of a longer word."""
    return end < len(low) and low[end].isalnum() and _join(low[end], low[end - 1])


def _join(outer: str, inner: str) -> bool:
    return inner.isalnum() and not is_ideograph(outer) and not is_ideograph(inner)

"""Whether two questions are the same one, word by word. MinHash proposes, this decides.

The same: all numbers, marks and options agree, and each word is the other's or a slip of it. A slip is a word that
hardly any other question of the bank has, one edit away from a word that stands in its place and that others have. So
"mitosis" is no slip of "meiosis", nor Marie of Maria: another word is another question, however alike the two look.
"""

import re
from collections.abc import Callable

from evalpipe.labels.duplicates.wording import Wording, may_slip

MAX_SLIPS = 3  # words; who types worse than this has written another question
RARER = 50  # times less often than the right word, where the same slip is made more than once
MAX_CASED_SHARE = 0.25  # of the words; where more differ in case, somebody changed the case of the whole text
MAX_CASED_LETTERS = 3  # Aa and AA, mW and MW; longer words mean the same in any case

Frequency = Callable[[str], int]  # in how many questions of the bank a word stands, at least
_WORD = re.compile(r"[^\W\d_]+")


def same_words(one: Wording, other: Wording, texts: tuple[str, str], frequency: Frequency) -> bool:
    """Whether two questions differ by slips alone. `texts`: both as delivered."""
    if len(one.tokens) != len(other.tokens) or sorted(one.options) != sorted(other.options):
        return False
    differing = [(a, b) for a, b in zip(one.tokens, other.tokens, strict=True) if a != b]
    return len(differing) <= MAX_SLIPS and all(_is_slip(a, b, texts, frequency) for a, b in differing)


def _is_slip(left: str, right: str, texts: tuple[str, str], frequency: Frequency) -> bool:
    if not (may_slip(left) and may_slip(right) and left[0] == right[0]):
        return False  # who slips, slips behind the first letter
    rare, usual = sorted((frequency(left), frequency(right)))
    if usual < 2 or rare > max(1, usual // RARER) or not one_edit(left, right):
        return False
    # A name is capitalised. A slip in one is told by the right form standing elsewhere in both texts.
    if all(_stands(word, text) for word, text in zip((left, right), texts, strict=True)):
        return True
    return any(all(_stands(word.capitalize(), text) for text in texts) for word in (left, right))


def _stands(word: str, text: str) -> bool:
    return re.search(rf"(?<![^\W\d_]){re.escape(word)}(?![^\W\d_])", text) is not None


def one_edit(left: str, right: str) -> bool:
    """Whether one letter more, less or other, or two neighbours swapped, turns one word into the other."""
    if abs(len(left) - len(right)) > 1 or left == right:
        return False
    start = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
    a, b = left[start:], right[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return longer[1:] == shorter


def case_tells_apart(one: str, other: str) -> bool:
    """Whether two texts that agree in any case mean different things: a few short words differ in case inside (Aa, AA).

    Where many words differ, the case of the whole text was changed, and says nothing.
    """
    words, others = _WORD.findall(one), _WORD.findall(other)
    if len(words) != len(others) or any(text.islower() or text.isupper() for text in (one, other)):
        return False
    differing = [(a, b) for a, b in zip(words, others, strict=True) if a != b and a.casefold() == b.casefold()]
    if len(differing) > MAX_CASED_SHARE * len(words):
        return False
    return any(len(a) <= MAX_CASED_LETTERS and a[1:] != b[1:] for a, b in differing)

"""The numbers of a stretch of text, in digits or in words, without those that it denies.

A number is `spoiled`, which says that it is no value to answer with, where it is part of an expression (5x, 3:45) or
only a bound (more than 5, x > 5). "At least 5" is a bound too, but not in "we need at least 5".
"""

import re

from evalpipe.core.extract.decimals import Found, Quantity, number_at, numbers_in
from evalpipe.core.extract.numerals.chinese import numeral_at, numerals_in
from evalpipe.core.extract.numerals.english import words_at, words_in

# Markup, currency, hedges and copulas that stand between a label and its number.
_LEAD = re.compile(
    r"""(?:[\s*_`"'(\[{:>~≈$€£¥₹≒] | \\[(\[$,;!\ ] | \\(?:text|textbf|mathrm|mathbf|boxed|fbox|left)[ ]?[{(\[]?
      | \\(?:approx|quad|qquad)(?![a-zA-Z])
      | (?:about|approximately|approx\.?|around|roughly|exactly|only|just|simply|equal[ ]to|US(?=\$)|USD|RMB|CNY|EUR|GBP
          |Rs\.?)(?![A-Za-z])
      | 约等于|大约|约|等于|正好|恰好|一共是?|总共是?|共|仅|应该?是|就?是|为 ){0,40}+""",
    re.VERBOSE | re.IGNORECASE,
)
_REACH = 40  # characters before a number that may deny or bound it
_DENIED = re.compile(
    r"(?:(?<![A-Za-z])(?:not|never|isn't|wasn't|aren't|rather[ ]than|instead[ ]of)|≠|!=|\\neq?"
    r"|不是|不等于|并非|而非|不为)"
    r"(?:[ ](?:be|equal[ ]to|exactly|simply|just|necessarily|actually|going[ ]to[ ]be))?[\s*$\\(]*$",
    re.IGNORECASE,
)
_NEEDED = re.compile(
    r"(?:need|needs|needed|require|requires|must|should|take|takes|buy|have)[a-z ]{0,20}$", re.IGNORECASE
)
_LEAST = re.compile(r"(?:at[ ](?:least|most)|a[ ](?:minimum|maximum)[ ]of)[ ][*$\\(]{0,3}$", re.IGNORECASE)
_BOUND = re.compile(
    r"""(?: (?<![A-Za-z])(?:more|less|greater|fewer|larger|smaller|bigger|higher|lower|other)[ ]than
            (?:[ ]or[ ]equal[ ]to)?
          | (?<![A-Za-z])(?:exceeds?|exceeding|up[ ]to|almost|nearly|close[ ]to|over|under|above|below|between|either)
          | (?<![=-])[<>≤≥] | \\(?:leq?|geq?|lt|gt|leqslant|geqslant)(?![a-z]) | (?<![!])[<>]=
          | 大于等于|小于等于|大于|小于|超过|不到|不足|多于|少于|高于|低于|不超过|至少|至多
          | 最多|最少|介于|接近 )[\s*$\\(]*$""",
    re.VERBOSE | re.IGNORECASE,
)


def leading(text: str, start: int, end: int) -> Found | None:
    """The number that [start, end) begins with, behind markup and currency; "- 5" is -5 unless it is a list's item."""
    lead = _LEAD.match(text, start, end)
    at = lead.end() if lead else start
    found = number_at(text, at, end)
    if found is None and text[at : at + 1].isalpha():
        found = words_at(text, at, end) if text[at].isascii() else numeral_at(text, at, end)
    elif found is None and text.startswith("- ", at, end) and "\n" not in text[max(0, at - 2) : at]:
        after = number_at(text, at + 2, end)
        if after is None or after.quantity is None:
            return None
        return Found(Quantity(-after.quantity.value, after.quantity.percent), at, after.end)
    return found if found is None or found.spoiled else _judged(text, found, start)


def quantities(text: str, start: int, end: int) -> list[Found]:
    """All numbers of [start, end) that the text does not deny; those in words only where there is none in digits."""
    found = numbers_in(text, start, end)
    if not found:
        found = sorted([*words_in(text, start, end), *numerals_in(text, start, end)], key=lambda each: each.start)
    judged = (_judged(text, each, max(0, start - _REACH)) for each in found)
    return [each for each in judged if each is not None]


def same(found: list[Found]) -> bool:
    """Whether all of them are one value, and it is one to answer with."""
    return bool(found) and found[0].quantity is not None and all(each.quantity == found[0].quantity for each in found)


def _judged(text: str, found: Found, start: int) -> Found | None:
    """The number, spoiled where it is only a bound; None where it is denied."""
    before = text[max(start, found.start - _REACH) : found.start]
    if _DENIED.search(before):
        return None
    least = _LEAST.search(before)
    if _BOUND.search(before) or (least and not _NEEDED.search(before[: least.start()])):
        return Found(None, found.start, found.end, spoiled=True)
    return found

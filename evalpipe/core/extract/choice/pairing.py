"""A letter and an option's own words beside it: "B) Rome", "Rome (B)". They agree, or the reply contradicts itself."""

import re

from evalpipe.core.extract.choice.options import is_ideograph
from evalpipe.core.extract.choice.reply import Reference, Reply, is_last

# What leads from a letter to its words, or follows an option that stands bare.
REASON = (
    r"(?:because|since|as|given|which|where|due|for|based|according|and|or|rather|not|but|whose|here|overall|too|then"
    r"|instead)(?![A-Za-z])"
)
_AFTER_WORDS = re.compile(rf"[\"'*_)\]}}$`]{{0,6}}(?:\s*(?:[.,;:!?()\[\]\n|/+&<>~、、\u2013\u2014]|--?\s|{REASON}|$))")
_AFTER_WORDS_ZH = frozenset("因是的而由这吧和或、")
_TO_WORDS = re.compile(r"[\s)\].:,=*_`\"'】」}$>、(\[-]{1,8}(?:(?:which is|i\.e\.|namely|that is),?\s?[\"'*(]{0,3})?")
_TO_LETTER = re.compile(
    r"[\s\"'*_`.]{0,6}[(\[,-]\s?(?:which is )?(?:option |choice |选项)?([a-z])[)\]*.]{0,3}(?![a-z0-9'])"
)


def words_end(reply: Reply, at: int, end: int) -> bool:
    """Whether what ends at `at` is not part of a longer name."""
    if at >= end or is_last(reply, at, end):
        return True
    char = reply.flat[at]
    if is_ideograph(char):
        return char in _AFTER_WORDS_ZH
    return _AFTER_WORDS.match(reply.flat, at, end) is not None


def with_words(reply: Reply, found: Reference, end: int) -> Reference:
    """ "B) Rome": the words behind a letter are its own, or the reply contradicts itself."""
    gap = _TO_WORDS.match(reply.low, found.end, end)
    named = reply.options.at(reply.low, gap.end(), end) if gap else None
    if named is None or "\n\n" in reply.flat[found.end : named.start]:
        return found
    if named.letter == found.letters[0]:
        return Reference(found.letters, found.start, named.end)
    own = reply.low[named.start : named.end]
    if len(own) == 1 and own.isalpha() and "," in reply.flat[found.end : named.start]:
        return found  # "B, A": two letters, where an option's text is a letter
    if not words_end(reply, named.end, end) or reply.flat.startswith("是", named.end):
        return found  # "B. 上海是直辖市": the next sentence
    return Reference((found.letters[0], named.letter), found.start, named.end, fits=False)


def with_letter(reply: Reply, found: Reference, end: int) -> Reference:
    """ "Rome (C)": the letter behind the words is theirs, or the reply contradicts itself."""
    hit = _TO_LETTER.match(reply.low, found.end, end)
    if hit is None or hit[1].upper() not in reply.options.letters or "," in hit[0]:
        return found
    letter = hit[1].upper()
    if letter == found.letters[0]:
        return Reference(found.letters, found.start, hit.end(1))
    return Reference((found.letters[0], letter), found.start, hit.end(1), fits=False)

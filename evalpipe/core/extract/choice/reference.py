"""What a stretch of a reply refers to: "B", "(B) Rome", "option 2", "the third one", "Rome", or several of them."""

import re

from evalpipe.core.extract.choice.joint import ANOTHER, everything, run_together, with_more
from evalpipe.core.extract.choice.numbering import numbered, ordinal
from evalpipe.core.extract.choice.options import is_ideograph
from evalpipe.core.extract.choice.pairing import REASON, with_letter, with_words, words_end
from evalpipe.core.extract.choice.reply import LETTER, Reference, Reply, is_last, skip_filler, skip_spaces

MAX_REFERENCE = 300  # characters; what stands further from a cue is not what it points at
_GLUED = re.compile(r"[(\[*]{0,3}(?P<letter>[A-Za-z])[)\].:、]{1,3}(?=[A-Za-z0-9])")  # "B.Rome"
_VARIABLE = re.compile(r"\s*(?:=(?!>)|[<>]=?\s|[≈≤≥±×^+])\s*")  # "A = 5" speaks of a quantity, "A = Rome" of an option
# What may follow a letter that stands bare, so that "A because" chooses and "A prime number" does not.
_FOLLOWS = re.compile(
    rf"\s*(?:[,;!?(=/&|~、<\u2013\u2014✓✅✔☑]|--?\s|[项是因]|if\s(?:I|my|memory)(?![a-z])|the\s(?:correct|right|best)\s|{REASON})"
)
_FOLLOWS_SMALL = re.compile(r"\s*(?:[,;!)]|--?\s|(?:because|since)(?![A-Za-z]))")


def reference(reply: Reply, start: int, end: int, *, bare_number: bool = False) -> Reference | None:
    """What the stretch begins with, fillers apart; None when that is no option.

    Args:
        bare_number: whether a number alone may be an option's, as behind "Answer:".
    """
    end = min(end, start + MAX_REFERENCE)
    whole = _whole(reply, start, end)
    if whole:
        return whole
    at = skip_filler(reply, start, end)
    first = _one(reply, start, at, end, bare_number)
    if first is None and at > start:
        first = _one(reply, start, _after_signs(reply, start, end), end, bare_number)
    if first is None:
        return everything(reply, at, end) or run_together(reply, at, end)
    return with_more(reply, first, end)


def _after_signs(reply: Reply, start: int, end: int) -> int:
    """An option's own words may begin with a filler: "It is", "The Nile", "Both of them"."""
    at = start
    while at < end and not reply.low[at].isalnum():
        at += 1
    return at


def _whole(reply: Reply, start: int, end: int) -> Reference | None:
    """A stretch, or its first sentence, that is an option's words and nothing else."""
    if end - start > 2 * reply.options.longest + 20:
        return None
    stretch = reply.flat[start:end]
    if len(stretch.strip()) < 2:
        return None
    letter = reply.options.named(stretch.rstrip(" }"))
    if letter is None or LETTER.fullmatch(stretch.strip(" \n.*")):
        return None
    lead = len(stretch) - len(stretch.lstrip())
    return Reference((letter,), start + lead, start + len(stretch.rstrip()), words=True)


def _one(reply: Reply, start: int, at: int, end: int, bare_number: bool) -> Reference | None:
    hit = LETTER.match(reply.flat, at, end)
    signs = at
    while signs < end and reply.flat[signs] in "([{$*_`\"'【「<":
        signs += 1
    named = reply.options.at(reply.low, signs, end)
    if named and hit and hit["letter"].upper() in reply.options.letters and named.end <= hit.end("letter"):
        named = None  # a letter names its option even where another option's text is that letter
    if named and words_end(reply, named.end, end):
        return with_letter(reply, Reference((named.letter,), named.start, named.end, words=True), end)
    glued = _GLUED.match(reply.flat, at, end)
    if glued and reply.options.at(reply.low, glued.end(), end):
        return with_words(reply, Reference((glued["letter"].upper(),), *glued.span("letter")), end)
    if hit:
        return _lettered(reply, hit, start, end)
    return ordinal(reply, at, end) or numbered(reply, at, start, end, bare_number)


def _lettered(reply: Reply, hit: re.Match[str], start: int, end: int) -> Reference | None:
    if not _chooses(reply, hit, start, end):
        return None
    letter = hit["letter"].upper()
    found = Reference((letter,), hit.start("letter"), hit.end("letter"))
    return with_words(reply, found, end)


def _chooses(reply: Reply, hit: re.Match[str], start: int, end: int) -> bool:
    """Whether a letter is an option and not a word: marked, or alone, or followed as an option would be."""
    flat, after = reply.flat, hit.end()
    sign = _VARIABLE.match(flat, after, end)
    if sign and not reply.options.at(reply.low, sign.end(), end):
        return False
    if is_last(reply, after, end):
        return True
    if reply.several and hit["letter"].isupper() and ANOTHER.match(flat, after, end):
        return True
    said_so = reply.low[max(0, start - 8, hit.start() - 8) : hit.start()].rstrip(" *(")
    if said_so.endswith(("option", "choice", "选项", "letter")) and hit["letter"] != "a":
        return True
    if any(mark in hit["close"] for mark in ")].:*}】」、`$") or (hit["open"].strip("<\\") and hit["close"]):
        return hit["letter"].isupper() or hit["letter"] not in "ai" or bool(hit["open"]) or ")" in hit["close"]
    if hit["letter"].islower():
        return _FOLLOWS_SMALL.match(flat, after, end) is not None
    if _FOLLOWS.match(flat, after, end):
        return hit["letter"] not in "AI" or not flat.startswith((" for", " as", " not", " where"), after)
    rest = skip_spaces(flat, after, end)
    own = reply.options.at(reply.low, rest, end)
    if own and own.letter == hit["letter"]:
        return True
    if hit["letter"] in "AI":
        return rest < end and (flat[rest] == "\n" or is_ideograph(flat[rest]) or "\n" in flat[after:rest])
    return rest < end and not flat[rest].islower()

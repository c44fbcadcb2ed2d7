"""Several options in one reference: "A, C and (D)", "ACD", "A) Iron, C) Copper", "all of the above"."""

import re

from evalpipe.core.extract.choice.options import is_ideograph
from evalpipe.core.extract.choice.pairing import with_letter, with_words, words_end
from evalpipe.core.extract.choice.reply import LETTER, Reference, Reply

_MOST = 30  # options in one list; there are 26 letters
_RUN = re.compile(r"[(\[{$*_`\"'【「]{0,6}(?P<letters>[A-Z]{2,26}|[a-z]{2,6})(?![A-Za-z0-9'+#_-])")
_AND = re.compile(
    r"[)\]\"'*}`项]{0,5}\s?(?P<sign>[,/&|+;、]|(?:\band|\bor)(?![a-z])|和|与|及|或|还是|以及|\n[ \t]?[-*•]?)"
    r"\s?(?P<word>(?:and|or|also|both)(?![a-z])|和|或)?\s?(?:option\s|choice\s|选项)?(?P<open>[(\[\"'*-]{0,3}\s?)"
)
ANOTHER = re.compile(r"[ \n][(\[]?[A-Z](?![\w'-])")
_BESIDE = re.compile(r"(?P<sign>[)\].:]{0,2}[ \n])(?P<word>)(?P<open>[(\[]?)")
_ALTERNATIVE = frozenset({"or", "或", "还是", "/"})
_BOUNDARY = re.compile(
    r"[)\]\"'*.:}`$_>】]{0,6}\s*+(?:$|(?<=\n)|[,.;!?)\]/&|、项]|(?:and|or|are|is)(?![A-Za-z])|[和或与及都均])"
)
_ALL = re.compile(
    r"(?:all(?=\W{0,4}$)|all\sof\sthe\sabove|all\s(?:of\s)?(?:the\sabove|them|these|the\soptions|options|four))(?![a-z])"
    r"|全选|以上(?:都|全部?)"
)


def everything(reply: Reply, at: int, end: int) -> Reference | None:
    """ "All of the above", where several options may be right."""
    hit = _ALL.match(reply.low, at, end) if reply.several else None
    return Reference(tuple(reply.options.letters), hit.start(), hit.end()) if hit else None


def run_together(reply: Reply, at: int, end: int) -> Reference | None:
    """ "ACD": several options, each once and each the question's; a word is none."""
    hit = _RUN.match(reply.flat, at, end)
    if hit is None:
        return None
    letters = hit["letters"].upper()
    known = len(set(letters)) == len(letters) and all(letter in reply.options.letters for letter in letters)
    if not known or (hit["letters"].islower() and not (reply.several and letters == "".join(sorted(letters)))):
        return None
    if not _BOUNDARY.match(reply.flat, hit.end(), end) and not is_ideograph(
        reply.flat[hit.end() : hit.end() + 1] or " "
    ):
        return None
    return Reference(tuple(letters), hit.start("letters"), hit.end("letters"))


def with_more(reply: Reply, first: Reference, end: int) -> Reference:
    """The reference with those that are joined to it: "A, C and (D)", "A) Iron, C) Copper"."""
    letters, at, fits, words = list(first.letters), first.end, first.fits, first.words
    for _ in range(_MOST):
        following = _next(reply, at, end)
        if following is None:
            break
        more, alternative = following
        letters += [letter for letter in more.letters if letter not in letters]
        at, fits, words = more.end, fits and more.fits and not alternative, words and more.words
    return Reference(tuple(letters), first.start, at, fits, words)


def _next(reply: Reply, at: int, end: int) -> tuple[Reference, bool] | None:
    joint = _AND.match(reply.low, at, end)
    if joint is None and reply.several:
        joint = _BESIDE.match(reply.low, at, end)
    if joint is None:
        return None
    behind = joint.start("open")
    hit = LETTER.match(reply.flat, behind, end)
    marked = hit is not None and (")" in hit["close"] or "]" in hit["close"] or (reply.several and "." in hit["close"]))
    letter = hit["letter"] if hit and (hit["letter"].isupper() or reply.several or hit["open"]) else ""
    alternative = joint["sign"] in _ALTERNATIVE or (joint["word"] or "") in _ALTERNATIVE
    if (
        hit
        and letter
        and (
            marked
            or _BOUNDARY.match(reply.flat, hit.end("letter"), end)
            or (reply.several and ANOTHER.match(reply.flat, hit.end("letter"), end))
        )
    ):
        if "\n" in joint["sign"] and not reply.several:
            return None
        found = Reference((letter.upper(),), hit.start("letter"), hit.end("letter"))
        return with_words(reply, found, end), alternative
    named = reply.options.at(reply.low, joint.end(), end)
    if named and words_end(reply, named.end, end) and "\n" not in joint["sign"]:
        return with_letter(reply, Reference((named.letter,), named.start, named.end, words=True), end), alternative
    return None

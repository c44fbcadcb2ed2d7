"""What a stretch of a reply refers to: "B", "(B) Rome", "option 2", "the third one", "Rome", or several of them."""

import re
from dataclasses import dataclass

from evalpipe.core.extract.choice.options import Options, is_ideograph
from evalpipe.core.questions import LETTERS

MAX_REFERENCE = 300  # characters; what stands further from a cue is not what it points at
_MOST = 30  # options in one list; there are 26 letters

# What may stand before an option without being one. Possessive: hostile text of nothing else costs its length.
_FILLER = re.compile(
    r"""(?: [\s*_>:~=|"'`\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f300-\U0001faff]
      | \\[(\[] | \$ | \\(?:text|textbf|mathrm|mathbf|boxed|fbox)[ ]?\{ | -(?![\w-]) | [(\[{](?=(?:option|choice)\b)
      | (?:the|option|choice|letter|answer|alternative|statement|most|it'?s|it\sis|is|be|clearly|definitely|likely
          |probably|certainly|surely|actually|indeed|obviously|simply|both|either|that|therefore|only|correct|right|with
          |number|no\.|options|choices|letters|would\sbe|must\sbe|my|final|best|one)(?![a-z'’-])
      | 选项|选择|应选|选|就是|应该|应为|是|为|答案|只有|只能|第(?=[a-z]\b)|[,，](?=选) )*+""",
    re.VERBOSE,
)
_LETTER = re.compile(
    r"(?P<open>[(\[{$*_`\"'【「<\\]{0,6})(?P<letter>[A-Za-z])(?P<close>[)\].:*_`\"'】」}$>、]{0,6})(?![A-Za-z0-9'+#_-])"
)
_GLUED = re.compile(r"[(\[*]{0,3}(?P<letter>[A-Za-z])[)\].:、]{1,3}(?=[A-Za-z0-9])")  # "B.Rome"
_RUN = re.compile(r"[(\[{$*_`\"'【「]{0,6}(?P<letters>[A-Z]{2,26}|[a-z]{2,6})(?![A-Za-z0-9'+#_-])")
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

# What may follow a letter that stands bare, so that "A because" chooses and "A prime number" does not.
_REASON = r"(?:because|since|as|given|which|where|due|for|based|according|and|or|rather|not|but|whose|here|overall|too|then|instead)(?![A-Za-z])"
_FOLLOWS = re.compile(rf"\s*(?:[,;!?(=/&|~、<\u2013\u2014✓✅✔☑]|--?\s|[项是因]|{_REASON})")
_FOLLOWS_SMALL = re.compile(r"\s*(?:[,;!)]|--?\s|(?:because|since)(?![A-Za-z]))")
_AFTER_WORDS = re.compile(rf"[\"'*_)\]}}$`]{{0,6}}(?:\s*(?:[.,;:!?()\[\]\n|/+&<>~、、\u2013\u2014]|--?\s|{_REASON}|$))")
_AFTER_WORDS_ZH = frozenset("因是的而由这吧和或、")
_ENDS = re.compile(r"(?:[\s\\)}\]$.*_`\"'】」>!。]|选?项)*+")

_TO_WORDS = re.compile(r"[\s)\].:,*_`\"'】」}$>、(\[-]{1,8}(?:(?:which is|i\.e\.|namely|that is),?\s?[\"'*(]{0,3})?")
_TO_LETTER = re.compile(
    r"[\s\"'*_`.]{0,6}[(\[,-]\s?(?:which is )?(?:option |choice |选项)?([a-z])[)\]*.]{0,3}(?![a-z0-9'])"
)
_AND = re.compile(
    r"[)\]\"'*}`项]{0,5}\s?(?P<sign>[,/&|+;、]|(?:\band|\bor)(?![a-z])|和|与|及|或|以及|\n[ \t]?[-*•]?)"
    r"\s?(?P<word>(?:and|or|also|both)(?![a-z])|和|或)?\s?(?:option\s|choice\s|选项)?(?P<open>[(\[\"'*-]{0,3}\s?)"
)
_ANOTHER = re.compile(r"[ \n][(\[]?[A-Z](?![\w'-])")
_BESIDE = re.compile(r"(?P<sign>[)\].:]{0,2}[ \n])(?P<word>)(?P<open>[(\[]?)")
_ALTERNATIVE = frozenset({"or", "或", "/"})
_BOUNDARY = re.compile(
    r"[)\]\"'*.:}`$_>】]{0,6}\s{0,3}(?:$|[,.;!?)\]/&|、\n项]|(?:and|or|are|is)(?![A-Za-z])|[和或与及都均])"
)
_ALL = re.compile(
    r"(?:all(?=\W{0,4}$)|all\sof\sthe\sabove|all\s(?:of\s)?(?:the\sabove|them|these|the\soptions|options|four))(?![a-z])"
    r"|全选|以上(?:都|全部?)"
)


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, flat and in lower case (offsets are those of the text as it came), and the question's options.

    `several`: whether the question allows several options.
    """

    flat: str
    low: str
    options: Options
    several: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """The options that [start, end) refers to, as letters; one that the question does not have is among them.

    `fits` is False where they cannot be one answer: "A or B", "B) Rome" where Rome is C.
    `words`: whether options' own words were read, which a sentence may also have for other reasons.
    """

    letters: tuple[str, ...]
    start: int
    end: int
    fits: bool = True
    words: bool = False


def skip_filler(reply: Reply, start: int, end: int) -> int:
    """Where the first thing that could be an option begins."""
    hit = _FILLER.match(reply.low, start, end)
    return hit.end() if hit else start


def is_last(reply: Reply, at: int, end: int) -> bool:
    """Whether only markup and a full stop stand between `at` and `end`."""
    hit = _ENDS.match(reply.flat, at, end)
    return (hit.end() if hit else at) >= end


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
        return _everything(reply, at, end) or _run_together(reply, at, end)
    return _with_more(reply, first, end)


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
    if letter is None or _LETTER.fullmatch(stretch.strip(" \n.*")):
        return None
    lead = len(stretch) - len(stretch.lstrip())
    return Reference((letter,), start + lead, start + len(stretch.rstrip()), words=True)


def _one(reply: Reply, start: int, at: int, end: int, bare_number: bool) -> Reference | None:
    hit = _LETTER.match(reply.flat, at, end)
    signs = at
    while signs < end and reply.flat[signs] in "([{$*_`\"'【「<":
        signs += 1
    named = reply.options.at(reply.low, signs, end)
    if named and hit and hit["letter"].upper() in reply.options.letters and named.end <= hit.end("letter"):
        named = None  # a letter names its option even where another option's text is that letter
    if named and _words_end(reply, named.end, end):
        return _paired_with_letter(reply, Reference((named.letter,), named.start, named.end, words=True), end)
    glued = _GLUED.match(reply.flat, at, end)
    if glued and reply.options.at(reply.low, glued.end(), end):
        return _paired_with_words(reply, Reference((glued["letter"].upper(),), *glued.span("letter")), end)
    if hit:
        return _lettered(reply, hit, start, end)
    return _ordinal(reply, at, end) or _numbered(reply, at, start, end, bare_number)


def _words_end(reply: Reply, at: int, end: int) -> bool:
    if at >= end or is_last(reply, at, end):
        return True
    char = reply.flat[at]
    if is_ideograph(char):
        return char in _AFTER_WORDS_ZH
    return _AFTER_WORDS.match(reply.flat, at, end) is not None


def _lettered(reply: Reply, hit: re.Match[str], start: int, end: int) -> Reference | None:
    if not _chooses(reply, hit, start, end):
        return None
    letter = hit["letter"].upper()
    found = Reference((letter,), hit.start("letter"), hit.end("letter"))
    return _paired_with_words(reply, found, end)


def _chooses(reply: Reply, hit: re.Match[str], start: int, end: int) -> bool:
    """Whether a letter is an option and not a word: marked, or alone, or followed as an option would be."""
    flat, after = reply.flat, hit.end()
    if is_last(reply, after, end):
        return True
    if reply.several and hit["letter"].isupper() and _ANOTHER.match(flat, after, end):
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


def skip_spaces(flat: str, at: int, end: int) -> int:
    while at < end and flat[at].isspace():
        at += 1
    return at


def _paired_with_words(reply: Reply, found: Reference, end: int) -> Reference:
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
    if not _words_end(reply, named.end, end):
        return found
    return Reference((found.letters[0], named.letter), found.start, named.end, fits=False)


def _paired_with_letter(reply: Reply, found: Reference, end: int) -> Reference:
    """ "Rome (C)": the letter behind the words is theirs, or the reply contradicts itself."""
    hit = _TO_LETTER.match(reply.low, found.end, end)
    if hit is None or hit[1].upper() not in reply.options.letters or "," in hit[0]:
        return found
    letter = hit[1].upper()
    if letter == found.letters[0]:
        return Reference(found.letters, found.start, hit.end(1))
    return Reference((found.letters[0], letter), found.start, hit.end(1), fits=False)


def _ordinal(reply: Reply, at: int, end: int) -> Reference | None:
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


def _numbered(reply: Reply, at: int, start: int, end: int, bare_number: bool) -> Reference | None:
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
    return _paired_with_words(reply, found, end)


def _letter_of(place: int) -> str:
    """The letter of a one-based place; "?" for one that no question has."""
    return LETTERS[place - 1] if 1 <= place <= len(LETTERS) else "?"


def _everything(reply: Reply, at: int, end: int) -> Reference | None:
    hit = _ALL.match(reply.low, at, end) if reply.several else None
    return Reference(tuple(reply.options.letters), hit.start(), hit.end()) if hit else None


def _run_together(reply: Reply, at: int, end: int) -> Reference | None:
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


def _with_more(reply: Reply, first: Reference, end: int) -> Reference:
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
    hit = _LETTER.match(reply.flat, behind, end)
    marked = hit is not None and (")" in hit["close"] or "]" in hit["close"] or (reply.several and "." in hit["close"]))
    letter = hit["letter"] if hit and (hit["letter"].isupper() or reply.several or hit["open"]) else ""
    alternative = joint["sign"] in _ALTERNATIVE or (joint["word"] or "") in _ALTERNATIVE
    if (
        hit
        and letter
        and (
            marked
            or _BOUNDARY.match(reply.flat, hit.end("letter"), end)
            or (reply.several and _ANOTHER.match(reply.flat, hit.end("letter"), end))
        )
    ):
        if "\n" in joint["sign"] and not reply.several:
            return None
        found = Reference((letter.upper(),), hit.start("letter"), hit.end("letter"))
        return _paired_with_words(reply, found, end), alternative
    named = reply.options.at(reply.low, joint.end(), end)
    if named and _words_end(reply, named.end, end) and "\n" not in joint["sign"]:
        return _paired_with_letter(
            reply, Reference((named.letter,), named.start, named.end, words=True), end
        ), alternative
    return None

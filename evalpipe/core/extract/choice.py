"""The option that a text chooses: "Answer: B", "(B)", "**B**", {"answer": "b"}, 选C, or the option's own words.

Rules, in order: `option_text` (the whole text is an option); a label's own name or `verdict` ("B is correct"; the
last one wins); `pick` ("I think it's B"); `letter_alone` on a line; `letter_and_text` on the first or last line;
`bold`; `leading_letter` ("B, because ..."). The English article "a" and the pronoun "I" are not options.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evalpipe.core.extract.reading import MAX_LABELS, Labelled, ends_the_text, folded, is_idle, labelled, sentence_end
from evalpipe.core.extract.text import normal
from evalpipe.core.questions import LETTERS
from evalpipe.core.scores import Extraction

_LETTER = r"(?P<open>[(\[{$*_`\"'【「]{0,4})(?P<letter>[A-Za-z])(?P<close>[)\].:*_`\"'】」}$]{0,6})(?![A-Za-z0-9'+#_-])"
_AT_LETTER = re.compile(
    rf"""(?:[\s*_>:]|\\[(\[]|\\(?:text|textbf|mathrm|mathbf|boxed)\{{
      | (?i:the|option|choice|letter|it'?s|is)(?![A-Za-z]) | 选项|选择|选|第 )*+ {_LETTER}""",
    re.VERBOSE,
)
# What may follow a letter that stands bare, so that "A because" chooses and "A prime number" does not.
_FOLLOWS = re.compile(r"\s*(?:[,;!?(=/&|~、]|--?\s|[项是]|(?:because|since|as|and|or)(?![A-Za-z]))")
_AND_ANOTHER = re.compile(
    r"[)\]\"'*. ]{0,4}(?:[,/&+|、和或及与]|\b(?:and|or)\b)[ \t]*[(\[\"'*]{0,3}"
    r"(?P<letter>[B-HJ-Z](?![A-Za-z0-9'-])|[AI](?=[)\].*\"']{0,4}\s*(?:$|[,.)、])))"
)
_BEHIND = " \t\n\\)}$"  # "\\(B\\)" and "\\textbf{B}" end so
_VERDICT = re.compile(
    r"""(?<!tatement[ ])(?<![Ii]f[ ])(?<!whether[ ])(?<!tatement[ ]\()(?<![A-Za-z0-9'-])
        (?P<letter>[A-Z])[)\]*_"'.]{0,4}
        (?: [ ](?:is|would[ ]be|must[ ]be|seems)[ ](?:the[ ])?(?:most[ ])?(?:likely[ ])?
            (?:correct|right|best|true|answer)(?![-\w])(?![ ](?:if|only|for|when)\b)
          | [ ]?(?:项|选项)?(?:才)?(?:是)?(?:正确|对的) )""",
    re.VERBOSE,
)
_PICK = re.compile(
    r"""(?: (?<![a-z])(?:i|i'd|i'll|i[ ]would|i[ ]will)[ ](?:choose|pick|select|say|guess|think|go[ ]with|go[ ]for)
            (?:[ ]that)?(?:[ ](?:it'?s|it[ ]is|it[ ]must[ ]be))?
          | (?<![a-z])(?:i'm|i[ ]am)[ ]going[ ](?:with|for) | (?<![a-z])(?:therefore|thus|hence)(?![a-z]),?
          | (?<![a-z])(?:it'?s|it[ ]is|it[ ](?:must|has[ ]to|should|would)[ ]be)(?![a-z'])
          | (?<![不别能可])(?:应该?)?(?:选择|选)(?![项择]) | (?:认为|觉得)(?:是|应该是) )[ ]?:?""",
    re.VERBOSE | re.IGNORECASE,
)
_LINE = re.compile(rf"^[ \t>#]{{0,8}}(?:[-*][ ])?{_LETTER}[ \t]*(?P<rest>[^\n]{{0,300}})", re.MULTILINE)
_REASON = re.compile(r"[*)\s]{0,4}(?:,?\s?(?:because|since|as)(?![A-Za-z])|,?\s?(?:因为|由于)|!|--?\s)")
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*")
_SHORT = 40  # characters; "the option (B)", not a sentence
_NEGATION = re.compile(r"(?:not|neither|none|n't|不|没)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Options:
    letters: str  # of the question: "ABCD" for four choices
    by_text: dict[str, str]  # normal text -> letter; texts that two options share are left out

    def named(self, text: str) -> str | None:
        return self.by_text.get(normal(text))


@dataclass(frozen=True, slots=True)
class _Read:
    """What a stretch chooses: one letter, several, or (`letters` empty) an answer that is no option."""

    letters: tuple[str, ...]
    start: int
    end: int


def choice(text: str, choices: Sequence[str]) -> Extraction:
    """The chosen option's letter. None when there is none, when several stand, or when it is not among the choices."""
    if not choices:
        return Extraction(None, reason="the question has no choices")
    flat = folded(text)
    options = _options(choices)
    for rule in _RULES:
        decided = rule(flat, options)
        if decided:
            return decided
    return Extraction(None, reason=f"no option from A to {options.letters[-1]} is chosen")


def _options(choices: Sequence[str]) -> _Options:
    letters = LETTERS[: len(choices)]
    texts = [normal(folded(choice)) for choice in choices]
    pairs = zip(texts, letters, strict=False)  # letters end at Z; an option behind it has no name
    return _Options(letters, {text: letter for text, letter in pairs if text and texts.count(text) == 1})


def _decide(rule: str, read: _Read, options: _Options) -> Extraction:
    span = (read.start, read.end)
    inside = tuple(dict.fromkeys(letter for letter in read.letters if letter in options.letters))
    if len(inside) == 1 and len(set(read.letters)) == 1:
        return Extraction(inside[0], rule, span)
    reason = "several options are chosen" if len(set(read.letters)) > 1 else "the answer is not among the options"
    return Extraction(None, rule, span, tuple(dict.fromkeys(read.letters)), reason)


def _option_text(text: str, options: _Options) -> Extraction | None:
    stripped = text.strip()
    if len(stripped) == 1 and stripped.upper() in options.letters:
        return None  # a letter names its option even where another option's text is that letter
    letter = options.named(stripped)
    start = len(text) - len(text.lstrip())
    return Extraction(letter, "option_text", (start, start + len(stripped))) if letter else None


def _labelled(text: str, options: _Options) -> Extraction | None:
    verdicts = [Labelled("verdict", hit.start("letter"), hit.end()) for hit in _VERDICT.finditer(text)]
    labels = sorted([*labelled(text, a_colon=False), *verdicts[-MAX_LABELS:]], key=lambda label: label.start)
    for label in reversed(labels):
        if label.rule == "verdict":
            return _decide("verdict", _Read((text[label.start],), label.start, label.start + 1), options)
        read = None if is_idle(text, label) else _read(text, label.start, label.end, options)
        if read:
            return _decide(label.rule, read, options)
        if ends_the_text(text, label) and not is_idle(text, label):
            return _decide(label.rule, _Read((), label.start, label.end), options)
    return None


def _read(text: str, start: int, end: int, options: _Options) -> _Read | None:
    """What the stretch, which something labels as the answer, chooses; None when it names no option."""
    hit = _AT_LETTER.match(text, start, end)
    rest = text[hit.end() : end].strip(_BEHIND) if hit else ""
    if hit and not rest and hit["letter"].upper() in options.letters:
        return _Read((hit["letter"].upper(),), hit.start("letter"), hit.end("letter"))
    for stop in (end, sentence_end(text, start, end), _before_reason(text, start, end)):
        named = options.named(text[start:stop].rstrip(" }"))
        if named:
            return _Read((named,), start, stop)
    if not hit or not _chooses(hit, rest, options):
        return None
    letters = [hit["letter"].upper()]
    more = _AND_ANOTHER.match(text, hit.end("letter"), end)
    if more:
        letters.append(more["letter"])
    elif (of_rest := options.named(rest)) and of_rest != letters[0]:
        letters.append(of_rest)  # "B) 5" where 5 is option C
    return _Read(tuple(letters), hit.start("letter"), hit.end("letter"))


def _chooses(hit: re.Match[str], rest: str, options: _Options) -> bool:
    """Whether a letter before more words is an option and not a word: marked, or followed as an option would be."""
    if not rest or hit["open"] or hit["close"] or _FOLLOWS.match(rest) or options.named(rest) == hit["letter"]:
        return True
    return hit["letter"].isupper() and hit["letter"] not in "AI" and not rest[0].isalnum()


def _before_reason(text: str, start: int, end: int) -> int:
    stops = (text.find(mark, start, end) for mark in (", ", " (", " because ", " since ", '"'))
    return min((stop for stop in stops if stop > start), default=end)


def _pick(text: str, options: _Options) -> Extraction | None:
    for hit in reversed([*_PICK.finditer(text)][-MAX_LABELS:]):
        line_end = text.find("\n", hit.end())
        end = min(hit.end() + 300, len(text) if line_end < 0 else line_end)
        read = _read(text, hit.end(), end, options)
        if read:
            return _decide("pick", read, options)
    return None


def _lines(text: str, options: _Options) -> Extraction | None:
    """Lines that are a letter alone, or begin with one as an option does. A listing of options chooses none of them."""
    whole = text.strip()
    found = [hit for hit in _LINE.finditer(text) if _is_option_line(hit, whole)]
    alone = [hit for hit in found if not hit["rest"].strip()]
    if not alone and len(whole) <= _SHORT and (read := _read(text, 0, len(text), options)) and _is_all(text, read):
        return _decide("letter_alone", read, options)
    if alone:
        letters = tuple(hit["letter"].upper() for hit in alone)
        return _decide("letter_alone", _Read(letters, alone[-1].start("letter"), alone[-1].end("letter")), options)
    if not found or len({hit["letter"].upper() for hit in found}) > 1:
        return None
    hit = found[-1]
    if text[: found[0].start()].strip() and text[hit.end() :].strip():
        return None  # neither the first thing said nor the last
    read = _read(text, hit.start("open"), hit.end(), options)
    return _decide("letter_and_text", read, options) if read else None


def _is_all(text: str, read: _Read) -> bool:
    """Whether nothing stands behind the letter: "Option B", "\\(B\\)"."""
    return read.end - read.start == 1 and not text[read.end :].strip(_BEHIND + ".*_`\"']")


def _is_option_line(hit: re.Match[str], whole: str) -> bool:
    if not hit["rest"].strip():
        return hit["letter"].isupper() or bool(hit["open"]) or hit[0].strip() == whole
    return any(mark in hit["close"] for mark in ").:]")


def _bold(text: str, options: _Options) -> Extraction | None:
    reads = [
        read
        for hit in [*_BOLD.finditer(text)][-MAX_LABELS:]
        if not _NEGATION.search(text, max(0, hit.start() - 12), hit.start())
        and (read := _read(text, hit.start(1), hit.end(1), options))
    ]
    letters = {letter for read in reads for letter in read.letters}
    return _decide("bold", reads[-1], options) if len(letters) == 1 else None


def _leading_letter(text: str, options: _Options) -> Extraction | None:
    hit = _AT_LETTER.match(text)
    if not hit or not hit["letter"].isupper() or not _REASON.match(text, hit.end(), hit.end() + 20):
        return None
    line_end = text.find("\n", hit.end())
    read = _read(text, hit.start(), min(hit.start() + 300, len(text) if line_end < 0 else line_end), options)
    return _decide("leading_letter", read, options) if read else None


_RULES: tuple[Callable[[str, _Options], Extraction | None], ...] = (
    _option_text, _labelled, _pick, _lines, _bold, _leading_letter
)  # fmt: skip

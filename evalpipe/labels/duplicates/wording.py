"""How a question is compared with another: what is left of its wording when nothing is left that only looks different.

Two forms. `normalised` is strict: case, spacing, prose punctuation and Unicode forms. `tokens_of` is loose: beyond
that, numbers have their value, contractions are written out, and words that carry nothing (the, please) are gone. In
both, what changes a formula (a sign, a digit, a bracket that binds) makes another question.
"""

import re
import unicodedata
from dataclasses import dataclass

from evalpipe.core.extract.numerals.spelled import SCALES, WORDS, Spelled
from evalpipe.labels.duplicates.numerals import NUMBER, SUFFIXES, plain_value

# Only prose marks vanish, and none that stands before a digit (3:5, 1.5, .5) nor a "!" that may be a factorial.
_PROSE = re.compile(r"[,.;:?\"…。、，？：；“”„«»「」『』](?![0-9])|(?<=[^\W\d_][^\W\d_])!")
_THOUSANDS = re.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_SAME_MARKS = str.maketrans({"’": "'", "‘": "'", "‐": "-", "‑": "-", "–": "-", "—": "-", "−": "-", "`": "'", "⁄": "/"})
# NFKC makes 102 of 10², and 21/2 of 2½.
_RAISED = str.maketrans(
    {char: f"^{digit}" for digit, char in enumerate("⁰¹²³⁴⁵⁶⁷⁸⁹")}
    | {"⁻": "^-"}
    | {"½": " 1/2", "¼": " 1/4", "¾": " 3/4"}
)

_TOKEN = re.compile(rf"{NUMBER}|[^\W\d_]+|[^\w\s]")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_VANISH = frozenset(',.;:?"…。、“”„«»「」『』¿¡•$')  # a dollar sign adds nothing to a number of dollars
_MARKS = {"%": "percent", "&": "and"}
_WEAK = frozenset("()[]{}-/*!|\\'")  # marks of prose, or of a formula by where they stand
_BOUND_BEFORE, _CLOSING = frozenset("([{'"), frozenset(")]}")  # f(x), f'(x), (x + 1)y
# Letters on both sides, or a digit and a word: well-known, 25-year-old, COVID-19, he/she.
_JOINED = re.compile(r"(?<=[^\W\d_][^\W\d_])[-/](?=\w)|(?<=\w)[-/](?=[^\W\d_][^\W\d_])")
_LEAD = re.compile(r"\A(?:question|q) ?[0-9]* ?[:.)] ")  # what a form puts before a question
_TAIL = re.compile(r" (?:answer|a) ?:\Z")
_CONTRACTED = re.compile(
    r"\b(?:(can|won|shan)'t|(\w{2,12}n)'t|(\w{1,12})'(re|ll|ve)|(what|who|where|how|it|that|there|let)'s|(i)'m|cannot)\b"
)
_POSSESSIVE = re.compile(r"(?<=[^\W\d_][^\W\d_])'s\b")
_WHOLE = {"can": "can not", "won": "will not", "shan": "shall not"}
_ENDINGS = {"re": "are", "ll": "will", "ve": "have"}
_EMPTY_WORDS = frozenset(["a", "an", "the", "please", "kindly", "then", "also", "just"])
_CURRENCY = frozenset(["dollar", "dollars"])  # behind a number, where a dollar sign may stand before it
_BINDING = "\x01"  # stands before a number; as a mark of a text it binds nothing that matters
MIN_SLIP_LETTERS = 5
_PLAIN = re.compile(_BINDING + r"[0-9]+(?:/[1-9][0-9]*)?")


@dataclass(frozen=True, slots=True)
class Wording:
    """A question as it is compared. Two with the same `key` read the same; two of the same `frame` may differ in
    long words only, behind their first letters: all else agrees, each in its place, and the options as a set.
    """

    tokens: tuple[str, ...]  # words; numbers behind a mark of their own; marks of formulas
    options: tuple[str, ...]  # in the order of the question

    @property
    def key(self) -> str:
        return "\0".join(["".join(self.tokens), *sorted(self.options)])

    @property
    def frame(self) -> str:
        return "\0".join([token[0] if may_slip(token) else token for token in self.tokens] + sorted(self.options))

    @property
    def words(self) -> str:
        return " ".join(filter(str.isalpha, self.tokens))


def may_slip(token: str) -> bool:
    """Whether the token is a word that a slip of the pen may hide in: long, and of an alphabet with capitals.

    In a script without spaces a word here is a whole clause, and a shorter word is too soon another one (not, now).
    """
    return len(token) >= MIN_SLIP_LETTERS and token.isalpha() and token[0].upper() != token[0]


def wording(text: str, choices: tuple[str, ...]) -> Wording:
    """The wording of a question. Options that would become one another are compared to the letter."""
    options = tuple("".join(tokens_of(choice, every_word=True)) or _folded(choice) for choice in choices)
    if len(set(options)) < len(options):
        options = tuple(" ".join(unicodedata.normalize("NFKC", choice).split()) for choice in choices)
    return Wording(tokens_of(text) or (normalised(text),), options)


def normalised(text: str) -> str:
    """A text as it is compared strictly: NFKC, case folded, prose punctuation and spacing collapsed."""
    folded = _folded(text)
    return " ".join(_PROSE.sub(" ", _THOUSANDS.sub("", folded)).split())


def tokens_of(text: str, every_word: bool = False) -> tuple[str, ...]:
    """The loose form of a text, in order. `every_word`: articles count, because an option may be one."""
    folded = " ".join(_folded(text).split())
    folded = _JOINED.sub(" ", _TAIL.sub("", _LEAD.sub("", folded)))
    if not folded.isascii():
        folded = _OTHER_DIGIT.sub(_ascii_digit, folded)
    if "'" in folded or "cannot" in folded:
        folded = _POSSESSIVE.sub("s", _CONTRACTED.sub(_written_out, folded))
    return tuple(_kept(_read(folded), every_word))


def _folded(text: str) -> str:
    if text.isascii():
        return text.lower().replace("`", "'")
    return unicodedata.normalize("NFKC", text.translate(_RAISED)).casefold().translate(_SAME_MARKS)


def _ascii_digit(hit: re.Match[str]) -> str:
    value = unicodedata.decimal(hit[0], None)
    return hit[0] if value is None else str(value)


def _written_out(hit: re.Match[str]) -> str:
    whole, negated, subject, ending, asked, self = hit.groups()
    if whole:
        return _WHOLE[whole]
    if negated:
        return f"{negated[:-1]} not"
    if subject:
        return f"{subject} {_ENDINGS[ending]}"
    return f"{asked} is" if asked else f"{self} am" if self else "can not"


def _read(text: str) -> list[str]:
    """Words, numbers by their value, and marks that may bind; a number in words is a number."""
    found: list[str] = []
    spelled: Spelled | None = None
    digits_end = -1  # where a number in digits ended, that "million" may follow
    held_and = False  # "one hundred and five": an `and` of its own unless a smaller number follows
    for piece in _TOKEN.findall(text):
        if spelled is not None:
            if piece == "and" and not held_and:
                held_and = True
                continue
            if piece in WORDS and spelled.add(piece):
                held_and = False
                continue
            found += _number(spelled, held_and)
            spelled, held_and = None, False
        if piece[0].isalpha():
            if piece in WORDS:
                scaled = piece in SCALES and digits_end == len(found) and _PLAIN.fullmatch(found[-1]) is not None
                spelled = Spelled(piece, found.pop()[1:] if scaled else None)
            elif piece in SUFFIXES and found and found[-1][0] == _BINDING:
                found.append("th")
            else:
                found.append(piece)
        elif piece in _MARKS:
            found.append(_MARKS[piece])
        elif len(piece) > 1 or piece.isdigit():
            found.append(_BINDING + plain_value(piece))
            digits_end = len(found)
        elif piece not in _VANISH:
            found.append(piece)
    return found if spelled is None else found + _number(spelled, held_and)


def _number(spelled: Spelled, held_and: bool) -> list[str]:
    return [_BINDING + str(spelled.value), *(["th"] if spelled.is_ordinal else []), *(["and"] if held_and else [])]


def _kept(found: list[str], every_word: bool) -> list[str]:
    """Without the marks that are prose where they stand, and without words that carry nothing."""
    kept: list[str] = []
    last = len(found) - 1
    for at, token in enumerate(found):
        if token in _WEAK:
            before = at > 0 and _binds(found[at - 1])
            after = at < last and _binds(found[at + 1])
            if not (before if token in _BOUND_BEFORE else after if token in _CLOSING else before or after):
                continue
        elif (token in _CURRENCY and at > 0 and found[at - 1][0] == _BINDING) or (
            not every_word and token in _EMPTY_WORDS and (len(token) > 1 or (at < last and len(found[at + 1]) > 1))
        ):
            continue
        kept.append(token)
    return kept


def _binds(token: str) -> bool:
    """Numbers, variables and marks, beside which a mark belongs to a formula."""
    return len(token) == 1 or token[0] == _BINDING

"""The last calculation of a worked solution: found from its end, units left out, and recomputed."""

import re
import unicodedata
from dataclasses import dataclass
from fractions import Fraction

from evalpipe.labels.solutions.arithmetic import MAX_CHARS, NUMBER, alike, recompute, value_of

MAX_TAIL = 4_000  # characters looked at, from the end; the longest solution of GSM8K has 1,228
MAX_ANCHORS = 6  # equals signs tried from the end: the conclusion stands in the last ones or nowhere
MAX_UNIT_WORDS = 3  # "12 pink lawn flamingos - 3": more words are a sentence

# Every pattern is bounded or reads each character once.
_ANNOTATION = re.compile(r"<<([^<>=\n]{1,300})=([^<>=\n]{1,60})>>")
_NUMBER = re.compile(NUMBER)
_RESULT = re.compile(
    rf"\s{{0,3}}(-?)\s?[$€£¥]?\s?({NUMBER})"
    r"(?![0-9]|[.,][0-9]"  # all of the number
    r"|[A-Za-z](?![A-Za-z])"  # 8B is algebra, 8kg is not
    r"|\s?[-+*/^(]\s?[$€£¥]?[0-9(])"  # the calculation goes on
)
_SENTENCE_END = re.compile(r"\n|[.;!?](?=\s)|。")
_OPERATOR = re.compile(r"[-+*/^]")
_VULGAR = re.compile(r"(?<=[0-9])(?=[¼-¾⅐-⅞])")
_SUPERSCRIPT = re.compile(r"[²³¹⁰-⁹]")
# What plain arithmetic is made of: numbers, signs, units ("miles", "minutes/video"), and everything else.
_PIECE = re.compile(
    rf"(?P<mixed>[0-9]{{1,4}} [0-9]{{1,3}}/[0-9]{{1,3}}(?![0-9/.]))|(?P<number>{NUMBER})"
    r"|(?P<sign>\*\*|[-+*/^()%])|(?P<word>[^\W\d_]+(?:/[^\W\d_]+)*)|(?P<space>[\s$€£¥]+)|(?P<other>.)"
)


@dataclass(frozen=True, slots=True)
class LastStep:
    """The last calculation of a solution: as written, its exact value, and the result that it states."""

    written: str
    value: Fraction
    stated: Fraction
    places: int  # after the point of the stated result
    percent: bool  # a per cent sign stands in it or after it
    concludes: bool  # nothing is calculated and no other result is named after it
    mentioned: tuple[Fraction, ...]  # the numbers of its sentence, after the equals sign


@dataclass(frozen=True, slots=True)
class _Anchor:
    """Where a result is stated: after an equals sign, or where the annotation `<<written=result>>` stood."""

    at: int
    written: str = ""
    result: str = ""


def last_step(solution: str) -> LastStep | None:
    """The last calculation of a solution that can be recomputed, or None. Looks at its last MAX_TAIL characters."""
    text, anchors = _without_annotations(_tail(solution))
    anchors += [_Anchor(hit.end()) for hit in re.finditer("=", text)]
    anchors.sort(key=lambda anchor: anchor.at, reverse=True)
    for anchor in anchors[:MAX_ANCHORS]:
        step = _annotated(text, anchor) if anchor.written else _written_out(text, anchor.at)
        if step is not None:
            return step
    return None


def _tail(solution: str) -> str:
    """The end of a solution in plain signs: full-width digits and vulgar fractions as ASCII, powers as breaks."""
    text = _SUPERSCRIPT.sub("_", _VULGAR.sub(" ", solution[-MAX_TAIL:]))
    text = alike(unicodedata.normalize("NFKC", text))[-MAX_TAIL:]
    before, key, _ = text.rpartition("####")
    return before if key else text


def _without_annotations(text: str) -> tuple[str, list[_Anchor]]:
    """The text without its `<<a=b>>`, and an anchor for each, by offsets into that text."""
    pieces: list[str] = []
    anchors: list[_Anchor] = []
    length = end = 0
    for hit in _ANNOTATION.finditer(text):
        pieces.append(text[end : hit.start()])
        length += hit.start() - end
        anchors.append(_Anchor(length, hit[1], hit[2]))
        end = hit.end()
    return "".join([*pieces, text[end:]]), anchors


def _annotated(text: str, anchor: _Anchor) -> LastStep | None:
    stated = _RESULT.fullmatch(anchor.result)
    return _step(anchor.written, stated, text[anchor.at :]) if stated else None


def _written_out(text: str, at: int) -> LastStep | None:
    stated = _RESULT.match(text, at)
    if stated is None:
        return None
    before = re.split("[=\n]", text[max(0, at - 1 - MAX_CHARS) : at - 1])[-1]
    return _step(_expression_at_end(before), stated, text[at:])


def _step(written: str, stated: re.Match[str], after: str) -> LastStep | None:
    if not _OPERATOR.search(written.strip().lstrip("+-")):
        return None  # `<<100=100>>` calculates nothing
    value = recompute(written)
    if value is None:
        return None
    sentence, *rest = _SENTENCE_END.split(after, maxsplit=1)
    later = [value_of(hit[0]) for part in rest for hit in _NUMBER.finditer(part)]
    result = value_of(stated[2])
    return LastStep(
        written=written.strip(),
        value=value,
        stated=-result if stated[1] else result,
        places=len(stated[2].rpartition(".")[2]) if "." in stated[2] else 0,
        percent="%" in written or "%" in sentence,
        concludes="=" not in sentence and all(number == result for number in later),
        mentioned=tuple(value_of(hit[0]) for hit in _NUMBER.finditer(sentence)),
    )


def _expression_at_end(line: str) -> str:
    """The longest piece of arithmetic at the end of a line, its units left out; empty if there is none.

    Read from right to left: what is wanted is an operand, then an operator or an open parenthesis, and so on.
    """
    pieces = [(hit.lastgroup or "", hit[0]) for hit in _PIECE.finditer(line) if hit.lastgroup != "space"]
    kept: list[str] = []
    depth = words = 0
    wants_operand = True
    while pieces:
        group, piece = pieces.pop()
        if wants_operand and group in ("number", "mixed"):
            kept.append(piece if group == "number" else f"({piece.replace(' ', '+')})")
            wants_operand, words = False, 0
        elif wants_operand and group == "word" and len(piece) > 1 and words < MAX_UNIT_WORDS:
            words += 1
        elif wants_operand and piece in (")", "%"):
            kept.append(piece)
            depth += piece == ")"
        elif not wants_operand and kept[-1] == "(" and (group == "number" or piece == ")"):
            kept.append("*")  # 4(100) = 400
            pieces.append((group, piece))
            wants_operand = True
        elif not wants_operand and piece == "(" and depth:
            kept.append(piece)
            depth -= 1
        elif not wants_operand and (sign := _operator(group, piece, pieces)):
            kept.append(sign)
            wants_operand = True
        else:
            break
    else:
        if wants_operand and kept:
            kept.pop()  # the dash of a list: "- 3 * 4 = 12"
            wants_operand = False
    return "" if depth or wants_operand else "".join(reversed(kept))


def _operator(group: str, piece: str, before: list[tuple[str, str]]) -> str:
    """The operator that a piece stands for; empty if none. "3 x 4" is a product, and so is "1/2 of 20", "5% of 20"."""
    if group == "sign":
        return "" if piece in ("(", ")", "%") else piece
    after_number = bool(before) and (before[-1][0] in ("number", "mixed") or before[-1][1] == "%")
    return "*" if piece in ("x", "X") or (piece == "of" and after_number) else ""

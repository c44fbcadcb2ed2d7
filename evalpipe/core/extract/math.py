"""The expression that a text gives as its answer, as it was written but for dollar signs and markup around it.

A text without formulas is read as a number is. What is a number is written as the extractor `number` writes it.
"""

import re

from evalpipe.core.extract.decimals import quantity_of
from evalpipe.core.extract.number.conclusions import (
    CUE,
    OPENS,
    bold_in_last_line,
    conclusion,
    last_equation,
    only_number,
)
from evalpipe.core.extract.number.labels import BOXES_JOINED, TAKEN_BACK, by_label, is_supposed
from evalpipe.core.extract.number.reading import NO_ANSWER
from evalpipe.core.extract.number.statements import statement_end
from evalpipe.core.extract.reading import MAX_ANSWER, Labelled, folded, is_idle, labelled
from evalpipe.core.extract.rules import Rule, first_decision
from evalpipe.core.scores import Confidence, Extraction

_REACH = 4000  # characters; what a text says last is near its end
_MAX_ONLY = 400  # characters of a text whose only formula may be its answer
_MAX_BARE = 200  # characters of a text that is one expression
_FORMULA = re.compile(
    r"\$\$(?P<a>[^$]{1,600})\$\$|\$(?P<b>[^$\n]{1,300})\$|\\\((?P<c>(?:[^\\]|\\(?!\))){1,300}?)\\\)|\\\[(?P<d>(?:[^\\]|\\(?!\])){1,600}?)\\\]"
)
_MARKS = re.compile(r"\$\$?|\\\(|\\\)|\\\[|\\\](?![0-9a-z])|\*\*")
_JOINED = re.compile(r"\s{0,3}(?:,|、|;|and|or|或者?|和|且|, ?(?:and|or))\s{0,3}$", re.IGNORECASE)
_GIVES = re.compile(
    r"(?:(?<![A-Za-z])(?:is|are|equals?|be|to|as|get|obtain|have)|[为是得有]|等于|=|:|约为)[\s*]{0,3}$", re.IGNORECASE
)
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{4,}|[\u4e00-\u9fff]")
# Words, short ones too; what stays of a formula has names of one letter or of functions.
_PROSE = re.compile(
    r"(?<![\\A-Za-z])(?!(?:sin|cos|tan|ln|log|exp|or|and|pi|sqrt|cm|mm|km|kg|bmatrix|pmatrix|matrix|text|inf)\b)[A-Za-z]{2,}(?![A-Za-z{(])"
    r"|[\u4e00-\u9fff]"
)
_WRAPPED = re.compile(r"\\(?:text|textbf|mathrm|mathbf|boxed|fbox)\{([^{}]*)\}")
_LEAD = re.compile(r"[\s*_`:]*(?:(?:about|approximately|therefore|simply|that)[ ]|约为?|就是)?[\s*_`]*", re.IGNORECASE)
_FINAL = " \t\n.,;:*_`!"
_SIGNS = re.compile(r"[=<>≤≥+\-*/^_√π±{}()\[\]0-9\\]")


def math(text: str) -> Extraction:
    """The expression without what is around it; None when none stands out, or when two boxes give two answers."""
    flat = folded(text)
    return first_decision(RULES, text, flat) or Extraction(None, reason="no expression stands out as the answer")


def _bare(text: str, flat: str) -> Extraction | None:
    stripped = flat.strip(" \t\n*_`")
    if not 0 < len(stripped) <= _MAX_BARE or "\n" in stripped or "boxed" in stripped or stripped[0] == "#":
        return None
    if (
        _PROSE.search(stripped)
        or len(_FORMULA.findall(stripped)) > 1
        or not (_SIGNS.search(stripped) or len(stripped) == 1)
    ):
        return None
    return _between(text, 0, len(text), "bare")


def _labelled(text: str, flat: str) -> Extraction | None:
    labels = labelled(flat)
    for at in range(len(labels) - 1, -1, -1):
        label = labels[at]
        if label.start >= label.end or is_idle(flat, label) or is_supposed(flat, label):
            continue
        before = labels[at - 1] if at else None
        joined = (
            before and before.rule == label.rule == "boxed" and BOXES_JOINED.fullmatch(flat, before.end, label.start)
        )
        if joined and before and _clean(text[before.start : before.end]) != _clean(text[label.start : label.end]):
            span = (before.start, label.end)
            return Extraction(None, "boxed", span, reason="several expressions as the answer")
        start, end = _stretch(flat, label)
        if (
            not _FORMULA.search(flat, start, end)
            and NO_ANSWER.search(flat, start, end)
            and "infty" not in flat[start:end]
        ):
            return Extraction(None, label.rule, (start, end), reason="it says that there is no answer")
        if (
            label.rule not in ("boxed", "tag")
            and not _FORMULA.search(flat, start, end)
            and _PROSE.search(flat, start, end)
        ):
            number = by_label(flat)  # a sentence: 答：乙数是25
            if number and number.value is not None:
                return number
        found = _between(text, start, end, label.rule)
        if found.value is None:
            if label.rule == "boxed":
                return Extraction(None, "boxed", (start, end), reason="the box is empty")
            continue
        if TAKEN_BACK.search(flat, end):
            tail = " " * end + text[end:]
            return _concluded(tail, folded(tail)) or Extraction(
                None, "revision", (start, end), reason="it is taken back"
            )
        return found
    return None


def _stretch(flat: str, label: Labelled) -> tuple[int, int]:
    """What the label points at: its box, or the first formula and what is joined to it, or the rest of the sentence."""
    if label.rule in ("boxed", "tag"):
        return label.start, label.end
    lead = _LEAD.match(flat, label.start, label.end)
    start = lead.end() if lead else label.start
    formula = _FORMULA.match(flat, start, label.end + MAX_ANSWER)
    if formula:
        return start, _joined_end(flat, formula, label.end + MAX_ANSWER)
    end = statement_end(flat, start, label.end)
    given = [
        hit
        for hit in _FORMULA.finditer(flat, start, end)
        if _GIVES.search(flat, max(start, hit.start() - 12), hit.start())
    ]
    if given:
        return given[-1].start(), _joined_end(flat, given[-1], end)
    return start, end


def _joined_end(flat: str, formula: re.Match[str], end: int) -> int:
    """Where the formulas end that are listed one after the other: $x=2$ 或 $x=-3$."""
    stop = formula.end()
    while (after := _FORMULA.search(flat, stop, min(end, stop + MAX_ANSWER))) and _JOINED.fullmatch(
        flat, stop, after.start()
    ):
        stop = after.end()
    return stop


def _concluded(text: str, flat: str) -> Extraction | None:
    for hit in reversed([*CUE.finditer(flat, max(0, len(flat) - _REACH))][-20:]):
        line_end = flat.find("\n", hit.end(), hit.end() + MAX_ANSWER)
        end = statement_end(flat, hit.end(), min(len(flat), hit.end() + MAX_ANSWER) if line_end < 0 else line_end)
        formulas = [*_FORMULA.finditer(flat, hit.end(), end)]
        if NO_ANSWER.search(flat, hit.end()) or _FORMULA.search(flat, end):
            return None
        if formulas:
            first = formulas[0]
            if _joined_end(flat, first, end) != formulas[-1].end():
                first = formulas[-1]
                if not _GIVES.search(flat, max(0, first.start() - 12), first.start()):
                    return None
            return _between(text, first.start(), formulas[-1].end(), "conclusion", "medium")
        plain = flat[hit.end() : end].strip(_FINAL)
        if "=" in plain and not _WORD.search(plain) and len(plain) <= _MAX_BARE:
            return _between(text, hit.end(), end, "conclusion", "medium")
    return None


def _last_formula(text: str, flat: str) -> Extraction | None:
    """A formula that ends the text on a line of its own, with an equals sign, or that is its only one."""
    window = max(0, len(flat) - _REACH)
    formulas = [*_FORMULA.finditer(flat, window)]
    if not formulas or NO_ANSWER.search(flat, window):
        return None
    last = formulas[-1]
    line = flat.rfind("\n", 0, last.start()) + 1
    if flat[line : last.start()].strip(_FINAL) or flat[last.end() :].strip(_FINAL) or "=" not in last[0]:
        return None
    return _between(text, last.start(), last.end(), "last_formula", "medium")


def _only_formula(text: str, flat: str) -> Extraction | None:
    """The only formula of a short text, if the text says what it is: "The solutions simplify to one: $x = 2$." """
    formulas = [*_FORMULA.finditer(flat)] if len(flat) <= _MAX_ONLY else []
    if len(formulas) != 1 or NO_ANSWER.search(flat) or "?" in flat or OPENS.match(flat):
        return None
    (only,) = formulas
    if not _GIVES.search(flat, max(0, only.start() - 12), only.start()) or any(c.isdigit() for c in flat[only.end() :]):
        return None
    return _between(text, only.start(), only.end(), "only_formula", "low")


def _as_number(text: str, flat: str) -> Extraction | None:
    if _FORMULA.search(flat, max(0, len(flat) - _REACH)):
        return None
    return conclusion(flat) or bold_in_last_line(flat) or last_equation(flat) or only_number(flat)


def _between(text: str, start: int, end: int, rule: str, confidence: Confidence = "high") -> Extraction:
    value = _clean(text[start:end])
    if not value:
        return Extraction(None, rule, (start, end), reason="nothing stands where the answer should")
    quantity = quantity_of(value)
    return Extraction(quantity.written if quantity else value, rule, (start, end), confidence=confidence)


def _clean(written: str) -> str:
    """The expression without dollar signs, bold and final punctuation; \\text{(C)} is (C)."""
    value = _MARKS.sub("", written).strip(_FINAL + "。，；：$")
    while (whole := _WRAPPED.fullmatch(value)) or (value.startswith("{") and value.endswith("}") and "," not in value):
        value = (whole[1] if whole else value[1:-1]).strip(_FINAL)
    return value


RULES = (
    Rule("bare", "high", "the whole text, where it is one expression", _bare),
    Rule("labelled", "high", "the box or the formulas behind the last label, unless they are taken back", _labelled),
    Rule("conclusion", "medium", "the formula of the last sentence that draws a conclusion", _concluded),
    Rule("last_formula", "medium", "an equation that ends the text on a line of its own", _last_formula),
    Rule("only_formula", "low", "the only formula of a short text that says what it is", _only_formula),
    Rule(
        "as_number",
        "medium",
        "of a text without formulas, what a rule of `number` reads, by its name",
        _as_number,
    ),
)

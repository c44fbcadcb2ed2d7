"""A written expression in one form: no spaces, no \\left, one kind of fraction, no units; and what it is made of."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from evalpipe.core.extract.reading import folded

Shape = Literal["expression", "words", "list", "tuple", "interval", "equation", "relation"]

MAX_WRITTEN = 600  # characters; the answer to a question of school or contest
_ROW = "\x1e"  # the end of a matrix's row
_REPLACED = tuple(
    (re.compile(pattern), put)
    for pattern, put in (
        (r"\\\$", " "), (r"\\varnothing(?![a-z])|∅|Ø", r"\\emptyset "),
        (r"\\mathbb\s*\{?R\}?|ℝ", r"(-\\infty,\\infty)"),
        (r"\\(?:left|right|displaystyle|limits|bigl?|bigr|Bigl?|Bigr|!|,|;|:|quad|qquad| )(?![a-zA-Z])|~|\$", " "),
        (r"\\[dtc]frac(?![a-zA-Z])", r"\\frac"),
        (r"\\leqslant|\\leq(?![a-z])|≤|<=", r"\\le "),
        (r"\\geqslant|\\geq(?![a-z])|≥|>=", r"\\ge "),
        (r"\\neq(?![a-z])|≠|!=", r"\\ne "),
        (r"\\lt(?![a-z])", "<"), (r"\\gt(?![a-z])", ">"),
        (r"\\(?:lbrace|\{)", r"\\{"), (r"\\(?:rbrace|\})", r"\\}"),
        (r"π", r"\\pi "), (r"∞|\binf(?:inity)?\b", r"\\infty "), (r"∪", r"\\cup "), (r"∈", r"\\in "), (r"±", r"\\pm "),
        (r"×|·|\\cdotp?(?![a-z])|\\times(?![a-z])|(?<!\*)\*(?!\*)", r"\\cdot "), (r"÷", "/"), (r"\*\*", "^"),
        (r"√\{?\(?([0-9a-z]+)\)?\}?", r"\\sqrt{\1}"), (r"(?<![\\a-z])sqrt\(([^()]{1,60})\)", r"\\sqrt{\1}"),
        (r"(?<![\\a-zA-Z])pi(?![a-zA-Z])", r"\\pi "),
        (r"(\\(?:sin|cos|tan|cot|sec|csc))\s*[({]?\s*([0-9]{1,6})\s*(?:\^\{?\\circ\}?|°)\s*[)}]?",
         r"\1{\\frac{\2\\pi}{180}}"),
        (r"\^\{?\\circ\}?|°|\\degree(?![a-z])|\^\{\\text\{o\}\}", ""),
        (r"\\text\{\s*,?\s*(?:or|and|或者?|和)\s*\}|(?<![a-zA-Z\\])(?:or|and)(?![a-zA-Z])"
         r"|或者?|、|(?<=[0-9a-z})])[和且](?=[0-9a-z({\\-])", ";"),
        (r"\\(?:text|mathrm|textbf|mathbf|operatorname|mbox)\{([^{}]*)\}", r"\\text{\1}"),
        (r"(?<=[0-9}a-z)])\s*\\text\{\s*[^{}]*\}(?:\s*\^\{?[23]\}?)?\s*$", ""),
        (r"(?<=[0-9}i)])\s+(?:cm|mm|km|kg|m|ft|in|inches|feet|meters?|units?|square units|degrees|dollars|hours?"
         r"|minutes?|seconds?|metres?|元|米|厘米|平方厘米|平方米|cm\^\{?[23]\}?|m\^\{?[23]\}?)\.?\s*$", ""),
        (r"\\(begin|end)\{[bB]?matrix\}", r"\\\1{pmatrix}"),
        (r"\\frac\s*([0-9])\s*([0-9])(?![0-9])", r"\\frac{\1}{\2}"), (r"\\sqrt\s*([0-9a-z])(?![0-9])", r"\\sqrt{\1}"),
        (r"\\log_([0-9a-z])", r"\\log_{\1}"),
        (r"(\\log_\{[0-9a-z]{1,8}\})\s*(?:\(([0-9a-z]{1,9})\)|([0-9a-z]{1,9})(?![0-9a-z^_(]))", r"\1{\2\3}"),
        (r"\^\{([0-9a-z])\}", r"^\1"), (r"\\%", "%"), (r"，", ","),
    )
)  # fmt: skip
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_SUPERSCRIPT = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\s+|.", re.DOTALL)
_LISTED = re.compile(r",?;|,")
_WORDS = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{3,}|\\text|[\u4e00-\u9fff]|[\"'`#@&_]{2}|(?<![a-zA-Z'])'")
_RELATION = re.compile(r"\\le(?![a-z])|\\ge(?![a-z])|\\ne(?![a-z])|[<>]|\\in(?![a-z])")
_OPENING, _CLOSING = "([{", ")]}"


@dataclass(frozen=True, slots=True)
class Form:
    """What an expression is made of. `text` is its normal form; `parts` are those of its shape, in their order;
    `brackets` those of a tuple or an interval; `signs` stand between the parts of a relation.
    """

    shape: Shape
    text: str
    parts: tuple[str, ...] = ()
    brackets: str = ""
    signs: tuple[str, ...] = ()


def normal(written: str, longest: int = MAX_WRITTEN) -> str:
    """The expression in one form. Two that are equal in it are the same expression."""
    text = folded(written)[:longest].replace("\\\\", _ROW)  # before "\\ 3" looks like a space
    text = _SUPERSCRIPT.sub(lambda hit: "^{" + hit[0].translate(_RAISED) + "}", text)
    for pattern, put in _REPLACED:
        text = pattern.sub(put, text)
    tokens = [token for token in _TOKEN.findall(text.strip(" .,;:")) if not token.isspace()]
    pairs = pairwise([*tokens, ""])
    return "".join(one + (" " if _needs_gap(one, after) else "") for one, after in pairs).replace(_ROW, "\\\\")


def form(text: str) -> Form:
    """The shape of an expression in normal form."""
    text = _unwrapped(text)
    inner = text[2:-2] if text.startswith("\\{") and text.endswith("\\}") else None
    if inner is not None and "\\{" not in inner:
        return Form("list", text, tuple(_split(inner, _LISTED)))
    if _is_bracketed(text):
        parts = _split(text[1:-1], re.compile(","))
        if len(parts) > 1:
            brackets = text[0] + text[-1]
            return Form("tuple" if brackets == "()" else "interval", text, tuple(parts), brackets)
    if "matrix" not in text:
        for divider in (_LISTED, re.compile(r"\\cup")):
            parts = _split(text, divider)
            if len(parts) > 1 and not (divider is _LISTED and text.startswith("\\text")):
                return Form("list", text, tuple(parts))
    if _is_words(text):
        return Form("words", text)
    return _related(text)


def _related(text: str) -> Form:
    relations = [hit for hit in _RELATION.finditer(text) if _depth(text, hit.start()) == 0]
    if relations and "=" not in text:
        bounds = [(0, relations[0].start())]
        bounds += [(one.end(), after.start()) for one, after in pairwise(relations)]
        bounds.append((relations[-1].end(), len(text)))
        return Form(
            "relation", text, tuple(text[a:b].strip() for a, b in bounds), signs=tuple(hit[0] for hit in relations)
        )
    sides = _split(text, re.compile("=")) if "=" in text else []
    if len(sides) == 2 and (named := _by_name(form(sides[0]), form(sides[1]))):
        return Form("list", text, named)
    if len(sides) > 1:
        return Form("equation", text, tuple(sides))
    if text.count("\\pm") == 1:
        both = (text.replace("\\pm", "+", 1).removeprefix("+").strip(), text.replace("\\pm", "-", 1))
        return Form("list", text, tuple(normal(each) for each in both))
    return Form("expression", re.split(r"\\approx(?![a-z])|≈", text)[0].strip() or text)


def _by_name(names: Form, values: Form) -> tuple[str, ...]:
    """(x,y)=(2,3) as x=2, y=3."""
    if names.shape != "tuple" or values.shape != "tuple" or len(names.parts) != len(values.parts):
        return ()
    return tuple(f"{name}={value}" for name, value in zip(names.parts, values.parts, strict=True))


def _needs_gap(one: str, after: str) -> bool:
    return len(one) > 2 and one[0] == "\\" and after[:1].isalpha()


def _is_words(text: str) -> bool:
    return _WORDS.search(re.sub(r"\\(?:begin|end)\{[a-z]*\}", "", text)) is not None


def _unwrapped(text: str) -> str:
    while text.startswith(("\\boxed{", "\\fbox{")) and text.endswith("}"):
        text = text[text.index("{") + 1 : -1]
    while _is_bracketed(text) and text[0] == "(" and "," not in text and len(text) > 3:
        text = text[1:-1]
    return text


def _is_bracketed(text: str) -> bool:
    """Whether one pair of brackets holds the whole text."""
    if len(text) < 2 or text[0] not in "([" or text[-1] not in ")]":
        return False
    return all(_depth(text, at) > 0 for at in range(1, len(text) - 1))


def _depth(text: str, at: int) -> int:
    before = text[:at]
    return sum(before.count(mark) for mark in _OPENING) - sum(before.count(mark) for mark in _CLOSING)


def _split(text: str, divider: re.Pattern[str]) -> list[str]:
    """The parts between the dividers that stand in no brackets; empty ones are left out."""
    parts: list[str] = []
    start = 0
    for hit in divider.finditer(text):
        if _depth(text, hit.start()) == 0:
            parts.append(text[start : hit.start()])
            start = hit.end()
    return [part.strip() for part in [*parts, text[start:]] if part.strip()]

"""The text that a text gives as its answer, and when two such texts are the same.

Rules, in order: `json_field` (an object with an "answer"); a label's own name (the last label wins; its answer is
the rest of that sentence); `bold` (the only thing in bold); `whole_text` (one paragraph); `first_line` (a short line,
then a blank one).
Several paragraphs without any of these are not an answer.
"""

import re
import unicodedata
from collections.abc import Callable

from evalpipe.core.extract.json import json_field
from evalpipe.core.extract.reading import folded, is_idle, labelled, sentence_end
from evalpipe.core.scores import Extraction

_MAX_FIRST_LINE = 60  # characters; "Paris" before an explanation, not the first line of one
_WRAPPING = " \t\n\r\ufeff*_`\"'“”‘’„«»「」『』"
_FINAL = ".。!！?？,，;；:：…"
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*")
_PARAGRAPH_END = re.compile(r"\n[ \t]{0,20}\n")
_PREAMBLE = re.compile(
    r"(?:let|okay|ok|sure|certainly|of course|to |first|we |i |here|好的|首先|让我|我们|我)|.*[:,…]$", re.IGNORECASE
)
_TEX_TEXT = re.compile(r"\\(?:text|textbf|mathrm)\{([^{}]*)\}")


def normal(text: str) -> str:
    """The form in which answers are compared: NFKC, casefold, single spaces, no quotes around, no final punctuation.

    Articles, accents and hyphens stay: "the Nile" is not "Nile".
    """
    return bared(" ".join(unicodedata.normalize("NFKC", text).casefold().split()))


def bared(text: str) -> str:
    """Text without markup and quotes around it and without final punctuation; `"Paris."` and `**Paris**.` are Paris."""
    while True:
        shorter = text.strip(_WRAPPING).rstrip(_FINAL)
        if shorter == text:
            return text
        text = shorter


def text(text: str) -> Extraction:
    """The answer as it was written, without what is around it. Compare it in its `normal` form."""
    flat = folded(text)
    for rule in _RULES:
        decided = rule(text, flat)
        if decided and decided.value:
            return decided
    return Extraction(None, reason="no text stands out as the answer")


def _json(text: str, flat: str) -> Extraction | None:
    return json_field(text, "answer") if '"answer"' in flat else None


def _labelled(text: str, flat: str) -> Extraction | None:
    for label in reversed(labelled(flat)):
        if not is_idle(flat, label):
            end = label.end if label.rule in ("boxed", "tag") else sentence_end(flat, label.start, label.end)
            found = _between(text, label.start, end, label.rule)
            if found.value:
                return found
    return None


def _bold(text: str, flat: str) -> Extraction | None:
    found = [hit for hit in _BOLD.finditer(flat) if not hit[1].endswith(":") and not flat.startswith(":", hit.end())]
    if len(found) != 1:
        return None
    return _between(text, found[0].start(1), found[0].end(1), "bold")


def _whole_text(text: str, flat: str) -> Extraction | None:
    return None if _PARAGRAPH_END.search(flat.strip()) else _between(text, 0, len(text), "whole_text")


def _first_line(text: str, flat: str) -> Extraction | None:
    start = len(flat) - len(flat.lstrip())
    end = flat.find("\n", start)
    line = flat[start:end].strip()
    alone = _PARAGRAPH_END.match(flat, end) is not None
    if not alone or len(line) > _MAX_FIRST_LINE or _PREAMBLE.match(line):
        return None
    return _between(text, start, end, "first_line")


def _between(text: str, start: int, end: int, rule: str) -> Extraction:
    value = bared(_TEX_TEXT.sub(r"\1", text[start:end]))
    return Extraction(value or None, rule, (start, end))


_RULES: tuple[Callable[[str, str], Extraction | None], ...] = (_json, _labelled, _bold, _whole_text, _first_line)

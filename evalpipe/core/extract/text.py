"""The text that a text gives as its answer, and when two such texts are the same.

The rules stand at the end of this file, in order. Several paragraphs without anything labelled, bold or set apart are
no answer, and neither is a text that declines to give one.
"""

import re
import unicodedata

from evalpipe.core.extract.echoes import without_echoes
from evalpipe.core.extract.json import json_field
from evalpipe.core.extract.reading import folded, is_idle, labelled, sentence_end
from evalpipe.core.extract.rules import Rule, first_decision
from evalpipe.core.extract.turns import without_retracted
from evalpipe.core.scores import Extraction

_MAX_FIRST_LINE = 60  # characters; "Paris" before an explanation, not the first line of one
_WRAPPING = " \t\n\r\ufeff*_`\"'“”‘’„«»「」『』"
_FINAL = ".。!！?？,，;；:：…"
_BOLD = re.compile(r"\*\*([^*\n]{1,200})\*\*")
_PARAGRAPH_END = re.compile(r"\n[ \t]{0,20}\n")
_PREAMBLE = re.compile(
    r"(?:let|okay|ok|sure|certainly|of course|to |first|we |i |here|好的|首先|让我|我们|我)|.*[:,…]$", re.IGNORECASE
)
# How a text begins that declines. A labelled "unknown" is an answer: some banks ask for it.
_NO_ANSWER = re.compile(
    r"""(?:(?:hmm|well|sorry|i'm[ ]sorry|i[ ]am[ ]sorry|apologies|unfortunately|抱歉|对不起|很抱歉)[,.!:\s]{1,3}){0,3}
      (?: i[ ]?(?:'m|am)[ ](?:not[ ](?:sure|certain|able)|unsure|unable|uncertain)
        | i[ ](?:really[ ]|honestly[ ]|simply[ ])?(?:do[ ]not|don't|cannot|can't|can[ ]not|could[ ]not|couldn't|have)
          [ ](?:no[ ])?(?:know|say|tell|answer|determine|find|help|provide|idea|see|be[ ]sure|give|solve|recall|have)
        | (?:it|this|that|the[ ]answer)[ ](?:is|cannot|can't)
          [ ](?:not[ ](?:clear|possible)|unclear|impossible|be[ ](?:determined|known|said))
        | (?:there[ ]is[ ])?(?:no[ ]answer|not[ ]enough|insufficient)(?![a-z])
        | as[ ]an?[ ](?:ai|language[ ]model)(?![a-z])
        | i[ ](?:would[ ]|'d[ ])?need[ ]more | (?:please|could[ ]you|can[ ]you)[ ](?:provide|clarify|give|share)
        | (?:我)?(?:不知道|不清楚|不确定|无法|不能|没有办法|没法|不太清楚|不太确定)
        | (?:请|需要)(?:您|你)?(?:提供|说明|补充|更多) | 信息不足 )""",
    re.VERBOSE | re.IGNORECASE,
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
    flat = without_retracted(without_echoes(folded(text)))
    found = first_decision(RULES, text, flat)
    return found or Extraction(None, reason="no text stands out as the answer")


def _json(text: str, flat: str) -> Extraction | None:
    found = json_field(text, "answer", "final_answer", "答案") if "{" in flat else None
    return found if found and found.value else None


def _labelled(text: str, flat: str) -> Extraction | None:
    for label in reversed(labelled(flat)):
        if not is_idle(flat, label):
            end = label.end if label.rule in ("boxed", "tag") else sentence_end(flat, label.start, label.end)
            found = _between(text, label.start, end, label.rule)
            if found:
                return found
    return None


def _bold(text: str, flat: str) -> Extraction | None:
    found = [hit for hit in _BOLD.finditer(flat) if not hit[1].endswith(":") and not flat.startswith(":", hit.end())]
    if len(found) != 1 or _NO_ANSWER.match(flat.lstrip(_WRAPPING)):
        return None
    return _between(text, found[0].start(1), found[0].end(1), "bold")


def _whole_text(text: str, flat: str) -> Extraction | None:
    stripped = flat.strip()
    if not stripped or _PARAGRAPH_END.search(stripped) or _NO_ANSWER.match(stripped.lstrip(_WRAPPING)):
        return None
    start = len(flat) - len(flat.lstrip())
    return _between(text, start, len(flat.rstrip()), "whole_text")


def _first_line(text: str, flat: str) -> Extraction | None:
    start = len(flat) - len(flat.lstrip())
    end = flat.find("\n", start)
    line = flat[start:end].strip()
    alone = _PARAGRAPH_END.match(flat, end) is not None and sentence_end(flat, start, end) >= start + len(line) - 1
    if not alone or len(line) > _MAX_FIRST_LINE or _PREAMBLE.match(line) or _NO_ANSWER.match(line):
        return None
    return _between(text, start, end, "first_line")


def _between(text: str, start: int, end: int, rule: str) -> Extraction | None:
    """The answer in [start, end), its span without what is around it; None when only marks stand there."""
    written = text[start:end]
    value = bared(_TEX_TEXT.sub(r"\1", written))
    if not value:
        return None
    at = written.find(value)
    span = (start + at, start + at + len(value)) if at >= 0 else (start, end)
    return Extraction(value, rule, span)


RULES = (
    Rule("json_field", "high", 'the field "answer" of a JSON object', _json),
    Rule("labelled", "high", "the rest of the sentence behind the last label", _labelled),
    Rule("bold", "medium", "the only thing in bold", _bold),
    Rule("whole_text", "medium", "the whole text, where it is one paragraph and declines nothing", _whole_text),
    Rule("first_line", "low", "a short first line that a blank line sets apart", _first_line),
)

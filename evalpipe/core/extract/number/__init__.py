"""The number that a text gives as its answer: "#### 1,024", "A: 7", "\\boxed{18}", "the answer is **$18**", 答案是三十.

A text with several numbers and nothing that marks one of them is unparsed.
"""

from evalpipe.core.extract.decimals import quantity_of
from evalpipe.core.extract.number.conclusions import (
    bold_in_last_line,
    conclusion,
    first_line,
    last_equation,
    only_number,
    unread,
)
from evalpipe.core.extract.number.labels import by_label
from evalpipe.core.extract.reading import folded
from evalpipe.core.extract.rules import Rule, first_decision
from evalpipe.core.scores import Extraction

_MARKUP = " \t\n*_`\"'"
_MAX_BARE = 2000  # characters; a longer text is never one number


def number(text: str) -> Extraction:
    """The answer in plain decimal form, "1,024.0" as "1024", with its per cent sign if it has one, or as a fraction in
    lowest terms if it does not terminate. None when there is no number, or when several stand as the answer.
    """
    flat = folded(text)
    return first_decision(RULES, flat) or unread(flat)


def _bare(text: str) -> Extraction | None:
    stripped = text.strip(_MARKUP) if len(text) <= _MAX_BARE else ""
    quantity = quantity_of(stripped) if stripped else None
    if quantity is None:
        return None
    start = text.index(stripped)
    return Extraction(quantity.written, "bare", (start, start + len(stripped)), confidence="high")


RULES = (
    Rule("bare", "high", "the whole text, where it is one number", _bare),
    Rule("labelled", "high", "the number behind the last label, or what stands for it after a revision", by_label),
    Rule("conclusion", "medium", "the last sentence that draws a conclusion: So she makes 18 dollars.", conclusion),
    Rule("bold_in_last_line", "medium", "the only number in bold of the last line", bold_in_last_line),
    Rule("last_equation", "medium", "the right side of the equation that the text ends with", last_equation),
    Rule("first_line", "medium", "a first line that is one number, an explanation below it", first_line),
    Rule("only_number", "low", "the only number of a short text that asks, begins and refuses nothing", only_number),
)

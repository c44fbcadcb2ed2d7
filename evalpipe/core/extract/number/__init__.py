"""The number that a text gives as its answer: "#### 1,024", "A: 7", "\\boxed{18}", "the answer is **$18**", 答案是三十.

Rules, in order: `bare` (the text is one number); a label's own name (the last label wins) or `revision` (what stands in
its place after "Wait, ..."); `conclusion` ("So she makes 18 dollars."); `bold_in_last_line`; `last_equation`;
`only_number`. A text with several numbers and nothing that marks one of them is unparsed.
"""

from collections.abc import Callable

from evalpipe.core.extract.decimals import quantity_of
from evalpipe.core.extract.number.conclusions import (
    bold_in_last_line,
    conclusion,
    last_equation,
    only_number,
    unread,
)
from evalpipe.core.extract.number.labels import by_label
from evalpipe.core.extract.reading import folded
from evalpipe.core.scores import Extraction

_MARKUP = " \t\n*_`\"'"
_MAX_BARE = 2000  # characters; a longer text is never one number


def number(text: str) -> Extraction:
    """The answer in plain decimal form, "1,024.0" as "1024", with its per cent sign if it has one, or as a fraction in
    lowest terms if it does not terminate. None when there is no number, or when several stand as the answer.
    """
    flat = folded(text)
    for rule in _RULES:
        decided = rule(flat)
        if decided:
            return decided
    return unread(flat)


def _bare(text: str) -> Extraction | None:
    stripped = text.strip(_MARKUP) if len(text) <= _MAX_BARE else ""
    quantity = quantity_of(stripped) if stripped else None
    if quantity is None:
        return None
    start = text.index(stripped)
    return Extraction(quantity.written, "bare", (start, start + len(stripped)), confidence="high")


_RULES: tuple[Callable[[str], Extraction | None], ...] = (
    _bare, by_label, conclusion, bold_in_last_line, last_equation, only_number
)  # fmt: skip

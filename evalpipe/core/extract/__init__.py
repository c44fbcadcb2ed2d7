"""What a model's text says its answer is. One extractor per kind of answer, each an ordered list of named rules.

A rule either decides (it reads an answer, or says that none can be read) or passes the text on to the next.
Reasoning inside `<think>` is set aside first. The last answer that is labelled as one wins, so a model may revise.
Where nothing is labelled and several candidates stand, the answer is None: a guess is worse than a gap.
"""

from collections.abc import Callable, Sequence

from evalpipe.core.extract.choice import choice
from evalpipe.core.extract.json import json_field
from evalpipe.core.extract.math import math
from evalpipe.core.extract.number import number
from evalpipe.core.extract.reading import without_reasoning
from evalpipe.core.extract.text import text as free_text
from evalpipe.core.questions import Kind
from evalpipe.core.scores import Extraction

DEFAULT_FIELD = "answer"

# (readable text, choices, field) -> Extraction.
_EXTRACTORS: dict[Kind, Callable[[str, Sequence[str], str], Extraction]] = {
    "number": lambda text, choices, field: number(text),
    "math": lambda text, choices, field: math(text),
    "choice": lambda text, choices, field: choice(text, choices),
    "text": lambda text, choices, field: free_text(text),
    "json": lambda text, choices, field: json_field(text, field),
}


def extract(kind: Kind, text: str, *, choices: Sequence[str] = (), answer_field: str | None = None) -> Extraction:
    """Read the answer to a question of this kind; the span counts characters of `text` as it came.

    Args:
        choices: texts of the options of a `choice` question; its value is a letter, "A" for the first.
        answer_field: the field of a `json` answer, "answer" where None.
    """
    readable = without_reasoning(text)
    if readable is None:
        return Extraction(None, reason="the reasoning never ends")
    if not readable.strip():
        return Extraction(None, reason="the answer is empty")
    return _EXTRACTORS[kind](readable, choices, answer_field or DEFAULT_FIELD)

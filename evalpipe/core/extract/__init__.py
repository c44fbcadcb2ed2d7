"""What a model's text says its answer is. One extractor per kind of answer, each an ordered list of named rules.

A rule either decides (it reads an answer, or says that none can be read) or passes the text on to the next. What is
no answer is set aside before: reasoning, the next turn of a model that runs on, repeated instructions, what a reply
takes back. The last answer that is labelled as one wins, so a model may revise. Where nothing is labelled and several
candidates stand, the answer is None: a guess is worse than a gap.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from evalpipe.core.extract.choice import choice, multi_choice
from evalpipe.core.extract.echoes import without_echoes
from evalpipe.core.extract.json import RULES as JSON_RULES
from evalpipe.core.extract.json import answer_object, json_field
from evalpipe.core.extract.math import RULES as MATH_RULES
from evalpipe.core.extract.math import math
from evalpipe.core.extract.number import RULES as NUMBER_RULES
from evalpipe.core.extract.number import number
from evalpipe.core.extract.reading import folded, labelled
from evalpipe.core.extract.reasoning import without_reasoning
from evalpipe.core.extract.rules import Rule, Tried, first_decision, recorded
from evalpipe.core.extract.text import RULES as TEXT_RULES
from evalpipe.core.extract.text import text as free_text
from evalpipe.core.extract.turns import without_retracted, without_run_on
from evalpipe.core.questions import Kind
from evalpipe.core.scores import Extraction

DEFAULT_FIELDS = ("answer", "final_answer", "答案")
_OPTION_FIELDS = (*DEFAULT_FIELDS, "choice", "option", "letter", "correct_answer", "correct_option", "选项")

# Characters of an answer that are read, from its beginning and from its end: a longer one is a model in a loop, and no
# text may cost more than 100 ms. A JSON answer is read as a whole.
_HEAD, _TAIL = 3_000, 9_000
_GAP = "\n\n\n"

# (text without what is no answer, choices) -> Extraction.
_READERS: dict[Kind, Callable[[str, Sequence[str]], Extraction]] = {
    "number": lambda text, choices: number(text),
    "math": lambda text, choices: math(text),
    "choice": choice,
    "multi_choice": multi_choice,
}


# The rules of the kinds that list them, in order; docs/extraction.md is written from it.
RULES_OF: dict[Kind, tuple[Rule, ...]] = {
    "number": NUMBER_RULES,
    "math": MATH_RULES,
    "json": JSON_RULES,
    "text": TEXT_RULES,
}


@dataclass(frozen=True, slots=True)
class Explained:
    """What was read, and what every rule said on the way, in order."""

    found: Extraction
    tried: tuple[Tried, ...]


def extract(
    kind: Kind,
    text: str,
    *,
    choices: Sequence[str] = (),
    answer_field: str | None = None,
    answer_fields: Sequence[str] = (),
) -> Extraction:
    """Read the answer to a question of this kind; the span counts characters of `text` as it came.

    Args:
        choices: texts of the options of a `choice` question; its value is a letter, "A" for the first.
        answer_field: the field of a `json` answer.
        answer_fields: the same with fallbacks, in order. DEFAULT_FIELDS where neither is given.
    """
    readable = without_reasoning(text)
    if readable is None:
        return Extraction(None, reason="the reasoning never ends")
    if not readable.strip():
        return Extraction(None, reason="the answer is empty")
    fields = tuple(answer_fields) or ((answer_field,) if answer_field else ())
    if kind == "json":
        return json_field(_own_turn(readable), *(fields or DEFAULT_FIELDS))
    own = without_run_on(readable) if kind == "text" else _own_turn(folded(readable))
    inside = first_decision((_IN_OBJECT,), own, kind, choices, fields) if "{" in own and kind != "text" else None
    if inside:
        return inside
    near, removed = _excerpt(own)
    found = free_text(near) if kind == "text" else _READERS[kind](without_retracted(without_echoes(near)), choices)
    return _moved(found, removed) if removed else found


def explained(kind: Kind, text: str, *, choices: Sequence[str] = (), answer_fields: Sequence[str] = ()) -> Explained:
    """As `extract`, with what every rule said."""
    with recorded() as tried:
        found = extract(kind, text, choices=choices, answer_fields=answer_fields)
    if found.rule and not any(each.found for each in tried):
        tried.append(Tried(found.rule, found))
    return Explained(found, tuple(tried))


def _excerpt(text: str) -> tuple[str, int]:
    """The text's two ends, and how many characters between them were left out; nearly always all of it and 0."""
    removed = len(text) - _HEAD - _TAIL
    if removed <= len(_GAP):
        return text, 0
    return f"{text[:_HEAD]}{_GAP}{text[-_TAIL:]}", removed - len(_GAP)


def _moved(found: Extraction, removed: int) -> Extraction:
    """The same with its span as in the whole text."""
    if not found.span:
        return found
    start, end = (at + removed if at > _HEAD else at for at in found.span)
    return replace(found, span=(start, end))


def _own_turn(text: str) -> str:
    """The text without the next turn; a "Question:" within a JSON object begins none."""
    cut = without_run_on(text)
    return cut if cut.count("{") <= cut.count("}") or text.count("{") > text.count("}") else text


def _in_object(text: str, kind: Kind, choices: Sequence[str], fields: Sequence[str]) -> Extraction | None:
    """The answer that a JSON object holds, read from its field alone: its other fields may speak of other answers."""
    held = answer_object(text, fields or (_OPTION_FIELDS if choices else DEFAULT_FIELDS))
    if not held:
        return None
    found, end_of_object = held
    if found.value is None or found.span is None or labelled(text[end_of_object:]):
        return None  # the text goes on and says its answer below
    with recorded():  # what rules say within the field is no part of how the text is read
        read = _READERS[kind](found.value, choices)
    at = text.find(read.value, *found.span) if read.value else -1
    span = (at, at + len(read.value or "")) if at >= 0 else found.span
    return replace(read, rule=found.rule, span=span, confidence=found.confidence if read.value else None)


_IN_OBJECT = Rule("json_field", "high", "the field of a JSON object, where the text is or ends with one", _in_object)

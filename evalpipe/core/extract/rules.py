"""An extractor is an ordered list of named rules; the first that decides is heard.

`first_decision` runs the list. Within `recorded` it also writes down what each rule said, for whoever asks why.
"""

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from evalpipe.core.scores import Confidence, Extraction


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to read an answer. `read` gives None to pass the text on, an Extraction to decide.

    A rule about labels reports under the label's own name. `about` is its line in docs/extraction.md.
    """

    name: str
    confidence: Confidence
    about: str
    read: Callable[..., Extraction | None]


@dataclass(frozen=True, slots=True)
class Tried:
    """What a rule said: None, it passed the text on; an Extraction without a value, it decided that none is read."""

    rule: str
    found: Extraction | None


_RECORD: ContextVar[list[Tried] | None] = ContextVar("rules_tried", default=None)


def first_decision(rules: Sequence[Rule], *text: object) -> Extraction | None:
    """The first rule's decision, with that rule's confidence unless it says its own; None when all pass."""
    record = _RECORD.get()
    for rule in rules:
        found = rule.read(*text)
        if found and found.value is not None and found.confidence is None:
            found = replace(found, confidence=rule.confidence)
        if record is not None:
            record.append(Tried(rule.name, found))
        if found:
            return found
    return None


@contextmanager
def recorded() -> Generator[list[Tried]]:
    """A list that fills with what every rule says while the block runs."""
    tried: list[Tried] = []
    token = _RECORD.set(tried)
    try:
        yield tried
    finally:
        _RECORD.reset(token)

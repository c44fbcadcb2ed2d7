"""(question, answer text) -> Score. Pure; one small file each; this dict is the whole registry.

A new scorer is one file, one test and one line here. Change what a scorer or its extractor decides, and raise its
version: the cells scored by the old one are then scored again, and nothing is asked again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from evalpipe.core.questions import Kind, Question
from evalpipe.core.scores import Score
from evalpipe.scorers.choice import choice
from evalpipe.scorers.exact import exact
from evalpipe.scorers.json_field import json_field
from evalpipe.scorers.number import number


@dataclass(frozen=True, slots=True)
class Scorer:
    """A named way to score. `version` is raised by hand with every change of what it decides."""

    name: str
    version: str
    score: Callable[[Question, str], Score]


SCORERS: dict[str, Scorer] = {
    "number": Scorer("number", "1", number),
    "choice": Scorer("choice", "1", choice),
    "exact": Scorer("exact", "1", exact),
    "json": Scorer("json", "1", json_field),
}

# Which scorer a question gets unless its bank names another.
SCORER_OF_KIND: dict[Kind, str] = {
    "number": "number",
    "math": "number",
    "choice": "choice",
    "text": "exact",
    "json": "json",
}

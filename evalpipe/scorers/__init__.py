"""(question, answer text) -> Score. Pure; one small file each; this dict is the whole registry.

A new scorer is one file, one test and one line here. Change what a scorer or its extractor decides, and raise its
version: the cells scored by the old one are then scored again, and nothing is asked again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from evalpipe.core.questions import Kind, Question
from evalpipe.core.scores import Score
from evalpipe.scorers.choice import choice, choice_key
from evalpipe.scorers.exact import exact, exact_key
from evalpipe.scorers.json_field import json_field, json_key
from evalpipe.scorers.number import number, number_key


@dataclass(frozen=True, slots=True)
class Scorer:
    """A named way to score. `version` is raised by hand with every change of what it decides.

    `key` is the form in which the scorer compares: of an extracted answer or of a target. Two of them are equal to the
    scorer exactly when their keys are the same text.
    """

    name: str
    version: str
    score: Callable[[Question, str], Score]
    key: Callable[[Question, str], str]


SCORERS: dict[str, Scorer] = {
    "number": Scorer("number", "1", number, number_key),
    "choice": Scorer("choice", "1", choice, choice_key),
    "exact": Scorer("exact", "1", exact, exact_key),
    "json": Scorer("json", "2", json_field, json_key),
}

# Which scorer a question gets unless its bank names another.
SCORER_OF_KIND: dict[Kind, str] = {
    "number": "number",
    "math": "number",
    "choice": "choice",
    "text": "exact",
    "json": "json",
}

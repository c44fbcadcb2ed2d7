"""(question, answer text) -> Score. Pure; one small file each; the dict below is the whole registry.

A new scorer is one file, one test and one line here. Change what a scorer or its extractor decides, and raise its
version: the cells scored by the old one are then scored again, and nothing is asked again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from evalpipe.core.questions import Kind
from evalpipe.scorers.choice import choice, choice_key
from evalpipe.scorers.exact import exact, exact_key
from evalpipe.scorers.json_field import json_field, json_key
from evalpipe.scorers.math import math, math_key
from evalpipe.scorers.number import NumberOptions, number
from evalpipe.scorers.scorer import Comparison, NoOptions, Scorer, ScorerSpec, made

SPECS: Mapping[str, ScorerSpec] = MappingProxyType(
    {
        "number": ScorerSpec("number", "2", NumberOptions, number),
        "math": ScorerSpec("math", "1", NoOptions, lambda _: Comparison(math, math_key)),
        "choice": ScorerSpec("choice", "1", NoOptions, lambda _: Comparison(choice, choice_key)),
        "exact": ScorerSpec("exact", "1", NoOptions, lambda _: Comparison(exact, exact_key)),
        "json": ScorerSpec("json", "2", NoOptions, lambda _: Comparison(json_field, json_key)),
    }
)

# Which scorer a question gets unless its bank names another.
SCORER_OF_KIND: dict[Kind, str] = {
    "number": "number",
    "math": "math",
    "choice": "choice",
    "text": "exact",
    "json": "json",
}


def scorer(name: str, options: object | None = None) -> Scorer:
    """The scorer of this name with these options, an instance of its `ScorerSpec.options`; None: its defaults.

    Raises: KeyError: there is no such scorer.
    """
    return made(SPECS[name], options)

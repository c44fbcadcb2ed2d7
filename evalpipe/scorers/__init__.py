"""(question, answer text) -> Score. Pure; one small file each; the dict below is the whole registry.

A new scorer is one file, one test and one line here. Change what a scorer or its extractor decides, and raise its
version: the cells scored by the old one are then scored again, and nothing is asked again.
"""

from collections.abc import Mapping
from types import MappingProxyType

from evalpipe.core.questions import Kind
from evalpipe.scorers.choice import choice, choice_key
from evalpipe.scorers.contains import ContainsOptions, contains
from evalpipe.scorers.exact import exact, exact_key
from evalpipe.scorers.f1 import f1, f1_key
from evalpipe.scorers.json_field import JsonOptions, json_field
from evalpipe.scorers.judge import JudgeOptions, judge, judge_key
from evalpipe.scorers.math import math, math_key
from evalpipe.scorers.multi_choice import MultiChoiceOptions, multi_choice, multi_choice_key
from evalpipe.scorers.number import NumberOptions, number
from evalpipe.scorers.regexp import RegexOptions, regex
from evalpipe.scorers.scorer import Comparison, NoOptions, Scorer, ScorerSpec, made

SPECS: Mapping[str, ScorerSpec] = MappingProxyType(
    {
        "choice": ScorerSpec("choice", "2", NoOptions, lambda _: Comparison(choice, choice_key)),
        "multi_choice": ScorerSpec(
            "multi_choice",
            "1",
            MultiChoiceOptions,
            lambda options: Comparison(
                lambda question, answer: multi_choice(question, answer, options), multi_choice_key
            ),
        ),
        "number": ScorerSpec("number", "3", NumberOptions, number),
        "math": ScorerSpec("math", "2", NoOptions, lambda _: Comparison(math, math_key)),
        "exact": ScorerSpec("exact", "1", NoOptions, lambda _: Comparison(exact, exact_key)),
        "json": ScorerSpec("json", "3", JsonOptions, json_field),
        "regex": ScorerSpec("regex", "1", RegexOptions, regex),
        "f1": ScorerSpec("f1", "1", NoOptions, lambda _: Comparison(f1, f1_key)),
        "contains": ScorerSpec("contains", "1", ContainsOptions, contains),
        "judge": ScorerSpec("judge", "1", JudgeOptions, lambda _: Comparison(judge, judge_key)),
    }
)

# Which scorer a question gets unless its bank names another.
SCORER_OF_KIND: dict[Kind, str] = {
    "number": "number",
    "math": "math",
    "choice": "choice",
    "multi_choice": "multi_choice",
    "text": "exact",
    "json": "json",
}


def scorer(name: str, options: object | None = None) -> Scorer:
    """The scorer of this name with these options, an instance of its `ScorerSpec.options`; None: its defaults.

    Raises: KeyError: there is no such scorer.
    """
    return made(SPECS[name], options)

"""Which scorer a bank uses for a kind of question: its name, or a table with its name and options.

scorers = { number = "exact" }
[banks.gsm8k.scorers.number]
scorer = "number"
tolerance = "0.01"
"""

import json
from dataclasses import fields
from functools import lru_cache
from typing import Annotated, Any

from pydantic import BeforeValidator, InstanceOf, TypeAdapter, ValidationError

from evalpipe.core.questions import Kind
from evalpipe.scorers import SCORER_OF_KIND, SPECS, Scorer, scorer


def _chosen(value: object) -> Scorer:
    if isinstance(value, Scorer):
        return value
    given = {"scorer": value} if isinstance(value, str) else dict(value) if isinstance(value, dict) else None
    if given is None or "scorer" not in given:
        raise ValueError("a scorer's name is expected, or a table whose `scorer` is one")
    name = given.pop("scorer")
    if not isinstance(name, str) or name not in SPECS:
        raise ValueError(f"no such scorer. Allowed: {', '.join(SPECS)}")
    return with_options(name, given)


def with_options(name: str, options: dict[str, Any]) -> Scorer:
    """The scorer with options as a file gives them.

    Raises: ValueError: an option that the scorer does not have, or a value that it cannot use.
    """
    try:
        # As JSON, whose arrays and objects may become tuples and dataclasses where all else is strict.
        return scorer(name, _reader(name).validate_json(json.dumps(options, default=str)))
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        option = ".".join(str(part) for part in fault["loc"])
        allowed = ", ".join(each.name for each in fields(SPECS[name].options)) or "none"
        if fault["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
            raise ValueError(f"scorer {name!r} has no option {option!r}. Allowed: {allowed}") from None
        said = fault["msg"].removeprefix("Value error, ")
        raise ValueError(f"{f'option `{option}` of ' if option else ''}scorer {name!r}: {said}") from None


def stored_scorer(name: str, options: str | None) -> Scorer:
    """The scorer that a row of `scores` names, as today's code has it.

    Raises: ValueError: there is none of this name any more, or it does not have these options.
    """
    if name not in SPECS:
        raise ValueError(f"no such scorer: {name!r}")
    return with_options(name, json.loads(options)) if options else scorer(name)


@lru_cache
def _reader(name: str) -> TypeAdapter[Any]:
    return TypeAdapter(SPECS[name].options)


ChosenScorer = Annotated[InstanceOf[Scorer], BeforeValidator(_chosen)]
DEFAULT_SCORERS: dict[Kind, Scorer] = {kind: scorer(name) for kind, name in SCORER_OF_KIND.items()}

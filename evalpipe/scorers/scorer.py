"""What a scorer is: a name, a version, options, and two functions."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any, ClassVar

from evalpipe.core.questions import Question
from evalpipe.core.scores import Score
from evalpipe.core.versions import digest


@dataclass(frozen=True, slots=True)
class Comparison:
    """`score` decides. `key` is the form in which it compares, of an extracted answer or of a target: two of them are
    equal to the scorer exactly when their keys are the same text. Where no such form exists (a tolerance, a symbolic
    equivalence), equal keys still mean equal, and the scorer's docstring says what unequal ones may hide.
    """

    score: Callable[[Question, str], Score]
    key: Callable[[Question, str], str]


@dataclass(frozen=True, slots=True)
class NoOptions:
    """Options of a scorer that has none. Those of others are frozen dataclasses with a default for every field; they
    are read from evalpipe.toml strictly, and their `__post_init__` raises ValueError with a sentence for a bad value.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}


@dataclass(frozen=True, slots=True)
class ScorerSpec:
    """An entry of the registry. `version` is raised by hand with every change of what the scorer decides."""

    name: str
    version: str
    options: type[Any]
    make: Callable[[Any], Comparison]


@dataclass(frozen=True, slots=True)
class Scorer:
    """A way to score. `version` also tells the options, and `options` are those that differ from the defaults, as
    canonical JSON ("" where none does): with them a score can be repeated when evalpipe.toml says something else.
    """

    name: str
    version: str
    options: str
    score: Callable[[Question, str], Score]
    key: Callable[[Question, str], str]


@lru_cache(maxsize=256)  # asked for once per score
def made(spec: ScorerSpec, options: object | None) -> Scorer:
    """The scorer of this entry and these options."""
    chosen = spec.options() if options is None else options
    changed = written(chosen)
    version = f"{spec.version}+{digest(changed)[:8]}" if changed else spec.version
    compared = spec.make(chosen)
    return Scorer(spec.name, version, changed, compared.score, compared.key)


def written(options: Any) -> str:  # noqa: ANN401  typing has no name for "an instance of some dataclass"
    """The options that are not the defaults, as JSON with sorted keys; "" where there are none."""
    default = asdict(type(options)())
    changed = {name: value for name, value in asdict(options).items() if value != default[name]}
    return json.dumps(changed, sort_keys=True, ensure_ascii=False, default=str) if changed else ""

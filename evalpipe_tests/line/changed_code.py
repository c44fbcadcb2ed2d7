"""Code that reads answers otherwise than it did: an extractor changed, a scorer's version raised, an option given."""

import sys
from dataclasses import dataclass, replace
from typing import ClassVar

import evalpipe.config.scorers as configured
from evalpipe.core.scores import Score
from evalpipe.scorers import SPECS
from evalpipe.scorers.scorer import Comparison, Scorer


def read_b_as_a(monkeypatch) -> None:
    """An extractor edited without a raised version: what it read as B is A, by another rule, and C is unreadable."""
    module = sys.modules["evalpipe.scorers.choice"]
    old = module.extract

    def edited(kind, answer, **more):
        found = old(kind, answer, **more)
        if found.value == "B":
            return replace(found, value="A", rule="wishful")
        return replace(found, value=None, reason="\x1b[31mno C") if found.value == "C" else found

    monkeypatch.setattr(module, "extract", edited)


def raise_version(monkeypatch, kind: str, version: str) -> None:
    """The default scorer of this kind has another version."""
    scorer: Scorer = configured.DEFAULT_SCORERS[kind]
    monkeypatch.setitem(configured.DEFAULT_SCORERS, kind, replace(scorer, version=version))


@dataclass(frozen=True, slots=True)
class Wrong:
    """Options of `strict`: what a wrong letter earns."""

    earns: float = 0.0

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}


def with_option_scorer(monkeypatch) -> None:
    """A scorer `choice` that has an option, as those of later versions do."""

    def make(options: Wrong) -> Comparison:
        old = SPECS["choice"].make(SPECS["choice"].options())

        def score(question, answer) -> Score:
            found = old.score(question, answer)
            return replace(found, value=options.earns) if found.value == 0.0 else found

        return Comparison(score, old.key)

    specs = {**SPECS, "choice": replace(SPECS["choice"], options=Wrong, make=make)}
    configured._reader.cache_clear()
    monkeypatch.setattr(configured, "SPECS", specs)
    monkeypatch.setattr("evalpipe.scorers.SPECS", specs)

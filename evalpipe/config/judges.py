"""The models that judge: named by the options of a bank's scorer `judge`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from evalpipe.config.models import AnyModel
from evalpipe.config.schema import Bank
from evalpipe.core.errors import ConfigError
from evalpipe.core.keys import fits_key, from_key, to_key
from evalpipe.core.quoting import one_line

_JUDGE = "judge"


def judges(banks: Mapping[str, Bank]) -> set[str]:
    """The keys of all models that judge."""
    return {to_key(name) for _, name in _named(banks) if fits_key(name)}


def check_judges(path: Path, banks: Mapping[str, Bank], models: Mapping[str, AnyModel]) -> None:
    """Raises ConfigError: a judge is no model, or none is named."""
    for where, name in _named(banks):
        known = one_line(", ".join(from_key(key) for key in models), 300) or "none is configured"
        if not name:
            raise ConfigError(
                f"{path}: `{where}.model` is missing: a judge is a model. Write [{where}] as a table of its own, with "
                f'scorer = "judge" and model = "NAME". Models: {known}.'
            )
        if not fits_key(name) or to_key(name) not in models:
            raise ConfigError(
                f"{path}: `{where}.model`: no model is named {one_line(repr(name), 80)}. Models: {known}. "
                "Correct the name, or configure the model under [models.NAME]; one that only judges needs no `banks`."
            )


def _named(banks: Mapping[str, Bank]) -> Iterator[tuple[str, str]]:
    """Where each judge stands in the file, and its name."""
    for bank, section in banks.items():
        for kind, scorer in section.scorers.items():
            if scorer.name == _JUDGE:
                yield f"banks.{one_line(bank, 60)}.scorers.{kind}", json.loads(scorer.options or "{}").get("model", "")

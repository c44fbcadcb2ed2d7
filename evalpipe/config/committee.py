"""Who sits in the committee: the models whose answers are used to doubt labels."""

from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from evalpipe.config.models import AnyModel
from evalpipe.core.errors import ConfigError
from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line


def members(named: Sequence[str], keys: Iterable[str]) -> tuple[str, ...]:
    """The keys of the models that are named, each once, in the order of `named`; a name may be a shell pattern."""
    there = list(keys)
    return tuple(dict.fromkeys(key for name in named for key in _fitting(name, there)))


def check_committee(path: Path, named: Sequence[str], models: Mapping[str, AnyModel]) -> None:
    """Raises ConfigError: a name stands twice, or fits no model."""
    where = f"{path}: `labels.committee`"
    for at, name in enumerate(named):
        shown = one_line(repr(name), 80)
        if name in named[:at]:
            raise ConfigError(f"{where}: {shown} is there twice; one model has one vote. Remove one of them.")
        if not _fitting(name, list(models)):
            known = one_line(", ".join(from_key(key) for key in models), 300) or "none is configured"
            raise ConfigError(
                f"{where}: no model is named {shown}, and as a pattern it fits none. Models: {known}. "
                "Correct the name, or configure the model under [models.NAME]."
            )


def _fitting(name: str, keys: Sequence[str]) -> list[str]:
    """The model of this very name; else all whose names fit it as a pattern."""
    exact = [key for key in keys if from_key(key) == name]
    return exact or [key for key in keys if fnmatchcase(from_key(key), name)]

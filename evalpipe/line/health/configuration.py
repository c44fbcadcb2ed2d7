"""The configuration file: there, TOML, known keys, allowed values. And as much of it as the other checks can use."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from evalpipe.config import Config, load_config
from evalpipe.config.load import DEFAULT, VARIABLE
from evalpipe.config.schema import File
from evalpipe.core.errors import EvalpipeError
from evalpipe.line.health.finding import Finding, bad, ok
from evalpipe.line.project import Project
from evalpipe.store.lake import Lake
from evalpipe.store.landing import Landing

CONFIGURATION = "configuration"


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of the configuration.

    `project` is None where the file itself does not fit. `refused` is why a run would not start although the file's
    form is right (a variable, a recorded file); the project's `config.models` is empty then, `config.file` is whole.
    """

    path: Path
    project: Project | None
    findings: tuple[Finding, ...]
    refused: str | None = None


def read_configuration(path: Path | None = None) -> Reading:
    named = path or Path(os.environ.get(VARIABLE) or DEFAULT)
    try:
        config = load_config(path)
    except EvalpipeError as error:
        said = str(error)
    else:
        counted = f"models: {len(config.models)}, prompts: {len(config.file.prompts)}, banks: {len(config.file.banks)}"
        return Reading(named, _project(config), (ok(CONFIGURATION, f"{config.path} fits; {counted}"),))
    file = _form(named)
    if file is None:
        mend = _mend(named)
        return Reading(named, None, tuple(bad(CONFIGURATION, line, mend) for line in said.splitlines()))
    return Reading(named, _project(Config(named.resolve(), file, {})), (), said)


def refused(reading: Reading) -> Finding:
    """The loader's own word, for what no other check names."""
    return bad(CONFIGURATION, reading.refused or "", f"Correct it in {reading.path}.")


def _project(config: Config) -> Project:
    return Project(config, Lake(config.lake), Landing(config.landing))


def _form(path: Path) -> File | None:
    """The file where its form is right, whatever the loader has against it."""
    try:
        return File.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError, EvalpipeError):  # the errors of TOML, of UTF-8 and of pydantic are ValueErrors
        return None


def _mend(path: Path) -> str:
    if not path.is_file():
        if os.environ.get(VARIABLE):
            return f"Let {VARIABLE} name a file that is there, or unset it to read {DEFAULT} of the current folder."
        return f"Change into the project's folder, or type `export {VARIABLE}=/path/to/{DEFAULT}`."
    try:
        tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError:
        return f"Let this user read it: chmod u+r {path}"
    except UnicodeDecodeError:
        return "Save the file as UTF-8."
    except ValueError:
        return "Correct the file at that line and column; texts stand in quotes."
    return f"Correct or remove that key in {path}; keys of an endpoint belong into the environment, not here."

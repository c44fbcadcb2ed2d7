"""The models as they are configured, nobody asked: keys, banks, recorded files."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from evalpipe.backends.recorded import Recorded, recorded_models
from evalpipe.config.models import Endpoint, RecordedModel
from evalpipe.core.errors import ConfigError, DropError, EvalpipeError
from evalpipe.core.keys import from_key
from evalpipe.line.health.finding import Finding, bad, ok, warning
from evalpipe.line.project import Project
from evalpipe.sources import load_spec

KEYS, MODELS, COMMITTEE, RECORDED = "keys", "models", "committee", "recorded answers"
FEWEST_VOTES = 3  # of two who disagree with each other and the label, nobody can say who is right


def keys(project: Project) -> list[Finding]:
    """Each variable that a model names holds something that can be a key. The key itself is never shown."""
    findings: list[Finding] = []
    named: list[str] = []
    for name, model in project.config.file.models.items():
        if not isinstance(model, Endpoint) or not model.api_key_env:
            continue
        if may_be_key(model.api_key_env):
            what = f"[models.{name}] api_key_env: no variable of that name; it is not shown, it could be a key itself"
            mend = 'Write the name, as in api_key_env = "OPENAI_API_KEY", and put a new key into that variable.'
            findings.append(bad(KEYS, what, mend))
            continue
        named.append(model.api_key_env)
        findings += _key(name, model.api_key_env)
    if findings:
        return findings
    return [ok(KEYS, f"set: {', '.join(sorted(set(named)))}" if named else "no model names a variable with a key")]


def may_be_key(variable: str) -> bool:
    """No variable has this name, and it is not written as names of variables are: capitals, an underscore between."""
    return variable not in os.environ and re.fullmatch("[A-Z][A-Z0-9]*(_[A-Z0-9]{1,20})+", variable) is None


def _key(model: str, variable: str) -> Iterator[Finding]:
    value = os.environ.get(variable)
    where = f"[models.{model}] api_key_env"
    export = f"Type `export {variable}=...` with the endpoint's key"
    if not value or not value.strip():
        what = f"{where}: the environment variable {variable} is {'empty' if value is not None else 'not set'}"
        yield bad(KEYS, what, f"{export}, or remove `api_key_env` where none is needed.")
        return
    core = value.strip()
    if core[0] in "'\"" or core[-1] in "'\"":
        yield warning(
            KEYS, f"{where}: the value of {variable} has quotes around it, they are sent too", f"{export} alone."
        )
    elif core != value:
        yield warning(KEYS, f"{where}: the value of {variable} has blanks or line breaks around it", f"{export} alone.")
    if not all("!" <= character <= "~" for character in core):
        what = f"{where}: the value of {variable} holds blanks, line breaks or characters that no key has"
        yield bad(KEYS, what, f"{export} alone.")


def models(project: Project) -> list[Finding]:
    """Some model is automatic, and the banks that models name are banks of some drop."""
    file = project.config.file
    if not file.models:
        what = f"{project.config.path}: no model is configured"
        return [warning(MODELS, what, "Add a section [models.NAME]; README.md shows one of each backend.")]
    findings: list[Finding] = []
    if not any(model.automatic for model in file.models.values()) and not file.labels.committee:
        what = "no model has `automatic = true`: a running daemon asks nobody, `evalpipe run` needs --model"
        findings.append(warning(MODELS, what, "Put `automatic = true` into the sections of the models to evaluate."))
    banks, unread = _banks(project)
    for name, model in file.models.items():
        unknown = sorted(set(model.banks) - banks - {"*"})
        if unknown and banks and not unread:
            what = f"[models.{name}] banks: no drop belongs to {', '.join(unknown)}. Banks: {', '.join(sorted(banks))}"
            findings.append(warning(MODELS, what, "Correct the name, or bring the bank's first drop in."))
    automatic = sum(model.automatic for model in file.models.values())
    return findings or [ok(MODELS, f"{len(file.models)} configured, {automatic} automatic")]


def committee(project: Project) -> list[Finding]:
    """Who doubts labels; one member, or one family with one vote, is one opinion."""
    config = project.config
    seated = config.committee
    if not seated:
        named = config.file.labels.committee
        told = (
            f"not looked at, the models are refused: {', '.join(named)}" if named else "none: other signals do the work"
        )
        return [ok(COMMITTEE, told)]
    families = {config.models[member].family or member for member in seated}
    votes = len(families) if config.file.labels.one_vote_per_family else len(seated)
    names = ", ".join(from_key(member) for member in seated)
    if votes < FEWEST_VOTES:
        what = f"{names}: {votes} of {FEWEST_VOTES} votes; who errs, a member or the label, can hardly be told"
        return [warning(COMMITTEE, what, "Name more models in `[labels] committee`, of other families.")]
    return [ok(COMMITTEE, f"{len(seated)} members, {votes} votes: {names}")]


def _banks(project: Project) -> tuple[set[str], bool]:
    """The banks of all drops, in the lake and in the landing place, and whether some drop did not tell."""
    found = set(project.lake.read("drops", columns=["bank"])["bank"])
    unread = False
    for drop in project.landing.drops():
        try:
            found.add(load_spec(project.landing.folder(drop), default_bank=project.config.bank_of(drop)).bank)
        except (ConfigError, DropError):
            unread = True
    return found, unread


def recorded(project: Project) -> list[Finding]:
    """Each recorded file opens and holds the models that are asked of it."""
    findings: list[Finding] = []
    for name, model in project.config.file.models.items():
        if isinstance(model, RecordedModel):
            findings.append(_recorded(name, project.config.resolve(model.path), model))
    return findings


def _recorded(name: str, path: Path, model: RecordedModel) -> Finding:
    where = f"[models.{name}]"
    try:
        columns = {str(ours): theirs for ours, theirs in model.columns.items()}
        there = recorded_models(path, columns)
        wanted = there if model.models == "*" else model.models or [model.model or name]
        conflicts = sum(Recorded(path, each, columns).conflicts for each in wanted)
        unknown = [each for each in wanted if model.models and each not in there]
        if unknown:
            raise ConfigError(f"{path}: it holds no {', '.join(map(repr, unknown))}; it holds: {', '.join(there)}.")
        rows = _rows(path)
    except (EvalpipeError, OSError) as error:
        mend = f"Correct `path`, `model`, `models` or `columns` of {where}, or put the file there."
        return bad(RECORDED, f"{where} {error}", mend)
    if conflicts:
        what = f"{where} {path}: {conflicts} questions have several answers that differ; the first counts"
        return warning(RECORDED, what, "Keep one row for each model and question.")
    return ok(RECORDED, f"{where} {path}: {rows:,} rows, models used: {len(wanted)} of {len(there)}")


def _rows(path: Path) -> int:
    with path.open("rb") as file:
        if file.read(4) == b"PAR1":
            return pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
        file.seek(0)
        return sum(bool(line.strip()) for line in file)

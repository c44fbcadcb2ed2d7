"""Reads evalpipe.toml: finds it, validates it, makes paths absolute, checks the environment."""

import os
import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import ValidationError

from evalpipe.config import models as kinds
from evalpipe.config import schema
from evalpipe.config.committee import check_committee, members
from evalpipe.config.judges import check_judges, judges
from evalpipe.config.models import AnyModel, Endpoint, RecordedModel
from evalpipe.config.schema import File
from evalpipe.config.section import Section
from evalpipe.core.errors import ConfigError
from evalpipe.core.keys import fits_key, from_key, to_key
from evalpipe.core.quoting import one_line
from evalpipe.core.reducers import reducer
from evalpipe.store.s3_place import SCHEME, S3Place, s3_place

VARIABLE = "EVALPIPE_CONFIG"
DEFAULT = "evalpipe.toml"


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration with its defaults applied. `models` is keyed by model key (`core.keys`)."""

    path: Path
    file: File
    models: dict[str, AnyModel]

    @property
    def lake(self) -> Path | S3Place:
        """Where the lake lies; for S3, what the file does not say comes from the environment.

        Raises: ConfigError: the environment names no proper endpoint.
        """
        said = self.file.lake
        if said.uri.startswith(SCHEME):
            try:
                return s3_place(
                    said.uri, endpoint_url=said.endpoint_url, region=said.region, path_style=said.path_style
                )
            except ValueError as error:
                raise ConfigError(f"{self.path}: `lake.uri`: {error}.") from None
        return self.resolve(Path(said.uri))

    @property
    def landing(self) -> Path:
        return self.resolve(Path(self.file.landing.uri))

    def resolve(self, path: Path) -> Path:
        """A path of the file, made absolute."""
        return self.path.parent / path.expanduser()

    @property
    def committee(self) -> tuple[str, ...]:
        """The keys of the models in the committee, in the order of the file; empty where there is none."""
        return members(self.file.labels.committee, self.models)

    def bank_of(self, drop: str) -> str:
        """The bank of a drop whose drop.toml names none: the first whose patterns fit, else the drop's own name."""
        name = from_key(drop)
        for bank, section in self.file.banks.items():
            if any(fnmatchcase(name, pattern) for pattern in section.drops):
                return bank
        return name

    def limit_of(self, bank: str) -> float:
        """The largest share of doubted labels that a drop of this bank may have."""
        section = self.file.banks.get(bank)
        limit = section.max_label_error_rate if section else None
        return self.file.labels.max_label_error_rate if limit is None else limit

    def evaluated(self, model: str, bank: str) -> bool:
        """Whether this model's configuration names this bank."""
        return bool({"*", bank} & set(self.models[model].banks))


def load_config(path: Path | None = None) -> Config:
    """The configuration in `path`, else where EVALPIPE_CONFIG says, else evalpipe.toml of the current folder.

    Raises: ConfigError: names the file, the key, what is wrong and what is allowed.
    """
    named = path or Path(os.environ.get(VARIABLE) or DEFAULT)
    try:
        text = named.read_text(encoding="utf-8-sig")  # some editors put a byte order mark in front
    except FileNotFoundError:
        raise ConfigError(f"{named}: no such file. Run in the project's folder, or let {VARIABLE} name one.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{named}: cannot be read ({error}). Check its permissions; it is UTF-8 text.") from None
    try:
        file = File.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{named}: not valid TOML: {error}.") from None
    except ValidationError as error:
        raise ConfigError("\n".join(_sentences(named, error))) from None
    config = Config(named.resolve(), file, {})
    lake = config.lake
    if isinstance(lake, Path) and lake.resolve().is_relative_to(config.landing.resolve()):
        raise ConfigError(
            f"{named}: `lake.uri` lies in the folder of `landing.uri`, where tables would be taken for drops. "
            "Give each a folder of its own."
        )
    models = _expanded(config)
    check_committee(named, file.labels.committee, models)
    check_judges(named, file.banks, models)
    _check_banks(Config(named, file, models))
    _check_reducers(Config(named, file, models))
    _check_environment(named, models)
    _check_password(named, file.cache)
    return Config(config.path, file, models)


def _sentences(path: Path, error: ValidationError) -> list[str]:
    """One line a fault: file, key, what is wrong; values are not shown, one could be a key."""
    lines: list[str] = []
    for fault in error.errors(include_input=False, include_url=False):
        at = fault["loc"]
        # A model's place holds its backend, which the file does not: models, NAME, BACKEND, key.
        named = at[:2] + at[3:] if at[:1] == ("models",) else at
        key = ".".join(str(part) for part in named)
        lines.append(one_line(f"{path}: {f'`{key}`: ' if key else ''}{_what(fault['type'], fault['msg'], at)}.", 400))
    return lines


def _what(kind: str, message: str, at: tuple[int | str, ...]) -> str:
    """What is wrong and what is allowed. Pydantic's own words, except where they name a Python type or the value."""
    match kind:
        case "extra_forbidden":
            return f"unknown key. Allowed here: {_allowed(at)}"
        case "union_tag_not_found":
            return f"`backend` is missing. Allowed: {', '.join(_BACKENDS)}"
        case "union_tag_invalid":
            return f"`backend` is none that there is. Allowed: {', '.join(_BACKENDS)}"
        case "missing":
            return "this key is missing"
        case "model_type" | "model_attributes_type" | "dict_type":
            return "a table is expected"
        case _:
            return message.removeprefix("Value error, ")


_BACKENDS: dict[str, type[Section]] = {
    "openai_chat": kinds.OpenAIChatModel,
    "openai_batch": kinds.OpenAIBatchModel,
    "embedded": kinds.EmbeddedModel,
    "recorded": kinds.RecordedModel,
}
_SECTIONS: dict[str, type[Section]] = {
    "lake": schema.LakePlace,
    "landing": schema.LandingPlace,
    "shards": schema.Shards,
    "answers": schema.Answers,
    "labels": schema.Labels,
    "cache": schema.Cache,
    "banks": schema.Bank,
    "prompts": schema.Prompt,
}


def _allowed(at: tuple[int | str, ...]) -> str:
    """The keys of the section in which an unknown one was found."""
    top = str(at[0])
    section = schema.File if len(at) == 1 else _BACKENDS[str(at[2])] if top == "models" else _SECTIONS[top]
    return ", ".join(section.model_fields) or "none yet"


def _expanded(config: Config) -> dict[str, AnyModel]:
    """All models by key; one `recorded` entry may stand for many models of its file."""
    models: dict[str, AnyModel] = {}
    for name, model in config.file.models.items():
        for each, entry in _entries(config, name, model):
            if not fits_key(each):
                raise ConfigError(f"{config.path}: [models.{name}]: the name {each[:60]!r}... is too long for a model.")
            key = to_key(each)
            if key in models:
                raise ConfigError(f"{config.path}: [models.{name}]: there are two models named {each!r}. Rename one.")
            models[key] = entry
    return models


def _entries(config: Config, name: str, model: AnyModel) -> list[tuple[str, AnyModel]]:
    if not isinstance(model, RecordedModel):
        return [(name, model)]
    model = model.model_copy(update={"path": config.resolve(model.path)})
    if model.models is None:
        return [(name, model if model.model else model.model_copy(update={"model": name}))]
    from evalpipe.backends.recorded import recorded_models

    there = recorded_models(model.path, {str(ours): theirs for ours, theirs in model.columns.items()})
    wanted = there if model.models == "*" else model.models
    for each in wanted:
        if each not in there:
            raise ConfigError(
                f"{config.path}: [models.{name}] models: {model.path} holds no {each!r}; "
                f"it holds: {one_line(', '.join(there), 300)}."
            )
    return [(each, model.model_copy(update={"model": each, "models": None})) for each in wanted]


def _check_banks(config: Config) -> None:
    """Raises ConfigError: a model that is evaluated nowhere, sits in no committee and judges nothing is never asked."""
    seated = set(config.committee) | judges(config.file.banks)
    for name, model in config.file.models.items():
        if model.banks or seated & {to_key(each) for each, _ in _entries(config, name, model)}:
            continue
        raise ConfigError(
            f"{config.path}: `models.{one_line(name, 80)}.banks`: missing or empty. Name at least 1 item, a bank or "
            '"*" for all; only a model of `[labels] committee` and one that judges need none.'
        )


def _check_reducers(config: Config) -> None:
    """Raises ConfigError: pass@K of a bank with a model that gives fewer than K samples."""
    for bank, section in config.file.banks.items():
        least = reducer(section.reducer).k
        for key, model in config.models.items():
            if config.evaluated(key, bank) and model.samples < least:
                raise ConfigError(
                    f"{config.path}: `banks.{one_line(bank, 80)}.reducer`: {section.reducer} takes {least} samples of "
                    f"each question, and [models.{one_line(from_key(key), 80)}] gives {model.samples}. Raise its "
                    "`samples`, lower K, or leave the bank out of its `banks`."
                )


def _check_environment(path: Path, models: dict[str, AnyModel]) -> None:
    for key, model in models.items():
        if not isinstance(model, Endpoint) or model.api_key_env is None:
            continue
        variable = model.api_key_env
        if not os.environ.get(variable, "").strip():
            where = f"{path}: `models.{from_key(key)}.api_key_env`"
            if not _LIKE_A_VARIABLE.fullmatch(variable):
                raise ConfigError(
                    f"{where}: the environment has no such variable. It is not shown, as it could be a key: write the "
                    "NAME of a variable that holds the key, such as OPENAI_API_KEY, and never the key."
                )
            raise ConfigError(
                f"{where}: the environment has no variable {variable}. "
                f"Set it (`export {variable}=...`), or leave `api_key_env` out where no key is needed."
            )


def _check_password(path: Path, cache: schema.Cache) -> None:
    variable = cache.password_env
    if not cache.urls or variable is None or os.environ.get(variable):
        return
    where = f"{path}: `cache.password_env`"
    if not _LIKE_A_VARIABLE.fullmatch(variable):
        raise ConfigError(
            f"{where}: the environment has no such variable. It is not shown, as it could be a password: write the "
            "NAME of a variable that holds the password, such as REDIS_PASSWORD, and never the password."
        )
    raise ConfigError(
        f"{where}: the environment has no variable {variable}. "
        f"Set it (`export {variable}=...`), or leave `password_env` out where no password is needed."
    )


# Words in capitals with an underscore between them; keys of the known providers never look like this.
_LIKE_A_VARIABLE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]{1,20})+")

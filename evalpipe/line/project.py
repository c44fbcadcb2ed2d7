"""What every step needs: the configuration, the lake, the landing place; and what every row says of its origin."""

import os
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import evalpipe
from evalpipe.config import Config, load_config
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key, to_key
from evalpipe.store.lake import Lake
from evalpipe.store.landing import Landing


@dataclass(frozen=True, slots=True)
class Project:
    config: Config
    lake: Lake
    landing: Landing

    def model_key(self, name: str) -> str:
        """A model's key from its name or key. Raises UsageError: lists the models there are."""
        for key in (name, to_key(name)):
            if key in self.config.models:
                return key
        known = ", ".join(from_key(key) for key in self.config.models) or "none"
        raise UsageError(f"no model {name!r} in {self.config.path}. Models: {known}.")


def open_project(path: Path | None = None) -> Project:
    """Raises ConfigError: the configuration does not fit."""
    config = load_config(path)
    return Project(config, Lake(config.lake), Landing(config.landing))


@dataclass(frozen=True, slots=True)
class MadeBy:
    """Who made a row: the Dagster run, the version of the code, and the commit of the checkout it ran from."""

    run_id: str
    code_version: str
    git_commit: str | None

    def columns(self) -> dict[str, str | None]:
        return {"run_id": self.run_id, "code_version": self.code_version, "git_commit": self.git_commit}


def made_by(run_id: str) -> MadeBy:
    return MadeBy(run_id, evalpipe.__version__, git_commit())


@cache
def git_commit() -> str | None:
    """The commit of the code, `+changes` where files differ from it; EVALPIPE_GIT_COMMIT where there is no checkout."""
    if named := os.environ.get("EVALPIPE_GIT_COMMIT"):
        return named
    git = ["git", "-C", str(Path(evalpipe.__file__).parent)]
    try:
        head = _said([*git, "rev-parse", "HEAD"])
        changes = _said([*git, "status", "--porcelain", "--untracked-files=no"])
    except (OSError, subprocess.SubprocessError):
        return None
    return head + ("+changes" if changes else "")


def _said(words: list[str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=5, check=True)  # noqa: S603  our own words
    return done.stdout.strip()


def now() -> datetime:
    return datetime.now(UTC)

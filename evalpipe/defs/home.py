"""Dagster's own storage (DAGSTER_HOME): found, made, and initialised before two processes can race for it."""

import os
import shutil
from pathlib import Path

import dagster as dg

from evalpipe.line.project import Project

VARIABLE = "DAGSTER_HOME"
FOLDER = ".dagster"
SETTINGS = "dagster.yaml"
# Where the project has no settings of its own: no calls home, no dialog on the first page.
PLAIN = "telemetry:\n  enabled: false\nnux:\n  enabled: false\n"


def prepare_home(project: Project) -> Path:
    """DAGSTER_HOME where it is set, else `.dagster` beside the configuration; made and set for this process.

    The project's dagster.yaml is copied in where the home has none of its own, and anew when it changed.
    """
    home = Path(os.environ.get(VARIABLE) or project.config.path.parent / FOLDER).expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True)
    settings = project.config.path.parent / SETTINGS
    own = home / SETTINGS
    if settings.exists() and settings.resolve() != own.resolve() and VARIABLE not in os.environ:
        shutil.copyfile(settings, own)
    elif not own.exists():
        own.write_text(PLAIN)
    os.environ[VARIABLE] = str(home)
    return home


def open_instance(project: Project) -> dg.DagsterInstance:
    """The Dagster instance of the project's home, its tables made: a daemon and a command that both start on an empty
    home at once fail with "alembic_version has more than one head".
    """
    from filelock import FileLock

    home = prepare_home(project)
    with FileLock(home / ".initialise.lock"):
        instance = dg.DagsterInstance.get()
        instance.get_runs(limit=1)
        instance.get_dynamic_partitions("drops")
    return instance

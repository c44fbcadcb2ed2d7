"""Drops taken into the lake by the steps of the line themselves, without Dagster: milliseconds instead of seconds."""

from collections.abc import Iterable

from evalpipe.core.keys import to_key
from evalpipe.line.doubt import doubt_drop
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import MadeBy, Project
from evalpipe.line.validate import validate_drop
from evalpipe.telemetry.progress import Silent
from evalpipe_tests.sums import put_drop

MADE = MadeBy("run", "0", None)


def take_in(project: Project, name: str, rows: Iterable[dict], bank: str = "sums", doubted: bool = True) -> None:
    """A drop, ingested, its labels looked at, and validated where its gate lets it through."""
    put_drop(project, name, rows, toml=f'bank = "{bank}"\n')
    drop = to_key(name)
    ingest_drop(project, drop, MADE, Silent())
    if doubted and doubt_drop(project, drop, MADE).verdict.passed:
        validate_drop(project, drop, MADE)

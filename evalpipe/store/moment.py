"""The lake at one moment, for reading alone: each table at one version of its Delta log, however often it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl
from deltalake import DeltaTable

from evalpipe.core.errors import LakeError
from evalpipe.store.lake import Lake

NOT_THERE = -1  # the version of a table that did not exist at that moment


@dataclass(frozen=True, slots=True)
class Moment(Lake):
    """`versions` are those of the tables; one that is not named is read as it is when it is first opened, and noted.

    So a `Moment` without versions says afterwards what a computation was made from, and one with them repeats it.
    `at`: tables without a version are read as they were then. `instead` gives whole tables that are to be read in the
    place of the lake's.
    """

    versions: dict[str, int] = field(default_factory=dict[str, int], compare=False)
    at: datetime | None = None
    instead: Mapping[str, pl.DataFrame] = field(default_factory=dict[str, pl.DataFrame], compare=False)

    def open(self, table: str) -> DeltaTable | None:
        """Raises LakeError: the table has no such version any more."""
        version = self.versions.get(table)
        if version is None and self.at is not None:
            version = version_at(self, table, self.at)
        if version == NOT_THERE:
            return None
        opened = self.open_at(table, version)
        self.versions.setdefault(table, NOT_THERE if opened is None else opened.version())
        return opened

    def scan(self, table: str) -> pl.LazyFrame:
        if table in self.instead:
            return self.instead[table].lazy()
        return Lake.scan(self, table)  # `super()` does not work in a dataclass with slots

    def writable(self) -> bool:
        """Never: what was is not changed."""
        return False


def moment_of(lake: Lake) -> Moment:
    """The lake as it is from now on, whatever is written meanwhile; a moment is itself."""
    return lake if isinstance(lake, Moment) else Moment(lake.place)


def as_of(lake: Lake, at: datetime) -> Moment:
    """The lake as it was at a moment (with its time zone)."""
    return Moment(lake.place, at=at)


def version_at(lake: Lake, table: str, at: datetime) -> int:
    """The version that a table had; `NOT_THERE` before its first one. Raises LakeError: its log begins later."""
    opened = lake.open_at(table, None)
    if opened is None:
        return NOT_THERE
    times = {entry["version"]: entry["timestamp"] for entry in opened.history()}
    before = [version for version, milliseconds in times.items() if milliseconds <= at.timestamp() * 1000]
    if not before and min(times) > 0:
        raise LakeError(f"{lake.path(table)}: its log does not reach back to {at}. Name a later moment.")
    return max(before, default=NOT_THERE)


def written_at(lake: Lake, table: str, version: int) -> datetime:
    """When a version of a table was committed. Raises LakeError: the table has no such version."""
    opened = lake.open_at(table, None)
    for entry in opened.history() if opened else ():
        if entry["version"] == version:
            return datetime.fromtimestamp(entry["timestamp"] / 1000, UTC)
    newest = f"its newest is {opened.version()}" if opened else "nothing was written yet"
    raise LakeError(f"{lake.path(table)}: there is no version {version}; {newest}.")

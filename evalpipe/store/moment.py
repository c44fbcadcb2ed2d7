"""The lake at one moment, for reading alone: each table at one version of its Delta log, however often it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl
from deltalake import DeltaTable

from evalpipe.store.lake import Lake

NOT_THERE = -1  # the version of a table that did not exist at that moment


@dataclass(frozen=True, slots=True)
class Moment(Lake):
    """`versions` are those of the tables; one that is not named is read as it is when it is first opened, and noted.

    So a `Moment` without versions says afterwards what a computation was made from, and one with them repeats it.
    `instead` gives whole tables that are to be read in the place of the lake's.
    """

    versions: dict[str, int] = field(default_factory=dict[str, int], compare=False)
    instead: Mapping[str, pl.DataFrame] = field(default_factory=dict[str, pl.DataFrame], compare=False)

    def open(self, table: str) -> DeltaTable | None:
        """Raises LakeError: the table has no such version any more."""
        version = self.versions.get(table)
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

"""What of the committee's answers counts today: those of configured members, made from today's versions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from evalpipe.core.versions import digest
from evalpipe.line.drops import drop_state
from evalpipe.line.models import model_version, scorers_version
from evalpipe.line.project import Project
from evalpipe.store.tables import TABLES


@dataclass(slots=True)
class Seats:
    """The committee with the versions of today; each is computed once."""

    project: Project
    versions: dict[str, str] = field(init=False)  # member -> model version
    _scorers: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict[tuple[str, tuple[str, ...]], str])

    def __post_init__(self) -> None:
        self.versions = {key: model_version(self.project.config, key) for key in self.project.config.committee}

    def is_current(self, cell: dict[str, Any], content_digest: object) -> bool:
        """Whether a row of `committee_cells` was made from today's model, drop and scorers."""
        return (cell["model_version"], cell["content_digest"], cell["scorers_version"]) == (
            self.versions.get(cell["member"]),
            content_digest,
            self.scorers(cell["bank"], cell["kinds"]),
        )

    def scorers(self, bank: str, kinds: list[str]) -> str:
        key = (bank, tuple(kinds))
        if key not in self._scorers:
            self._scorers[key] = scorers_version(self.project.config, bank, kinds)
        return self._scorers[key]

    def version_of(self, cells: list[dict[str, Any]]) -> str | None:
        """Stands for all that a drop's doubts take from these current cells; None without a committee."""
        if not self.versions:
            return None
        families: dict[str, str | None] = {}
        if self.project.config.file.labels.one_vote_per_family:
            families = {member: self.project.config.models[member].family for member in self.versions}
        return digest(sorted((cell["member"], cell["answers_version"]) for cell in cells), families)


def committee_version(project: Project, drop: str) -> str | None:
    """Hash of the committee's answers about the drop that count today, and of who shares a vote; None where no
    committee is configured. To be taken before the answers are read: were they replaced in between, the drop would say
    the old version and be doubted again.
    """
    seats = Seats(project)
    return seats.version_of(list(_current(seats, drop)))


def committee_votes(project: Project, drop: str) -> pl.DataFrame:
    """The rows of `committee_answers` that count today: one per member that is in and question of the drop."""
    counting = [cell["member"] for cell in _current(Seats(project), drop)]
    if not counting:
        return TABLES["committee_answers"].empty()
    return project.lake.read("committee_answers", (pl.col("drop") == drop) & pl.col("member").is_in(counting))


def _current(seats: Seats, drop: str) -> Iterator[dict[str, Any]]:
    state = drop_state(seats.project, drop)
    if state is None or not seats.versions:
        return
    for cell in seats.project.lake.read("committee_cells", pl.col("drop") == drop).iter_rows(named=True):
        if seats.is_current(cell, state["content_digest"]):
            yield cell

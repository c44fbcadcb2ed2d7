"""What is wanted (configuration, drops) minus what the lake holds: the wishes that `reconcile` turns into runs.

The lake is the truth. Nothing here remembers anything but how often a wish was tried, which the caller keeps.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from evalpipe.core.versions import digest
from evalpipe.line.drops import ACCEPT, decisions, drop_state, retired
from evalpipe.line.models import model_version, scorers_version
from evalpipe.line.project import Project
from evalpipe.line.reviews import reviewed_drops
from evalpipe.scorers import SCORERS

What = Literal["validate", "cell", "scores", "leaderboard"]


@dataclass(frozen=True, slots=True)
class Wish:
    """One run that is wanted. `key` is a drop (validate), `model|shard` (cell, scores) or empty (leaderboard).

    `versions` is what the run would make; `base` what is there now, so that going back to old versions is a new wish.
    `scored`: the cell has its scores, and only what failed is to be asked again; nobody need wait for that.
    """

    what: What
    key: str
    versions: str
    base: str = ""
    scored: bool = False

    @property
    def name(self) -> str:
        return f"{self.what}:{self.key}"

    def run_key(self, attempt: int, now: float) -> str:
        """Never the same twice: a wish may come back after others, and Dagster drops a key that it has seen."""
        return f"{self.name}:{self.versions}:{self.base}:{attempt}:{now:.0f}"


@dataclass(slots=True)
class Attempts:
    """How often each wish was requested, and when last (seconds since the epoch). Lives in the sensor's cursor."""

    tried: dict[str, tuple[str, int, float]] = field(default_factory=dict)  # name -> versions, count, when
    leaderboard: tuple[str, float] = ("", 0.0)  # inputs of the last requested refresh, and when

    def count(self, wish: Wish) -> int:
        versions, count, _ = self.tried.get(wish.name, ("", 0, 0.0))
        return count if versions == wish.versions else 0

    def due(self, wish: Wish, pauses_s: list[float], now: float) -> bool:
        """Whether its next try may start: at once for the first, after growing pauses for the others, then never."""
        count = self.count(wish)
        if count == 0:
            return True
        return count <= len(pauses_s) and now - self.tried[wish.name][2] >= pauses_s[count - 1]

    def exhausted(self, wish: Wish, pauses_s: list[float]) -> bool:
        return self.count(wish) > len(pauses_s)

    def requested(self, wish: Wish, now: float) -> None:
        self.tried[wish.name] = (wish.versions, self.count(wish) + 1, now)

    def still_running(self, wish: Wish, now: float) -> None:
        """The pause before the next try starts when the run has ended, not when it was requested."""
        versions, count, _ = self.tried.get(wish.name, (wish.versions, 0, 0.0))
        if count:
            self.tried[wish.name] = (versions, count, now)

    def forget_all_but(self, wishes: list[Wish]) -> None:
        """A wish that came true starts anew when it comes back."""
        names = {wish.name for wish in wishes}
        self.tried = {name: tried for name, tried in self.tried.items() if name in names}


def wishes(project: Project) -> list[Wish]:
    """All that is wanted and not there, in the order in which it should be made; without the leaderboard."""
    automatic = [key for key, model in project.config.models.items() if model.automatic]
    return [*_validations(project), *cell_wishes(project, automatic)]


def ingest_needed(project: Project, drop: str) -> Literal["ingest", "validate"] | None:
    """What `evalpipe run` has to do for a drop before its cells: all, the part behind the reviews, or nothing."""
    state = drop_state(project, drop)
    if state is None or state["gated_at"] is None:
        return "ingest"
    if drop in project.landing.drops() and state["signature"] != project.landing.signature(drop):
        return "ingest"
    if state["validated_at"] is None or any(wish.key == drop for wish in _validations(project)):
        return "validate"
    return None


def leaderboard_inputs(project: Project) -> str:
    """Hash of all that the leaderboard is computed from, cheap enough for every tick; empty: nothing to show yet."""
    cells = project.lake.read("cells", pl.col("scored_at").is_not_null()).sort("model", "shard")
    if cells.is_empty():
        return ""
    shards = project.lake.read("shards").sort("shard")
    # Doubts and verdicts that change no label still change what is said of it: bounds, ranks that could swap.
    doubted = project.lake.read("drops", pl.col("validated_at").is_not_null()).sort("drop")
    models = {key: model_version(project.config, key) for key in project.config.models}
    listed = [key for key, model in project.config.models.items() if model.automatic]
    banks = {name: sorted(bank.scorers.items()) for name, bank in project.config.file.banks.items()}
    scorers = {name: scorer.version for name, scorer in SCORERS.items()}
    return digest(
        banks,
        scorers,
        {key: sorted(model.banks) for key, model in project.config.models.items()},
        [str(at) for at in cells["scored_at"]],
        shards["questions_version"].to_list(),
        shards["labels_version"].to_list(),
        sorted(retired(project)),
        models,
        listed,
        [(row["drop"], str(row["gated_at"]), row["reviews_version"]) for row in doubted.iter_rows(named=True)],
        {key: model.family for key, model in project.config.models.items() if model.family},
    )


def _validations(project: Project) -> Iterator[Wish]:
    """Drops that were let through and are not validated, or that have new reviews."""
    accepted, gone = decisions(project, ACCEPT), retired(project)
    reviewed = reviewed_drops(project)
    for row in project.lake.read("drops").sort("ingested_at").iter_rows(named=True):
        drop, base = row["drop"], str(row["validated_at"] or row["gated_at"])
        if drop in gone:
            continue
        passed = row["gate_passed"] or drop in accepted
        if row["gated_at"] is None or (passed and row["validated_at"] is None):
            yield Wish("validate", drop, digest(row["content_digest"], accepted.get(drop)), base)
        elif not passed and row["gate_limit"] != (limit := project.config.limit_of(row["bank"])):
            yield Wish("validate", drop, digest(row["content_digest"], limit), base)
        else:
            news = reviewed[drop]
            # Who reviews a stopped drop may open its gate, which is asked again once for what came since.
            if news.version != row["reviews_version"] if passed else news.since(row["gated_at"]):
                yield Wish("validate", drop, news.version, base)


def cell_wishes(
    project: Project, models: list[str], drops: list[str] | None = None, go_on: bool = False
) -> Iterator[Wish]:
    """What is missing of these models on the banks that they name, shard by shard.

    Args:
        drops: only these; None for all that are not retired.
        go_on: also cells that a limit left partial; only a person asks for those.
    """
    gone = retired(project)
    shards = project.lake.read("shards").filter(~pl.col("drop").is_in(sorted(gone))).sort("shard")
    if drops is not None:
        shards = shards.filter(pl.col("drop").is_in(drops))
    if shards.is_empty() or not models:
        return
    versions = {key: model_version(project.config, key) for key in models}
    cells = {(row["model"], row["shard"]): row for row in project.lake.read("cells").iter_rows(named=True)}
    for shard in shards.iter_rows(named=True):
        for model in models:
            if project.config.evaluated(model, shard["bank"]):
                cell = cells.get((model, shard["shard"]))
                wish = _cell_wish(project, model, versions[model], shard, cell, go_on)
                if wish:
                    yield wish


def _cell_wish(
    project: Project,
    model: str,
    version: str,
    shard: Mapping[str, object],
    cell: Mapping[str, object] | None,
    go_on: bool,
) -> Wish | None:
    key = f"{model}|{shard['shard']}"
    kinds = shard["kinds"]
    assert isinstance(kinds, list)
    scorers = scorers_version(project.config, str(shard["bank"]), kinds)
    # Labels and scorers too: a cell that was given up is tried anew when any of them changes.
    versions = digest(version, shard["questions_version"], shard["labels_version"], scorers)
    if cell is None:
        return Wish("cell", key, versions)
    base = digest(*(str(cell[name]) for name in ("answered_at", "scored_at")))
    n_questions, n_asked, n_failed = (int(str(cell[name])) for name in ("n_questions", "n_asked", "n_failed"))
    other = (cell["model_version"], cell["questions_version"]) != (version, shard["questions_version"])
    scored = not other and (cell["labels_version"], cell["scorers_version"]) == (shard["labels_version"], scorers)
    # What a limit left over, failures among it, is a person's to go on with.
    unfinished = (n_failed or n_asked < n_questions) and (go_on or cell["stopped_by"] is None)
    if other or unfinished:
        return Wish("cell", key, versions, base, scored)
    if not scored:
        return Wish("scores", key, versions, base)
    return None

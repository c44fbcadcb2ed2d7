"""What is wanted (configuration, drops) minus what the lake holds: the wishes that `reconcile` turns into runs.

The lake is the truth; nothing here remembers anything.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Literal

import polars as pl

from evalpipe.config.models import RecordedModel
from evalpipe.config.scorers import DEFAULT_SCORERS
from evalpipe.core.keys import drop_of
from evalpipe.core.questions import KINDS
from evalpipe.core.versions import digest
from evalpipe.line.drops import ACCEPT, decisions, drop_state, retired, stopped_drops
from evalpipe.line.judge_versions import judged_version
from evalpipe.line.models import model_version, scorers_version
from evalpipe.line.project import Project
from evalpipe.line.reviews import reviewed_drops
from evalpipe.line.votes import Seats
from evalpipe.line.wishes import Wish


def wishes(project: Project, given_up: Callable[[Wish], bool] = lambda _: False) -> list[Wish]:
    """All that is wanted and not there, in the order in which it should be made; without the leaderboard.

    `given_up`: whether a wish for a member of the committee was tried in vain; doubts then go on without it.
    """
    automatic = [key for key, model in project.config.models.items() if model.automatic]
    committee = list(committee_wishes(project))
    # What a model is asked for the committee is not asked for a cell at the same time.
    asked = {wish.key for wish in committee if not given_up(wish)}
    cells = [
        wish
        for wish in cell_wishes(project, automatic)
        if wish.what != "cell" or f"{wish.parts[0]}|{drop_of(wish.parts[1])}" not in asked
    ]
    return [*committee, *_validations(project, {key.partition("|")[2] for key in asked}), *cells]


def ingest_needed(project: Project, drop: str) -> Literal["ingest", "validate"] | None:
    """What `evalpipe run` has to do for a drop before its cells: all, its doubts and reviews, or nothing.

    With a committee, `ingest` means to read it: the committee is asked before there are doubts.
    """
    state = drop_state(project, drop)
    if state is None or (state["gated_at"] is None and not project.config.committee):
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
    banks = {
        name: sorted((kind, scorer.name, scorer.version) for kind, scorer in bank.scorers.items())
        for name, bank in project.config.file.banks.items()
    }
    scorers = {kind: scorer.version for kind, scorer in DEFAULT_SCORERS.items()}
    reducers = {name: bank.reducer for name, bank in project.config.file.banks.items()}
    return digest(
        banks,
        reducers,
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
        [str(at) for at in project.lake.read("judge_agreement", columns=["compared_at"])["compared_at"]],
    )


def _validations(project: Project, waiting: Collection[str] = ()) -> Iterator[Wish]:
    """Drops that were let through and are not validated, whose committee has said something else since they were
    doubted, or that have new reviews. The doubts of those in `waiting` wait for the committee.
    """
    accepted, gone = decisions(project, ACCEPT), retired(project)
    reviewed = reviewed_drops(project)
    seats = Seats(project)
    votes = _committee_cells(project) if seats.versions else {}
    for row in project.lake.read("drops").sort("ingested_at").iter_rows(named=True):
        drop, base = row["drop"], str(row["validated_at"] or row["gated_at"])
        if drop in gone:
            continue
        cells = [cell for cell in votes.get(drop, {}).values() if seats.is_current(cell, row["content_digest"])]
        said = seats.version_of(cells)
        passed = row["gate_passed"] or drop in accepted
        if row["gated_at"] is None or row["doubts_version"] != said:
            if drop not in waiting:
                yield Wish("validate", drop, digest(row["content_digest"], accepted.get(drop), said), base)
                continue
            if row["gated_at"] is None:
                continue
        if passed and row["validated_at"] is None:
            yield Wish("validate", drop, digest(row["content_digest"], accepted.get(drop)), base)
        elif not passed and row["gate_limit"] != (limit := project.config.limit_of(row["bank"])):
            yield Wish("validate", drop, digest(row["content_digest"], limit), base)
        else:
            news = reviewed[drop]
            # Who reviews a stopped drop may open its gate, which is asked again once for what came since.
            if news.version != row["reviews_version"] if passed else news.since(row["gated_at"]):
                yield Wish("validate", drop, news.version, base)


def committee_wishes(project: Project, drops: list[str] | None = None, go_on: bool = False) -> Iterator[Wish]:
    """What is missing of the committee's answers, drop by drop; `drops` and `go_on` as in `cell_wishes`."""
    seats = Seats(project)
    if not seats.versions:
        return
    gone, cells = retired(project), _committee_cells(project)
    for row in project.lake.read("drops").sort("ingested_at").iter_rows(named=True):
        drop, content = row["drop"], row["content_digest"]
        if drop in gone or (drops is not None and drop not in drops):
            continue
        for member, version in seats.versions.items():
            cell = cells.get(drop, {}).get(member)
            versions = digest(version, content, seats.scorers(row["bank"], list(KINDS)))
            if cell is None:
                yield Wish("committee", f"{member}|{drop}", versions)
                continue
            # A recorded file that lacks an answer will lack it again.
            failed = 0 if isinstance(project.config.models[member], RecordedModel) else cell["n_failed"]
            unfinished = (failed or cell["n_asked"] < cell["n_questions"]) and (go_on or cell["stopped_by"] is None)
            if unfinished or not seats.is_current(cell, content):
                yield Wish("committee", f"{member}|{drop}", versions, str(cell["answered_at"]))


def _committee_cells(project: Project) -> dict[str, dict[str, dict[str, Any]]]:
    """The rows of `committee_cells`, by drop and member."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for cell in project.lake.read("committee_cells").iter_rows(named=True):
        found.setdefault(cell["drop"], {})[cell["member"]] = cell
    return found


def cell_wishes(
    project: Project, models: list[str], drops: list[str] | None = None, go_on: bool = False
) -> Iterator[Wish]:
    """What is missing of these models on the banks that they name, shard by shard.

    Args:
        drops: only these; None for all that are not retired.
        go_on: also cells that a limit left partial; only a person asks for those.
    """
    gone, stopped = retired(project), stopped_drops(project)
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
                if wish and (wish.what == "scores" or shard["drop"] not in stopped):
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
    # Verdicts of another judge or on other labels are not those that are wanted; the job asks for them, and the model
    # itself nothing. Those that did not arrive are asked for again, as answers are.
    judged = judged_version(project.config, str(shard["bank"]), kinds, str(shard["labels_version"]))
    unjudged = judged is not None and cell["n_asked"] and (cell["judged_version"] != judged or cell["n_unjudged"])
    if other or unfinished or unjudged:
        return Wish("cell", key, digest(versions, judged) if judged else versions, base, scored)
    if not scored:
        return Wish("scores", key, versions, base)
    return None

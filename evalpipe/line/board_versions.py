"""Which leaderboards there were: the refreshes of table `leaderboard`, and what a person calls one of them."""

import re
from datetime import UTC, datetime
from typing import Any

import polars as pl

from evalpipe.core.errors import LakeError, UsageError
from evalpipe.core.keys import from_key, to_key
from evalpipe.line.project import Project
from evalpipe.store.moment import Moment

LISTED = 20  # the last versions; each is opened to see what it holds

_SHOWN = ("accuracy", "n_questions", "code_version", "git_commit", "refreshed_at")


def ranked_model(project: Project, name: str) -> str:
    """The key of a model that was ever ranked, from its name or key; evalpipe.toml need not have it any more.

    Raises: UsageError: lists the models there were.
    """
    known = project.lake.read("leaderboard", columns=["model"])["model"].drop_nulls().unique().sort().to_list()
    for key in (name, to_key(name)):
        if key in known:
            return key
    there = ", ".join(from_key(key) for key in known) or "none"
    raise UsageError(f"no leaderboard has a row for a model {name!r}. Models there: {there}.")


def board_versions(project: Project, model: str, bank: str, most: int = LISTED) -> list[dict[str, Any]]:
    """The last versions of the table in which the row of `model` (a key) on `bank` is a new one, the newest first.

    Raises: UsageError: there is none.
    """
    rows = _rows(project, model, bank)
    opened = project.lake.open("leaderboard")
    assert opened is not None
    found: list[dict[str, Any]] = []
    for version in range(opened.version(), -1, -1):
        if len(found) == most:
            break
        try:
            refreshed = _newest(project, version)
        except LakeError:
            break  # what is older is gone too
        if refreshed is None:
            continue
        row = rows.filter(pl.col("refreshed_at") == refreshed)
        if not row.is_empty():
            shown = {"version": version, **row.select(_SHOWN).row(0, named=True)}
            if found and found[-1]["refreshed_at"] == refreshed:
                found[-1] = shown  # a commit that added nothing, such as a compaction
            else:
                found.append(shown)
    return found


def board_at(project: Project, model: str, bank: str, at: str) -> pl.DataFrame:
    """The rows of the refresh that `at` names: a version of the table, a time (ISO; UTC where it says none), `latest`.

    Raises: UsageError: there is no such one; lists what there is.
    """
    rows = _rows(project, model, bank)
    every = project.lake.read("leaderboard")
    if at == "latest":
        refreshed = every["refreshed_at"].max()
    elif re.fullmatch(r"[0-9]{1,15}", at):
        try:
            refreshed = _newest(project, int(at))
        except LakeError:
            raise _no_such(project, model, bank, f"there is no version {at}") from None
    else:
        refreshed = every.filter(pl.col("refreshed_at") <= _time(at))["refreshed_at"].max()
        if refreshed is None:
            raise _no_such(project, model, bank, f"there was none yet at {at}")
    if rows.filter(pl.col("refreshed_at") == refreshed).is_empty():
        raise _no_such(project, model, bank, f"that of {at} has no such row")
    return every.filter(pl.col("refreshed_at") == refreshed)


def _rows(project: Project, model: str, bank: str) -> pl.DataFrame:
    here = (pl.col("model") == model) & (pl.col("bank") == bank) & pl.col("subject").is_null()
    rows = project.lake.read("leaderboard", here)
    if rows.is_empty():
        every = project.lake.read("leaderboard", pl.col("model") == model, ["bank"])["bank"].drop_nulls().unique()
        banks = ", ".join(every.sort()) or "none"
        raise UsageError(
            f"no leaderboard has a row for model {from_key(model)!r} and bank {bank!r}. Its banks there: {banks}."
        )
    return rows


def _newest(project: Project, version: int) -> datetime | None:
    """When the last refresh was made that this version holds. Raises LakeError: the version is not there."""
    newest = Moment(project.lake.place, {"leaderboard": version}).read("leaderboard", columns=["refreshed_at"])
    found = newest["refreshed_at"].max()
    return found if isinstance(found, datetime) else None


def _time(at: str) -> datetime:
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        raise UsageError(
            f"--at {at!r}: a version of table `leaderboard` (a number), a time such as 2026-11-24T18:00:00Z, or "
            "`latest`. `evalpipe replay` without --at lists the versions there are."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _no_such(project: Project, model: str, bank: str, what: str) -> UsageError:
    rows = board_versions(project, model, bank)
    there = ", ".join(f"{row['version']} ({row['refreshed_at']:%Y-%m-%d %H:%M:%S})" for row in rows) or "none"
    return UsageError(f"no such leaderboard of {from_key(model)} on {bank!r}: {what}. Versions there are: {there}.")

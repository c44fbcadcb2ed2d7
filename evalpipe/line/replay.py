"""A number made again: the verdicts and the leaderboard row of a moment, from the stored answers and today's code.

Reads the lake at the versions that the leaderboard's row names, writes nothing and asks nobody. What evalpipe.toml says
today does not matter; what the code does today is what is tried.
"""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

import evalpipe
from evalpipe.config.scorers import stored_scorer
from evalpipe.core.errors import LakeError, UsageError
from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line
from evalpipe.line.changes import CHANGE, changes
from evalpipe.line.project import MadeBy, Project, git_commit
from evalpipe.line.rank import compute_leaderboard
from evalpipe.line.replayed import replayed_scores
from evalpipe.line.standing import standing_questions, standing_scores
from evalpipe.line.terms import BoardTerms, read_terms
from evalpipe.store.moment import Moment

# What a refresh writes about itself, not about the model.
_ORIGIN = ("made_from", "refreshed_at", "run_id", "code_version", "git_commit")


@dataclass(frozen=True, slots=True)
class DifferentFigure:
    """A figure of the leaderboard that is another one today. `subject` None: of the whole bank."""

    subject: str | None
    figure: str
    then: object
    now: object


@dataclass(frozen=True, slots=True)
class Replay:
    """`row`: of the leaderboard, as it was. `verdicts`: those that differ, rows of `line.changes.CHANGE`.

    `read_otherwise`: rows with the same verdict and another reading, rule or reason. `notes`: what differs between the
    code of then and of today, in sentences.
    """

    row: Mapping[str, Any]
    rows: int
    figures_compared: int
    verdicts: pl.DataFrame
    read_otherwise: int
    figures: tuple[DifferentFigure, ...]
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every verdict with its reading, and every figure, is the same bit for bit."""
        return self.verdicts.is_empty() and not self.read_otherwise and not self.figures


def replay(project: Project, model: str, bank: str, board: pl.DataFrame) -> Replay:
    """Make the numbers of `model` (a key) on `bank` again that one refresh of the leaderboard (`board`) shows.

    The other models' scores, which ranks compare with, are taken as they are stored.

    Raises: UsageError: the row cannot be replayed: a version of a table, an answer or a scorer is gone.
    """
    whole = board.filter(pl.col("bank") == bank, pl.col("subject").is_null())
    row = whole.filter(pl.col("model") == model).row(0, named=True)
    if whole["made_from"].null_count():
        raise UsageError(
            f"the leaderboard of {row['refreshed_at']:%Y-%m-%d %H:%M:%S} was made before evalpipe kept what a number "
            "is made from, so it cannot be replayed. Later ones can: `evalpipe replay` without --at lists them."
        )
    terms, versions = read_terms(whole.to_dicts())
    moment = Moment(project.lake.place, versions)
    then = replace(project, lake=moment)
    with _as_it_was(row):
        stored = _stored(then, terms, model, bank)
        again = replayed_scores(project.lake, moment, stored)
        made = MadeBy("replay", evalpipe.__version__, git_commit())
        board_now = compute_leaderboard(_with_scores(then, again, model, bank), made, terms)
    found = changes(stored, again)
    recorded = board.filter(pl.col("model") == model, pl.col("bank") == bank)
    mine = board_now.filter(pl.col("model") == model, pl.col("bank") == bank)
    compared = [name for name in recorded.columns if name in mine.columns and name not in _ORIGIN]
    return Replay(
        row=row,
        rows=stored.height,
        figures_compared=recorded.height * len(compared),
        verdicts=found.verdicts.select(pl.lit(model).alias("model"), pl.lit(bank).alias("bank"), *CHANGE),
        read_otherwise=found.read_otherwise,
        figures=tuple(_different(recorded, mine, compared)),
        notes=tuple(_notes(row, stored)),
    )


@contextmanager
def _as_it_was(row: Mapping[str, Any]) -> Iterator[None]:
    """Reads of old versions: what is gone is said as it is, for exit code 1 means that a number differs."""
    try:
        yield
    except (LakeError, OSError, pl.exceptions.ComputeError) as error:
        raise UsageError(
            f"{from_key(row['model'])} on {row['bank']!r} at {row['refreshed_at']:%Y-%m-%d %H:%M:%S} cannot be "
            "replayed: a version of a table that it was made from cannot be read any more, perhaps it was vacuumed "
            f"({one_line(str(error), 200)}). Restore the lake from a backup, or replay a later one."
        ) from error


def _stored(then: Project, terms: BoardTerms, model: str, bank: str) -> pl.DataFrame:
    """The score rows behind the number: of the versions that counted then."""
    questions = standing_questions(then).filter(pl.col("bank") == bank)
    rows = standing_scores(then, questions, terms).filter(pl.col("model") == model, pl.col("current"))
    return rows.collect().sort("question_id", "sample")


def _with_scores(then: Project, again: pl.DataFrame, model: str, bank: str) -> Project:
    """The project of then, in whose lake these score rows stand in the place of their like."""
    key = ["model", "shard", "question_id", "sample"]
    kept = then.lake.read("scores", pl.col("bank") == bank)
    rows = pl.concat([kept.join(again.select(key), on=key, how="anti"), again.select(kept.columns)])
    moment = then.lake
    assert isinstance(moment, Moment)
    return replace(then, lake=replace(moment, instead={"scores": rows}))


def _different(recorded: pl.DataFrame, mine: pl.DataFrame, compared: list[str]) -> Iterator[DifferentFigure]:
    now = {row["subject"]: row for row in mine.iter_rows(named=True)}
    then = {row["subject"]: row for row in recorded.iter_rows(named=True)}
    for subject in dict.fromkeys([*then, *now]):
        if subject not in now or subject not in then:
            yield DifferentFigure(subject, "row", subject in then, subject in now)
            continue
        for name in compared:
            if not _same(then[subject][name], now[subject][name]):
                yield DifferentFigure(subject, name, then[subject][name], now[subject][name])


def _same(one: object, other: object) -> bool:
    """Bit for bit; that 0.0 is -0.0 and that NaN is not NaN is Python's opinion, not a table's."""
    if isinstance(one, float) and isinstance(other, float):
        return one.hex() == other.hex() or (math.isnan(one) and math.isnan(other))
    return one == other


def _notes(row: Mapping[str, Any], stored: pl.DataFrame) -> Iterator[str]:
    if row["code_version"] != evalpipe.__version__:
        yield f"the leaderboard was made by evalpipe {row['code_version']}, this is {evalpipe.__version__}"
    then, now = row["git_commit"] or "unknown", git_commit() or "unknown"
    if then != now:
        yield f"the leaderboard was made at commit {then}, this is {now}"
    named = stored.select("scorer", "scorer_version", "scorer_options").unique().sort("scorer", "scorer_version")
    for name, version, options in named.iter_rows():
        today = stored_scorer(name, options).version
        version = version.partition("/")[0]  # behind it stands which model judges, and how (`models.scorer_for`)
        if today != version:
            yield f"scorer `{name}` had version {version}, today it has {today}"

"""What a person should look at: the suspects of a drop or a bank, best first, and questions drawn at random."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key, to_key
from evalpipe.core.versions import fraction
from evalpipe.labels.review.reviews import RANDOM, Settled
from evalpipe.labels.review.sheets import SheetRow, sheet_row
from evalpipe.line.drops import RETIRE, decisions, drop_order
from evalpipe.line.project import Project
from evalpipe.line.reviews import settled_questions

_TEXTS = ("bank", "drop", "question_id", "question_version", "text", "choices", "targets", "worked_solution")


@dataclass(frozen=True, slots=True)
class Listing:
    """Rows of a sheet, and the counts that say what they are of."""

    sheet: list[SheetRow]
    questions: int  # of the drops looked at, each id once
    open: int  # suspects that nobody judged
    flagged: int  # of these
    reviewed: int
    disagreements: int
    not_doubted: tuple[str, ...]  # names of drops whose labels were not looked at yet


def list_suspects(
    project: Project,
    drop: str | None = None,
    bank: str | None = None,
    budget: float | None = None,
    every: bool = False,
) -> Listing:
    """The suspects to look at, the most suspicious first: the flagged ones, or as many as the budget allows.

    Args:
        drop: a name; None for all drops that stand, of which a later one supersedes question by question.
        budget: a share of the questions, in (0, 1]; it is spent on open suspects, flagged or not.
        every: those that were judged too; each row then has a `state`.

    Raises: UsageError: no such drop or bank, a budget that is none, or labels that nobody looked at yet.
    """
    if budget is not None and not 0 < budget <= 1:
        raise UsageError(f"--budget {budget:g}: a share of the questions, above 0 and up to 1, such as 0.08.")
    drops, not_doubted = _drops(project, drop, bank)
    here = pl.col("drop").is_in(drops["drop"].to_list())
    standing = (
        project.lake.read("raw_questions", here, ["bank", "question_id", "drop"])
        .join(drops.select("drop", "order"), on="drop")
        .sort("order")
        .unique(["bank", "question_id"], keep="last")
    )
    settled = settled_questions(project, here)
    suspects = (
        project.lake.read("suspects", here)
        .join(standing, on=["bank", "question_id", "drop"], how="semi")
        .sort("suspicion", "question_id", descending=[True, False])
    )
    states = [_state(settled, *key) for key in suspects.select("drop", "question_id").iter_rows()]
    suspects = suspects.with_columns(state=pl.Series(states, dtype=pl.String))
    unjudged = suspects.filter(pl.col("state") == "open")
    flagged = unjudged.filter(pl.col("flagged"))
    listed = suspects if every else unjudged
    if budget is not None:
        listed = listed.head(max(1, int(budget * standing.height + 1e-9)))
    elif not every:
        listed = flagged
    return Listing(
        sheet=_sheet(project, listed, every),
        questions=standing.height,
        open=unjudged.height,
        flagged=flagged.height,
        reviewed=states.count("reviewed"),
        disagreements=states.count("disagreement"),
        not_doubted=not_doubted,
    )


def draw_sample(project: Project, drop: str, n: int, seed: int) -> list[SheetRow]:
    """`n` questions of the drop, each as likely as any other, in random order; all of a drop that has fewer.

    Suspects and judged questions are drawn like the others, and nothing is said of doubts: the verdicts are to stand
    for the drop, and to be independent of the committee.

    Raises: UsageError: no such drop.
    """
    (row,) = _known(project, drop).iter_rows(named=True)
    ids = project.lake.read("raw_questions", pl.col("drop") == row["drop"], ["question_id"])["question_id"]
    chosen = drawn(ids, n, seed)
    texts = _texts(project, row["drop"], chosen)
    return [sheet_row(texts[each], None, picked=RANDOM) for each in chosen]


def drawn(ids: Iterable[str], n: int, seed: int) -> list[str]:
    """`n` of the ids, whatever their order; each is as likely as any other. A larger `n` begins with the same ones."""
    return sorted(ids, key=lambda each: fraction("review sample", seed, each))[:n]


def _known(project: Project, drop: str) -> pl.DataFrame:
    drops = project.lake.read("drops", columns=["drop", "bank", "gated_at", "ingested_at"])
    found = drops.filter(pl.col("drop").is_in([to_key(drop), drop])) if drop else drops.clear()
    if found.is_empty():
        known = ", ".join(from_key(each) for each in drops["drop"].sort()) or "none"
        raise UsageError(f"no drop {drop!r} was ingested. Drops in the lake: {known}.")
    return found.head(1)


def _drops(project: Project, drop: str | None, bank: str | None) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """`drop`, `order` of the drops to look at, and the names of those whose labels were not looked at yet."""
    if drop is not None:
        one = _known(project, drop)
        if decider := decisions(project, RETIRE).get(one["drop"][0]):
            raise UsageError(f"drop {drop!r} is retired (by {decider}): its labels count nowhere.")
        if bank is not None and one["bank"][0] != bank:
            raise UsageError(f"drop {drop!r} is of bank {one['bank'][0]!r}, not of {bank!r}.")
    every = drop_order(project).join(project.lake.read("drops", columns=["drop", "gated_at"]), on="drop")
    banks = every["bank"].unique().sort().to_list()
    if bank is not None and bank not in banks:
        raise UsageError(f"no bank {bank!r} in the lake. Banks: {', '.join(banks) or 'none'}.")
    mine = every.filter(pl.col("bank") == bank) if bank else every
    if drop is not None:
        mine = mine.filter(pl.col("drop") == _known(project, drop)["drop"][0])
    waiting = tuple(from_key(each) for each in mine.filter(pl.col("gated_at").is_null())["drop"])
    looked = mine.filter(pl.col("gated_at").is_not_null())
    if looked.is_empty():
        what = f"drop {drop!r}: its" if drop else "the"
        raise UsageError(
            f"{what} labels were not looked at yet, so there are no suspects. `evalpipe run` does so, and a running "
            "daemon (`evalpipe dev`); or materialise `label_doubts`."
        )
    return looked, waiting


def _state(settled: Mapping[tuple[str, str], Settled], drop: str, question_id: str) -> str:
    found = settled.get((drop, question_id))
    return found.state if found else "open"


def _sheet(project: Project, suspects: pl.DataFrame, with_state: bool) -> list[SheetRow]:
    texts: dict[tuple[str, str], dict[str, object]] = {}
    for (drop,), group in suspects.group_by("drop"):
        for question_id, row in _texts(project, str(drop), group["question_id"].to_list()).items():
            texts[str(drop), question_id] = row
    return [
        sheet_row(texts[row["drop"], row["question_id"]], row, **({"state": row["state"]} if with_state else {}))
        for row in suspects.iter_rows(named=True)
    ]


def _texts(project: Project, drop: str, ids: list[str]) -> dict[str, dict[str, object]]:
    rows = project.lake.read("raw_questions", (pl.col("drop") == drop) & pl.col("question_id").is_in(ids), _TEXTS)
    return {row["question_id"]: {**row, "drop": from_key(drop)} for row in rows.iter_rows(named=True)}

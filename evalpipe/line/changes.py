"""Score rows of the same questions, before and after: which verdicts changed, through what, and by which rules."""

from dataclasses import dataclass

import polars as pl

from evalpipe.line.score import counted_as
from evalpipe.line.scoring import VERDICT

_KEY = ("question_id", "sample")
_CAUSES = ("fingerprint", "answer_run_id", "outcome", "question_version", "label_version", "status")
_CAUSES += ("scorer", "scorer_version", "scorer_options")

# One row per verdict that changed. `why` is the first of: `new` and `gone` (scored on one side alone), `answer`,
# `label`, `scorer` (another one, other options, another version), `code` (an extractor or scorer decides otherwise).
CHANGE: dict[str, pl.DataType] = {
    "question_id": pl.String(),
    "sample": pl.Int64(),
    "why": pl.String(),
    **{f"{when}_{what}": pl.String() for when in ("old", "new") for what in ("rule", "verdict", "extracted", "reason")},
}

_GROUP = ("why", "old_rule", "new_rule", "old_verdict", "new_verdict")


@dataclass(frozen=True, slots=True)
class Changes:
    """`verdicts`: rows of `CHANGE`, by question. `read_otherwise`: how many rows have the same verdict and score, and
    another reading, rule or reason.
    """

    verdicts: pl.DataFrame
    read_otherwise: int


def changes(old: pl.DataFrame, new: pl.DataFrame) -> Changes:
    """What became of `old` rows of table `scores`; both of one model, each question and sample at most once a side.

    Floats are compared bit for bit, so 0.1 + 0.2 is not 0.3.
    """
    both = _told(old, "old").join(_told(new, "new"), on=_KEY, how="full", coalesce=True).sort(_KEY)
    apart = pl.col("old_there").is_null() | pl.col("new_there").is_null()
    other = apart | _differ("verdict") | _differ("score") | _differ("raw_label_score")
    otherwise = ~other & pl.any_horizontal(_differ(name) for name in VERDICT)
    found = both.filter(other).with_columns(why=_why())
    return Changes(found.select(list(CHANGE)), both.filter(otherwise).height)


def grouped(verdicts: pl.DataFrame) -> pl.DataFrame:
    """The groups of `CHANGE` rows by what changed from what to what, the largest first: `n` and the `ids` in each."""
    return (
        verdicts.group_by(_GROUP)
        .agg(n=pl.len(), ids=pl.col("question_id").unique().sort())
        .sort("n", *_GROUP, descending=[True, *[False] * len(_GROUP)], nulls_last=True)
    )


def verdict() -> pl.Expr:
    """What a score row says, in words: what it counts as, and what the delivered label says where that is another."""
    part = counted_as().eq("wrong") & (pl.col("score") > 0)
    by_drop = pl.col("raw_label_score")
    delivered = pl.when(by_drop.is_null()).then(pl.lit("unparsed")).when(by_drop >= 1).then(pl.lit("right"))
    delivered = delivered.when(by_drop > 0).then(pl.lit("partly right")).otherwise(pl.lit("wrong"))
    reviewed = pl.col("score").ne_missing(by_drop)
    words = pl.when(part).then(pl.lit("partly right")).otherwise(counted_as())
    said = pl.concat_str(words, pl.lit(" ("), delivered, pl.lit(" as delivered)"))
    return pl.when(reviewed).then(said).otherwise(words)


def _told(rows: pl.DataFrame, when: str) -> pl.DataFrame:
    told = rows.select(*_KEY, *dict.fromkeys((*VERDICT, *_CAUSES)), verdict=verdict(), there=True)
    return told.rename({name: f"{when}_{name}" for name in told.columns if name not in _KEY})


def _differ(name: str) -> pl.Expr:
    return pl.col(f"old_{name}").ne_missing(pl.col(f"new_{name}"))


def _why() -> pl.Expr:
    def any_of(*names: str) -> pl.Expr:
        return pl.any_horizontal(_differ(name) for name in names)

    return (
        pl.when(pl.col("old_there").is_null())
        .then(pl.lit("new"))
        .when(pl.col("new_there").is_null())
        .then(pl.lit("gone"))
        .when(any_of("fingerprint", "answer_run_id", "outcome", "question_version"))
        .then(pl.lit("answer"))
        .when(any_of("label_version", "status"))
        .then(pl.lit("label"))
        .when(any_of("scorer", "scorer_version", "scorer_options"))
        .then(pl.lit("scorer"))
        .otherwise(pl.lit("code"))
    )

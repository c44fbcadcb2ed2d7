"""Questions that two models both answered: paired by question id and versions, never by row; the others counted."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from evalpipe.core.reducers import MEAN, reduce_samples, reducer
from evalpipe.line.project import Project
from evalpipe.line.reduced import with_keys
from evalpipe.line.score import DENOMINATOR, counted_as
from evalpipe.line.standing import standing_questions, standing_scores
from evalpipe.line.terms import BoardTerms, todays_terms

# What must be the same on both sides. Within one moment it is, as only scores of today's versions count.
_SAME = {
    "question_version": "another question version",
    "label_version": "another label version",
    "scorer_version": "another scorer version",
}
_NEEDED = ("bank", "question_id", "sample", "score", "extracted", "count", "current", *_SAME)
_AT = ["bank", "question_id"]


@dataclass(frozen=True, slots=True)
class Pairing:
    """`pairs`: bank, question_id, drop, subject, cluster, and of each side `score_*`, `extracted_*`. `n_questions`
    stood, `lacking_a` and `lacking_b` say by reason on how many of them a side has no score that counts, `unlike` by
    reason how many are scored on both sides and cannot be compared. A question may lack on both.
    """

    pairs: pl.DataFrame
    n_questions: int
    lacking_a: Mapping[str, int]
    lacking_b: Mapping[str, int]
    unlike: Mapping[str, int]

    @property
    def left_out(self) -> int:
        return self.n_questions - self.pairs.height


def scores_today(project: Project, questions: pl.DataFrame, model: str) -> pl.DataFrame:
    """One row per question that the model was asked: the `score` of its samples that count, reduced as the headline
    accuracy reduces them (unparsed, truncated, refused and rejected earn nothing); null where none does, and `why`.
    """
    terms = todays_terms(project, questions)
    rows = standing_scores(project, questions, terms).filter(pl.col("model") == model).select(_NEEDED)
    return _by_question(project, questions, terms, rows.collect())


def scores_then(then: Project, model: str) -> pl.DataFrame:
    """The same of a project whose lake is past: by the model version and scorer of that day, and today's reducer."""
    questions = standing_questions(then)
    versions = questions.lazy().select(*_AT, "shard", q="question_version", la="label_version")
    rows = then.lake.scan("scores").filter(pl.col("model") == model).join(versions, on=[*_AT, "shard"])
    current = (pl.col("question_version") == pl.col("q")) & (pl.col("label_version") == pl.col("la"))
    rows = rows.with_columns(current=current, count=counted_as()).select(_NEEDED).collect()
    return _by_question(then, questions, todays_terms(then, questions), rows)


def _by_question(project: Project, questions: pl.DataFrame, terms: BoardTerms, rows: pl.DataFrame) -> pl.DataFrame:
    counts = pl.col("current") & pl.col("count").is_in(DENOMINATOR)
    good = rows.filter(counts).sort(*_AT, "sample")
    banks = [_reduced(project, questions, terms, each) for each in good.partition_by("bank", maintain_order=True)]
    good = pl.concat(banks) if banks else good.select(*_AT, "score", "extracted", *_SAME)
    rest = rows.filter(~counts).join(good, on=_AT, how="anti")
    why = pl.when("current").then("count").otherwise(pl.lit("other versions")).alias("why")
    rest = rest.sort("current").select(*_AT, why).unique(_AT, keep="last")
    return pl.concat([good, rest], how="diagonal_relaxed")


def _reduced(project: Project, questions: pl.DataFrame, terms: BoardTerms, rows: pl.DataFrame) -> pl.DataFrame:
    """One row a question of one bank; without those of which too many samples failed to say their score."""
    bank = str(rows["bank"][0])
    how = reducer(terms.reducers[bank])
    if how == MEAN and not (rows["sample"] > 0).any():
        return rows.select(*_AT, pl.col("score").fill_null(0.0), "extracted", *_SAME)
    if how.kind == "majority":
        rows = with_keys(project.lake, questions.filter(pl.col("bank") == bank), terms.scorers_of(bank), rows)
    several = pl.col("sample").max() > 0
    said = (
        pl.when(several).then(pl.col("extracted").fill_null("–").str.join(" | ")).otherwise(pl.col("extracted").first())
    )
    told = rows.group_by(_AT, maintain_order=True).agg(said, pl.col(*_SAME).first())
    scored = told.join(reduce_samples(rows, how), on="question_id", how="inner", maintain_order="left")
    return scored.select(*_AT, "score", "extracted", *_SAME)


def pair(questions: pl.DataFrame, a: pl.DataFrame, b: pl.DataFrame) -> Pairing:
    """Pair two models' scores (of `scores_today` or `scores_then`) on these standing questions."""
    table = questions.select(*_AT, "drop", "subject", "cluster")
    for side, scores in (("a", a), ("b", b)):
        named = scores.rename({name: f"{name}_{side}" for name in scores.columns if name not in _AT})
        table = table.join(named, on=_AT, how="left", maintain_order="left")
    both = table.filter(pl.col("score_a").is_not_null() & pl.col("score_b").is_not_null())
    differs = pl.lit(None, pl.String)
    for version, reason in reversed(_SAME.items()):
        differs = pl.when(pl.col(f"{version}_a") != pl.col(f"{version}_b")).then(pl.lit(reason)).otherwise(differs)
    both = both.with_columns(unlike=differs)
    kept = [*_AT, "drop", "subject", "cluster", "score_a", "score_b", "extracted_a", "extracted_b"]
    # In one order always: a sum of floats in another order is another number.
    pairs = both.filter(pl.col("unlike").is_null()).select(kept).sort(_AT)
    return Pairing(
        pairs, questions.height, _lacking(table, "a"), _lacking(table, "b"), _counts(both["unlike"].drop_nulls())
    )


def _lacking(table: pl.DataFrame, side: str) -> dict[str, int]:
    without = table.filter(pl.col(f"score_{side}").is_null())
    return _counts(without[f"why_{side}"].fill_null("not asked"))


def _counts(reasons: pl.Series) -> dict[str, int]:
    counted = reasons.rename("reason").value_counts(name="n").sort("n", "reason", descending=[True, False])
    return {str(reason): int(n) for reason, n in counted.iter_rows()}

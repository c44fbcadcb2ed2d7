"""One model's score rows on one bank, reduced to one score a question, with what its failed samples could change."""

from collections.abc import Mapping

import polars as pl

from evalpipe.config import Config
from evalpipe.core.reducers import MEAN, Reducer, reduce_samples, reducer
from evalpipe.line.models import to_questions
from evalpipe.line.score import DENOMINATOR
from evalpipe.scorers import Scorer
from evalpipe.store.lake import Lake


def reducer_of(config: Config, bank: str) -> Reducer:
    """How several samples of a question become one score in this bank."""
    section = config.file.banks.get(bank)
    return reducer(section.reducer) if section else MEAN


def reduced_questions(rows: pl.DataFrame, how: Reducer) -> pl.DataFrame:
    """One row per question that counts or failed, in the order of the rows.

    Args:
        rows: score rows of today's versions (`line.standing`), with `key` where `how` is a vote.

    Returns: `question_id`, `cluster`; `score` (null: too many of its samples failed; it is in no
        denominator), `unread` (no sample of it could be read), and `low` and `high`, between which the score could lie
        if the failed samples were heard: had they all been wrong, and had they all been right. A vote that lacks a
        voice could be turned either way.
    """
    kept = rows.filter(pl.col("count").is_in([*DENOMINATOR, "failed"]))
    failed = pl.col("count") == "failed"
    facts = kept.group_by("question_id", maintain_order=True).agg(
        pl.col("cluster").first(), unread=pl.col("score").is_null().all(), n_failed=failed.sum()
    )
    scores = reduce_samples(kept.filter(~failed), how)
    found = facts.join(scores, on="question_id", how="left", maintain_order="left")
    if not found["n_failed"].sum():
        return found.with_columns(low="score", high="score")
    if how.kind == "majority":
        turned = pl.col("n_failed") > 0
        return found.with_columns(
            low=pl.when(turned).then(0.0).otherwise("score"), high=pl.when(turned).then(1.0).otherwise("score")
        )
    for name, heard in (("low", 0.0), ("high", 1.0)):
        filled = kept.with_columns(score=pl.when(failed).then(heard).otherwise("score"))
        ends = reduce_samples(filled, how).rename({"score": name})
        found = found.join(ends, on="question_id", how="left", maintain_order="left")
    return found


def with_keys(lake: Lake, standing: pl.DataFrame, scorers: Mapping[str, Scorer], rows: pl.DataFrame) -> pl.DataFrame:
    """The score rows with `key`: what was read in the form in which the bank's scorer compares; null: nothing was.

    Args:
        standing: the bank's questions of today (`line.standing`): of one that several drops hold, the last.
        scorers: of the bank, by kind of question.
        rows: score rows of today's versions.
    """
    read = rows.drop_nulls("score").drop_nulls("extracted")
    # One answer in one spelling is one vote whatever its key; only spellings that differ need one.
    several = pl.col("extracted").n_unique().over("question_id") > 1
    spelled = read.filter(several).select("question_id", "extracted").unique(maintain_order=True)
    voted = standing.join(spelled, on="question_id", how="semi").select("bank", "question_id", "drop")
    asked = lake.scan("questions").join(voted.lazy(), on=voted.columns, how="semi").collect()
    questions = {question.question_id: question for question in to_questions(asked)}
    keys = [scorers[questions[name].kind].key(questions[name], said) for name, said in spelled.iter_rows()]
    keyed = spelled.with_columns(key=pl.Series(keys, dtype=pl.String))
    heard = pl.col("score").is_not_null()
    return rows.join(keyed, on=["question_id", "extracted"], how="left", maintain_order="left").with_columns(
        key=pl.when(heard).then(pl.coalesce("key", "extracted"))
    )

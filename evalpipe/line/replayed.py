"""Score rows made again from what they name: the question, the label, the answer and the scorer of then."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import polars as pl

from evalpipe.config.scorers import stored_scorer
from evalpipe.core.errors import UsageError
from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line
from evalpipe.line.answers import answers_of
from evalpipe.line.judge_versions import JUDGE, judge_key, judge_options
from evalpipe.line.models import to_questions
from evalpipe.line.scoring import ToScore, delivered_question, verdicts
from evalpipe.line.verdicts import Verdict, replayed_verdict
from evalpipe.scorers import Scorer
from evalpipe.store.lake import Lake
from evalpipe.store.tables import TABLES

_ROWS = 20_000  # at a time: their answers' texts are in memory

# What a judge was asked, and the score that came of it: by the label of then, and as it was delivered.
_JUDGED = {"judge_fingerprint": "score", "judge_raw_fingerprint": "raw_label_score"}

_Heard = tuple[Verdict | None, Verdict | None]  # by the label of then, and as it was delivered

# By the fingerprint of what a judge was asked, and until when its reply had to be there (`_until`).
Replies = Mapping[tuple[str, datetime | None], Mapping[str, Any]]

# What finds the very answer that a row was scored from; `run_id` is the row's `answer_run_id`.
_ANSWER = ("fingerprint", "sample", "run_id", "outcome")


def replayed_scores(lake: Lake, moment: Lake, stored: pl.DataFrame) -> pl.DataFrame:
    """The rows of `stored` (table `scores`, of one model) with the verdicts that today's code gives.

    Args:
        lake: where the answers are; nothing is ever taken from them, so they are read as they are now.
        moment: where questions and labels are as they were.

    Raises: UsageError: an answer or a question is gone, or a scorer does not exist any more.
    """
    columns = list(TABLES["scores"].columns)
    frames = [_replayed(lake, moment, some) for some in stored.select(columns).iter_slices(_ROWS)]
    return pl.concat(frames) if frames else stored.select(columns)


def _replayed(lake: Lake, moment: Lake, stored: pl.DataFrame) -> pl.DataFrame:
    rows = stored.with_row_index("at").join(
        _answers(lake, stored),
        left_on=["fingerprint", "sample", "answer_run_id", "outcome"],
        right_on=_ANSWER,
        how="left",
        maintain_order="left",
    )
    questions = _questions(moment, stored)
    rows = rows.join(questions.select("drop", "question_id", "row"), on=["drop", "question_id"], how="left")
    rows = rows.sort("at")
    for column, what in (("answered", "the answer"), ("row", "the question")):
        lost = rows.filter(pl.col(column).is_null())
        if not lost.is_empty():
            example = one_line(str(lost["question_id"][0]), 60)
            raise UsageError(
                f"cannot be replayed: {what} of {lost.height:,} score rows is not in the lake any more (question "
                f"{example!r} for one). evalpipe deletes no answer and no version; restore them from a backup."
            )
    made = to_questions(questions)
    delivered = [
        delivered_question(question, raw)
        for question, raw in zip(made, questions["raw_targets"].to_list(), strict=True)
    ]
    heard = _heard(rows, made, delivered, _judges_replies(lake, stored))
    scored = verdicts(_to_score(rows, made, delivered, heard))
    scored = scored.with_columns(judged=pl.Series([now and now.state for now, _ in heard], dtype=pl.String))
    return rows.drop(scored.columns).hstack(scored).select(stored.columns)


def _to_score(
    rows: pl.DataFrame, made: Sequence[Question], delivered: Sequence[Question], heard: Sequence[_Heard]
) -> Iterator[ToScore]:
    scorers: dict[tuple[str, str | None], Scorer] = {}
    named = rows.select("row", "outcome", "answer_text", "error", "scorer", "scorer_options")
    for (at, outcome, text, error, name, options), said in zip(named.iter_rows(), heard, strict=True):
        if (name, options) not in scorers:
            scorers[name, options] = _scorer(name, options)
        judged = (each and each.score for each in said)
        yield ToScore(scorers[name, options], made[at], delivered[at], outcome, text, error, *judged)


def _heard(
    rows: pl.DataFrame, made: Sequence[Question], delivered: Sequence[Question], replies: Replies
) -> list[_Heard]:
    """What judges said of each answer by the label of then, and by the delivered one where that was another."""
    asked = [rows.select("row", "answer_text", name, _until(score)).rows() for name, score in _JUDGED.items()]
    said = (
        [
            replayed_verdict(of[at], text, fingerprint, replies.get((fingerprint, until))) if fingerprint else None
            for at, text, fingerprint, until in some
        ]
        for of, some in zip((made, delivered), asked, strict=True)
    )
    return list(zip(*said, strict=True))


def _until(score: str) -> pl.Expr:
    """Where the judge had said nothing when a row was scored, what it said later is not what the row was made from.
    What gave a score was there; clocks of several machines may say otherwise.
    """
    return pl.when(pl.col(score).is_null()).then("scored_at").alias("until")


def _judges_replies(lake: Lake, stored: pl.DataFrame) -> Replies:
    """The rows of `answers` that hold the verdicts which these scores name."""
    judged = stored.filter(pl.col("scorer") == JUDGE)
    named = [judged.select("scorer_options", _until(score), fingerprint=name) for name, score in _JUDGED.items()]
    found: dict[tuple[str, datetime | None], Mapping[str, Any]] = {}
    for (options, until), some in pl.concat(named).drop_nulls("fingerprint").group_by("scorer_options", "until"):
        key = judge_key(judge_options(_scorer(JUDGE, str(options))))
        assert until is None or isinstance(until, datetime)
        rows = answers_of(lake, key, some["fingerprint"], ["text", "error"], until)
        for row in rows.filter(pl.col("sample") == 0).iter_rows(named=True):
            found[row["fingerprint"], until] = row
    return found


def _scorer(name: str, options: str | None) -> Scorer:
    try:
        return stored_scorer(name, options)
    except ValueError as error:
        raise UsageError(f"the scores name a scorer that this version of evalpipe does not have: {error}.") from None


def _answers(lake: Lake, stored: pl.DataFrame) -> pl.DataFrame:
    """The answers that the rows name; of equal ones the first, as for scores."""
    model, fingerprints = stored["model"][0], stored.select(pl.col("fingerprint").unique()).lazy()
    found = (
        lake.scan("answers")
        .filter(pl.col("model") == model)
        .select(*_ANSWER, "answered_at", "error", answer_text="text")
        .join(fingerprints, on="fingerprint", how="semi")
        .with_columns(answered=pl.lit(True))
        .collect()
    )
    # As in `line.answers`: of answers the first counts, of failures and rejections the last.
    last, at = pl.col("outcome").is_in(["rejected", "failed"]), pl.col("answered_at").dt.epoch("us")
    found = found.sort(pl.when(last).then(-at).otherwise(at), maintain_order=True)
    return found.unique(_ANSWER, keep="first", maintain_order=True).drop("answered_at")


def _questions(moment: Lake, stored: pl.DataFrame) -> pl.DataFrame:
    """The questions of the rows with the labels of then; `row` numbers them."""
    ids = stored.select("drop", "question_id", "question_version", "label_version").unique().lazy()
    found = moment.scan("questions").filter(pl.col("drop").is_in(stored["drop"].unique().to_list()))
    return (
        found.join(ids, on=["drop", "question_id", "question_version", "label_version"], how="semi")
        .collect()
        .with_row_index("row")
    )

"""Questions beside the answers that count for them: what scores are made from, and the committee's votes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from evalpipe.core.questions import Question
from evalpipe.line.answers import answers_of
from evalpipe.line.cell import QuestionSet
from evalpipe.line.models import ReadyModel, to_questions
from evalpipe.store.lake import Lake


@dataclass(frozen=True, slots=True)
class AnsweredBatch:
    """Some questions: their rows with the `fingerprint` of each one's request, the same as questions, and the rows of
    `answers` that count, in the order of their samples. Equal questions share an answer; one may have none.
    """

    rows: pl.DataFrame
    questions: list[Question]
    answers: pl.DataFrame


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question, its row, its request's fingerprint, and the rows of `answers` that count, by sample; maybe none."""

    row: dict[str, Any]
    question: Question
    fingerprint: str
    answers: list[dict[str, Any]]


def answered_batches(lake: Lake, ready: ReadyModel, asked: QuestionSet, samples: int) -> Iterator[AnsweredBatch]:
    """All questions of the set, some thousand at a time: a shard may be larger than memory."""
    maker = ready.maker()
    for rows in asked.batches(lake):
        questions = to_questions(rows)
        fingerprints = [maker.request(question).fingerprint for question in questions]
        rows = rows.with_columns(fingerprint=pl.Series(fingerprints, dtype=pl.String))
        answers = answers_of(lake, ready.key, rows["fingerprint"])
        answers = answers.filter(pl.col("sample") < samples).sort("sample", maintain_order=True)
        yield AnsweredBatch(rows, questions, answers)


def answered_questions(
    lake: Lake, ready: ReadyModel, asked: QuestionSet, samples: int
) -> Iterator[list[AnsweredQuestion]]:
    """The same, question by question."""
    for batch in answered_batches(lake, ready, asked, samples):
        yield one_by_one(batch)


def one_by_one(batch: AnsweredBatch) -> list[AnsweredQuestion]:
    """The batch's questions, each with its answers."""
    by_fingerprint: dict[str, list[dict[str, Any]]] = {}
    for answer in batch.answers.iter_rows(named=True):
        by_fingerprint.setdefault(answer["fingerprint"], []).append(answer)
    return [
        AnsweredQuestion(row, question, row["fingerprint"], by_fingerprint.get(row["fingerprint"], []))
        for row, question in zip(batch.rows.iter_rows(named=True), batch.questions, strict=True)
    ]

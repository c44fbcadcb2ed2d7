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
class AnsweredQuestion:
    """A question, its row, its request's fingerprint, and the rows of `answers` that count, by sample; maybe none."""

    row: dict[str, Any]
    question: Question
    fingerprint: str
    answers: list[dict[str, Any]]


def answered_questions(
    lake: Lake, ready: ReadyModel, asked: QuestionSet, samples: int
) -> Iterator[list[AnsweredQuestion]]:
    """All questions of the set, some thousand at a time: a shard may be larger than memory."""
    maker = ready.maker()
    for rows in asked.batches(lake):
        questions = to_questions(rows)
        fingerprints = [maker.request(question).fingerprint for question in questions]
        answers = answers_of(lake, ready.key, pl.Series("fingerprint", fingerprints, dtype=pl.String))
        answers = answers.filter(pl.col("sample") < samples).sort("sample", maintain_order=True)
        by_fingerprint: dict[str, list[dict[str, Any]]] = {}
        for answer in answers.iter_rows(named=True):
            by_fingerprint.setdefault(answer["fingerprint"], []).append(answer)
        yield [
            AnsweredQuestion(row, question, fingerprint, by_fingerprint.get(fingerprint, []))
            for row, question, fingerprint in zip(rows.iter_rows(named=True), questions, fingerprints, strict=True)
        ]

"""Answers become score rows, a batch at a time and by columns: the scorer alone is called answer by answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import polars as pl

from evalpipe.config import Config
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score
from evalpipe.line.answered import AnsweredBatch
from evalpipe.line.models import scorer_for
from evalpipe.line.project import MadeBy, now
from evalpipe.line.verdicts import Verdict, verdict_name
from evalpipe.scorers import Scorer
from evalpipe.store.tables import TABLES

# What a verdict says; the other columns of a score row say what it was made from.
VERDICT = ("score", "raw_label_score", "extracted", "rule", "reason")

_OF_QUESTION = ("shard", "drop", "bank", "question_id", "subject", "cluster", "status", "label_version")
_OF_QUESTION += ("question_version", "kind", "fingerprint")
_OF_ANSWER = ("model", "sample", "outcome", "prompt_tokens", "completion_tokens", "cost_usd", "prompt_name")
_OF_ANSWER += ("prompt_hash",)


@dataclass(frozen=True, slots=True)
class ToScore:
    """One answer and all that its verdict depends on.

    `delivered`: the question with the label as its drop delivered it, before any review.
    `text`: the model's reply. `judged`, `judged_delivered`: what a judge said of it, by either label.
    """

    scorer: Scorer
    question: Question
    delivered: Question
    outcome: str
    text: str | None
    error: str | None
    judged: Score | None = None
    judged_delivered: Score | None = None


def verdicts(answers: Iterable[ToScore]) -> pl.DataFrame:
    """One row of `VERDICT` an answer, in order. The same answers give the same verdicts, bit for bit."""
    columns = {name: TABLES["scores"].columns[name] for name in VERDICT}
    rows: list[tuple[float | None, float | None, str | None, str | None, str]] = []
    for each in answers:
        score = each.judged or _score(each, each.question)
        raw = score if each.delivered is each.question else each.judged_delivered or _score(each, each.delivered)
        rows.append((score.value, raw.value, score.extracted, score.rule, score.reason))
    return pl.DataFrame(rows, schema=columns, orient="row")


def _score(answer: ToScore, question: Question) -> Score:
    """Null is not zero: what was not answered, or without a text, has no score."""
    if answer.outcome != "answered":
        return Score(None, None, None, answer.error or answer.outcome)
    if answer.text is None:
        return Score(None, None, None, "the reply holds no text")
    return answer.scorer.score(question, answer.text)


def score_rows(
    config: Config,
    batch: AnsweredBatch,
    model_version: str,
    made: MadeBy,
    judged: Mapping[str, Verdict] = MappingProxyType({}),
) -> pl.DataFrame:
    """The rows of table `scores` for the batch's answers: in the order of its questions, then of their samples.

    `judged`: what the bank's judges said, by `verdict_name`.
    """
    bank = str(batch.rows["bank"][0])
    scorers = {kind: scorer_for(config, bank, kind) for kind in batch.rows["kind"].unique()}
    answers = batch.answers.select("fingerprint", *_OF_ANSWER, "error", answer_text="text", answer_run_id="run_id")
    paired = (
        batch.rows.select(*_OF_QUESTION)
        .with_row_index("at")
        .join(answers, on="fingerprint", maintain_order="left_right")
        .with_columns(*_scorer_columns(scorers))
    )
    delivered = [
        delivered_question(question, raw)
        for question, raw in zip(batch.questions, batch.rows["raw_targets"].to_list(), strict=True)
    ]
    heard = _heard(batch.questions, paired, judged)
    columns = ("at", "kind", "outcome", "error", "answer_text")
    scored = verdicts(
        ToScore(scorers[kind], batch.questions[at], delivered[at], outcome, text, error, *(h and h.score for h in said))
        for (at, kind, outcome, error, text), said in zip(paired.select(columns).iter_rows(), heard, strict=True)
    )
    paired = paired.with_columns(
        judged=pl.Series([now and now.state for now, _ in heard], dtype=pl.String),
        judge_fingerprint=pl.Series([now and now.fingerprint for now, _ in heard], dtype=pl.String),
        judge_raw_fingerprint=pl.Series([raw and raw.fingerprint for _, raw in heard], dtype=pl.String),
    )
    origin = {"model_version": model_version, "scored_at": now(), **made.columns()}
    whole = pl.concat([paired, scored], how="horizontal").with_columns(
        pl.lit(value, dtype=TABLES["scores"].columns[name]).alias(name) for name, value in origin.items()
    )
    return whole.select(list(TABLES["scores"].columns))


def _heard(
    questions: Sequence[Question], paired: pl.DataFrame, judged: Mapping[str, Verdict]
) -> list[tuple[Verdict | None, Verdict | None]]:
    """What judges said of each answer: by today's label, and by the delivered one where that is another."""
    if not judged:
        return [(None, None)] * paired.height
    names = [
        [verdict_name(questions[at], {"sample": sample}, delivered=delivered) for delivered in (False, True)]
        for at, sample in paired.select("at", "sample").iter_rows()
    ]
    return [(judged.get(today), judged.get(delivered)) for today, delivered in names]


def delivered_question(question: Question, raw_targets: list[str]) -> Question:
    """The question with the label as its drop delivered it; the very same one where no review changed it."""
    targets = tuple(raw_targets)
    return question if targets == question.targets else replace(question, targets=targets)


def _scorer_columns(scorers: Mapping[str, Scorer]) -> Iterable[pl.Expr]:
    for column, told in (
        ("scorer", {kind: each.name for kind, each in scorers.items()}),
        ("scorer_version", {kind: each.version for kind, each in scorers.items()}),
        ("scorer_options", {kind: each.options or None for kind, each in scorers.items()}),
    ):
        yield pl.col("kind").replace_strict(told, return_dtype=pl.String).alias(column)

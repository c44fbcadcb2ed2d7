"""The labels of a drop, weighed: its questions, its committee's answers and the signals' doubts become suspects and an
error rate. What is weighed comes from the lake; how, is decided in `labels`."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from evalpipe.config import Config
from evalpipe.core.questions import Question, labels_of
from evalpipe.labels import Doubted, doubted
from evalpipe.labels.review.reviews import RANDOM
from evalpipe.labels.weighing.error_rate import FEW_REVIEWED, ErrorRate, Known, error_rate
from evalpipe.line.models import scorer_for, to_questions
from evalpipe.line.project import Project
from evalpipe.line.reviews import settled_questions
from evalpipe.line.votes import committee_votes

MOST_SUBJECTS = 500  # whose error rate is told apart; a drop with more names something else a subject
_VOTES = {"question_id": pl.String(), "who": pl.String(), "answer": pl.String(), "said": pl.String()}
_QUESTIONS = {
    "question_id": pl.String(),
    "position": pl.Int64(),
    "kind": pl.String(),
    "subject": pl.String(),
    "targets": pl.List(pl.String()),
    "labels": pl.List(pl.String()),
    "n_options": pl.Int64(),
    "trusted": pl.Boolean(),
    "question_version": pl.String(),
}


@dataclass(frozen=True, slots=True)
class Weighed:
    """`questions` as they were weighed, in the drop's order; `rates` by subject, None for all of them."""

    questions: pl.DataFrame
    doubted: Doubted
    rates: dict[str | None, ErrorRate]


def weigh(project: Project, drop: str, bank: str, found: pl.DataFrame) -> Weighed:
    """Weigh the drop's labels, given the signals' doubts (schema DOUBTS)."""
    votes = _votes(project, drop)
    # Without a committee only what a signal doubts has anything to be weighed, and a drop may have millions.
    drawn = project.lake.read("label_reviews", (pl.col("drop") == drop) & (pl.col("picked") == RANDOM), ["question_id"])
    only = None if votes.height or drawn.height >= FEW_REVIEWED else found["question_id"].unique()
    frames = [pl.DataFrame(schema=_QUESTIONS), *_keyed(project, drop, bank, only)]
    questions = pl.concat(frames).sort("position")
    said = found.join(questions.select("question_id", "kind"), on="question_id")
    one_vote = _families(project.config) if project.config.file.labels.one_vote_per_family else None
    result = doubted(questions, votes, _with_keys(project.config, bank, said), one_vote)
    return Weighed(questions, result, _rates(project, drop, bank, questions, result))


def _votes(project: Project, drop: str) -> pl.DataFrame:
    """What today's committee said about the drop, where it could be read."""
    rows = committee_votes(project, drop).filter(pl.col("answer").is_not_null())
    return rows.select("question_id", who="member", answer="answer", said="extracted").cast(pl.Schema(_VOTES))


def _keyed(project: Project, drop: str, bank: str, only: pl.Series | None) -> Iterator[pl.DataFrame]:
    """The questions with their labels in the form in which their scorer compares."""
    here = pl.col("drop") == drop
    order = project.lake.read("raw_questions", here, ["question_id", "file", "line"]).sort("file", "line")
    order = order.select("question_id", position=pl.int_range(pl.len(), dtype=pl.Int64))
    for batch in project.lake.batches("raw_questions", here):
        rows = batch if only is None else batch.filter(pl.col("question_id").is_in(only.implode()))
        scorers = {kind: scorer_for(project.config, bank, kind) for kind in rows["kind"].unique()}
        labels = [
            [scorers[question.kind].key(question, target) for target in labels_of(question)]
            for question in to_questions(rows)
        ]
        yield (
            rows.with_columns(
                labels=pl.Series(labels, dtype=pl.List(pl.String)),
                n_options=pl.when(pl.col("kind") == "choice").then(pl.col("choices").list.len()).fill_null(0),
                trusted=pl.col("trusted").fill_null(False),
            )
            .join(order, on="question_id")
            .select(list(_QUESTIONS))
            .cast(pl.Schema(_QUESTIONS))
        )


def _with_keys(config: Config, bank: str, said: pl.DataFrame) -> pl.DataFrame:
    """The doubts with `proposed`, the key of what they propose."""
    keys: list[str | None] = []
    for kind, target in said.select("kind", "proposed_target").iter_rows():
        keys.append(None if target is None else scorer_for(config, bank, kind).key(Question("", "", kind, ()), target))
    return said.drop("kind").with_columns(proposed=pl.Series(keys, dtype=pl.String))


def _families(config: Config) -> dict[str, str]:
    return {key: model.family for key, model in config.models.items() if model.family}


def _rates(
    project: Project, drop: str, bank: str, questions: pl.DataFrame, result: Doubted
) -> dict[str | None, ErrorRate]:
    members = len(result.ballots.members)
    known = Known(
        trusted=questions["trusted"].to_numpy(),
        reviewed=_reviewed(project, drop, bank, questions, at_random=True),
        settled=_reviewed(project, drop, bank, questions, at_random=False) == 1,
    )
    likelihood, options = result.opinion.likelihood, result.ballots.options
    rates: dict[str | None, ErrorRate] = {None: error_rate(likelihood, options, members, known)}
    subjects = questions["subject"].drop_nulls().unique().sort()
    if members and 1 < subjects.len() <= MOST_SUBJECTS:
        for subject in subjects:
            part = (questions["subject"] == subject).fill_null(False).to_numpy()
            rates[subject] = error_rate(likelihood, options, members, known, part)
    return rates


def _reviewed(project: Project, drop: str, bank: str, questions: pl.DataFrame, at_random: bool) -> np.ndarray:
    """(N,): 1 where people found the label as delivered wrong, 0 right, nan where they did not look, or disagree."""
    here = (pl.col("drop") == drop) & (pl.col("bank") == bank)
    settled = settled_questions(project, here & (pl.col("picked") == RANDOM) if at_random else here)
    delivered: dict[str, list[str]] = dict(questions.select("question_id", "targets").iter_rows())
    wrong = {
        question_id: float(each.status != "active" or list(each.targets) != delivered.get(question_id))
        for (_, question_id), each in settled.items()
        if each.state == "reviewed"
    }
    return np.array([wrong.get(question_id, np.nan) for question_id in questions["question_id"]], float)

"""What a member of the committee said about questions, read as the bank's scorer reads it. A vote is no score."""

import hashlib
import json
from dataclasses import dataclass

import polars as pl

from evalpipe.core.answers import OUTCOMES
from evalpipe.core.versions import DIGEST_BYTES
from evalpipe.line.answered import AnsweredQuestion, answered_questions
from evalpipe.line.cell import QuestionSet
from evalpipe.line.models import ReadyModel, scorer_for
from evalpipe.line.project import Project
from evalpipe.store.tables import TABLES

NOT_ASKED = "not_asked"

# What differs from row to row of `committee_answers`. The rest would take half a gigabyte for 2 million questions.
_VOTE = {
    name: TABLES["committee_answers"].columns[name]
    for name in (
        *("question_id", "question_version", "fingerprint", "outcome", "extracted", "rule", "answer"),
        *("scorer", "scorer_version"),
    )
}


@dataclass(frozen=True, slots=True)
class Heard:
    """One row a question in `frames`, their columns those of `committee_answers` that differ from row to row.

    `kinds`: of the questions. `version`: hash of what was said. `outcomes` add up to the questions; `answered` are
    those to which an answer could be read.
    """

    frames: list[pl.DataFrame]
    kinds: list[str]
    version: str
    outcomes: dict[str, int]
    answered: int


def hear(project: Project, ready: ReadyModel, asked: QuestionSet) -> Heard:
    """All of it in memory: the stream of a commit is drawn by a thread in which no other table can be opened."""
    outcomes = dict.fromkeys((*OUTCOMES, NOT_ASKED), 0)
    kinds: set[str] = set()
    said = hashlib.blake2b(digest_size=DIGEST_BYTES)
    frames: list[pl.DataFrame] = []
    answered = 0
    for some in answered_questions(project.lake, ready, asked, samples=1):
        votes = [_vote(project, each) for each in some]
        for vote in votes:
            answered += vote["answer"] is not None
            outcomes[str(vote["outcome"] or NOT_ASKED)] += 1
            said.update(json.dumps([vote["question_id"], vote["question_version"], vote["answer"]]).encode())
        kinds.update(each.question.kind for each in some)
        frames.append(pl.DataFrame(votes, schema=_VOTE))
    return Heard(frames, sorted(kinds), said.hexdigest(), outcomes, answered)


def _vote(project: Project, each: AnsweredQuestion) -> dict[str, object]:
    scorer = scorer_for(project.config, str(each.row["bank"]), each.question.kind)
    answer = each.answers[0] if each.answers else None
    text = answer["text"] if answer and answer["outcome"] == "answered" else None
    score = None if text is None else scorer.score(each.question, str(text))
    extracted = score.extracted if score else None
    return {
        **{name: each.row[name] for name in ("question_id", "question_version")},
        "fingerprint": each.fingerprint,
        "outcome": answer["outcome"] if answer else None,
        "extracted": extracted,
        "rule": score.rule if score else None,
        "answer": None if extracted is None else scorer.key(each.question, extracted),
        "scorer": scorer.name,
        "scorer_version": scorer.version,
    }

"""The answers of a cell that a judge has to judge, and what became of them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import polars as pl

from evalpipe.answering.quoted_answer import quoted_answer
from evalpipe.core.questions import Question
from evalpipe.core.scores import Score
from evalpipe.line.answered import AnsweredQuestion
from evalpipe.line.answers import answers_of
from evalpipe.line.judges import Judge, ToJudge, readable
from evalpipe.scorers.verdict import RULE, read_verdict
from evalpipe.store.lake import Lake

State = Literal["read", "unreadable", "failed"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`failed`: the judge's reply did not arrive, or the judge was not asked; it will be asked again. `unreadable`: it
    arrived, and is no verdict. Neither says anything about the answer.
    """

    state: State
    score: Score
    fingerprint: str


def to_judge(judge: Judge, some: Iterable[AnsweredQuestion]) -> list[ToJudge]:
    """The answers that count and have a text, each once; and once more for the label as it was delivered, where a
    review changed it: how the reviews move the score is told too.
    """
    found: list[ToJudge] = []
    for each in some:
        if each.question.kind != judge.kind or each.row["status"] != "active":
            continue
        for answer in each.answers:
            text = readable(answer["text"]) if answer["outcome"] == "answered" and answer["text"] else None
            if text is None:
                continue
            found.append(ToJudge(verdict_name(each.question, answer), each.question, text))
            if each.row["targets"] != each.row["raw_targets"]:
                delivered = replace(each.question, targets=tuple(each.row["raw_targets"]))
                found.append(ToJudge(verdict_name(each.question, answer, delivered=True), delivered, text))
    return found


def verdict_name(question: Question, answer: Mapping[str, Any], *, delivered: bool = False) -> str:
    """A question's id, for its first sample by today's label; else with what tells it apart."""
    sample = f" [sample {answer['sample']}]" if answer["sample"] else ""
    return question.question_id + sample + (" [label as delivered]" if delivered else "")


def verdicts_on(lake: Lake, judges: Mapping[str, Judge], some: Sequence[AnsweredQuestion]) -> dict[str, Verdict]:
    """What the lake holds of the judges' verdicts on these answers, by `verdict_name`. Asks nobody."""
    found: dict[str, Verdict] = {}
    for judge in judges.values():
        found.update(stored_verdicts(lake, judge, to_judge(judge, some)))
    return found


def stored_verdicts(lake: Lake, judge: Judge, answers: Sequence[ToJudge]) -> Iterator[tuple[str, Verdict]]:
    """What the lake holds of one judge's verdicts, by the names of the answers."""
    requests = [judge.request(each.question, each.answer, each.name) for each in answers]
    fingerprints = pl.Series("fingerprint", [request.fingerprint for request, _ in requests], dtype=pl.String)
    replies = answers_of(lake, judge.ready.key, fingerprints, ["text", "error"]).filter(pl.col("sample") == 0)
    by_fingerprint = {row["fingerprint"]: row for row in replies.iter_rows(named=True)}
    for request, nonce in requests:
        reply = by_fingerprint.get(request.fingerprint)
        yield request.question_id, _read(reply, nonce, request.fingerprint)


def replayed_verdict(
    question: Question, text: str, fingerprint: str, reply: Mapping[str, Any] | None
) -> Verdict | None:
    """What a stored reply of a judge says of an answer, read by today's code; None: nothing is left to judge."""
    answer = readable(text)
    return _read(reply, quoted_answer(question, answer).nonce, fingerprint) if answer is not None else None


def _read(reply: Mapping[str, Any] | None, nonce: str, fingerprint: str) -> Verdict:
    if reply is None:
        return Verdict("failed", Score(None, None, RULE, "the judge was not asked yet"), fingerprint)
    if reply["outcome"] == "failed":
        return Verdict("failed", Score(None, None, RULE, f"the judge failed: {reply['error'] or '?'}"), fingerprint)
    if reply["outcome"] != "answered" or reply["text"] is None:
        said = f"the judge's reply was {reply['outcome']}"
        return Verdict("unreadable", Score(None, None, RULE, said), fingerprint)
    score = read_verdict(reply["text"], nonce)
    return Verdict("unreadable" if score.value is None else "read", score, fingerprint)

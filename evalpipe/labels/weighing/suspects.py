"""Suspects: one row per question against whose label something speaks, with who said what. Best first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from evalpipe.core.quoting import one_line
from evalpipe.labels.schema import SUSPECTS
from evalpipe.labels.weighing.ballots import Ballots, ballots
from evalpipe.labels.weighing.committee import Opinion, opinion
from evalpipe.labels.weighing.suspicion import LIKELY, Judged, judge

COMMITTEE, NEIGHBOUR = "committee", "neighbour"
KEPT_SHARE = 0.2  # of a drop, beside what is flagged: twice the budget that anybody reviews


@dataclass(frozen=True, slots=True)
class Doubted:
    """`suspects` of schema SUSPECTS, best first; `ballots`, `opinion` and `judged` of all questions, in their order."""

    suspects: pl.DataFrame
    ballots: Ballots
    opinion: Opinion
    judged: Judged


def doubted(
    questions: pl.DataFrame,
    votes: pl.DataFrame,
    doubts: pl.DataFrame,
    one_vote: Mapping[str, str] | None = None,
) -> Doubted:
    """Weigh what the committee and the signals say about the labels of a drop.

    Args:
        questions: question_id, position (in the drop, which tells who a question's neighbours are), kind, subject,
            targets, `labels` (the targets' keys), `n_options` (0: open); sorted by position. Keys are equal where the
            scorer takes answers for equal.
        votes: question_id, who, answer (key), said (as it was read); none without a committee.
        doubts: schema DOUBTS and `proposed` (the key of proposed_target, or null).
        one_vote: member -> family, where a family has one vote together.
    """
    rows = questions.with_row_index("q")
    mentioned = doubts.select("question_id", answer="proposed")
    cast = ballots(questions, votes, mentioned)
    share = None
    if one_vote is not None:
        families = [one_vote.get(name, name) for name in cast.members]
        share = np.array([1 / families.count(family) for family in families])
    subjects = questions["subject"].fill_null("").rank("dense").cast(pl.Int64).to_numpy() - 1
    says = opinion(cast, share, subjects)
    placed = doubts.join(rows.select("q", "question_id"), on="question_id").with_columns(pl.col("q").cast(pl.Int64))
    judged = judge(questions, cast, says, placed)
    contradicted = (cast.said > 0).any(axis=1) if cast.members else np.zeros(questions.height, bool)
    spoken = np.zeros(questions.height, bool)
    spoken[placed["q"].to_numpy()] = True
    kept = judged.flagged | spoken | (contradicted & _among_the_first(judged.suspicion, KEPT_SHARE))
    chosen = rows[np.flatnonzero(kept)]
    said = _Said.about(chosen, votes, placed, cast)
    frame = pl.DataFrame(list(_rows(rows, chosen, said, cast, judged)), schema=SUSPECTS).sort(
        "suspicion", "question_id", descending=[True, False]
    )
    return Doubted(frame, cast, says, judged)


def _among_the_first(suspicion: np.ndarray, share: float) -> np.ndarray:
    first = np.zeros(len(suspicion), bool)
    first[np.argsort(-suspicion, kind="stable")[: round(share * len(suspicion))]] = True
    return first


@dataclass(frozen=True, slots=True)
class _Said:
    """What was said about the questions that are kept, by row.

    `evidence`: who said what. `words`: how an answer was written, by row and key. `keys`: what a code means. `doubts`:
    of the signals, the strongest first, as (signal, reason).
    """

    evidence: dict[int, list[dict[str, str]]]
    words: dict[tuple[int, str], str]
    keys: dict[tuple[int, int], str]
    doubts: dict[int, list[tuple[str, str]]]

    @classmethod
    def about(cls, kept: pl.DataFrame, votes: pl.DataFrame, doubts: pl.DataFrame, cast: Ballots) -> "_Said":
        here = votes.drop_nulls("answer").join(kept.select("q", "question_id"), on="question_id").sort("q", "who")
        words: dict[tuple[int, str], str] = {}
        for q, answer, said in here.select("q", "answer", "said").iter_rows():
            words.setdefault((q, answer), said)
        spoken: dict[int, list[tuple[str, str]]] = {}
        ranked = doubts.sort("suspicion", "signal", descending=[True, False])
        for q, signal, reason, proposed, target in ranked.select(
            "q", "signal", "reason", "proposed", "proposed_target"
        ).iter_rows():
            spoken.setdefault(q, []).append((signal, reason))
            if proposed is not None:
                words.setdefault((q, proposed), target)
        codes = cast.answers.join(kept.select("q"), on="q", how="semi").select("q", "code", "answer")
        by_question = here.group_by("q", maintain_order=True).agg(pl.struct("who", "said"))
        return cls(
            evidence=dict(by_question.iter_rows()),
            words=words,
            keys={(q, code): answer for q, code, answer in codes.iter_rows()},
            doubts=spoken,
        )

    def written(self, q: int, code: int) -> str | None:
        """An answer in the words in which it was given; None if nobody gave it."""
        return self.words.get((q, self.keys.get((q, code), "")))


def _rows(
    rows: pl.DataFrame, kept: pl.DataFrame, said: _Said, cast: Ballots, judged: Judged
) -> Iterator[dict[str, object]]:
    all_targets: list[list[str]] = rows["targets"].to_list()
    ids: list[str] = rows["question_id"].to_list()
    wanted: list[int] = kept["q"].to_list()
    for q in wanted:
        proposed = said.written(q, int(judged.best[q]))
        reasons = [*said.doubts.get(q, []), *_of_the_committee(cast.said[q], int(judged.best[q]), proposed)]
        for side, near in ((0, q - 1), (1, q + 1)):
            if judged.exchanged[q, side] > LIKELY:
                proposed = all_targets[near][0]
                name = one_line(ids[near], 60)
                reasons.append((NEIGHBOUR, f"its label fits {name} beside it, whose label fits this question"))
        yield {
            "question_id": ids[q],
            "suspicion": float(judged.suspicion[q]),
            "flagged": bool(judged.flagged[q]),
            "signals": [signal for signal, _ in reasons],
            "reasons": [reason for _, reason in reasons],
            "targets": all_targets[q],
            "proposed_target": proposed,
            "evidence": said.evidence.get(q, []),
        }


def _of_the_committee(ballot: np.ndarray, best: int, answer: str | None) -> Iterator[tuple[str, str]]:
    """What the members say against a label, if any of them does."""
    if (ballot > 0).any():
        voted, agree, other = (int((kind).sum()) for kind in (ballot >= 0, ballot == 0, ballot == best))
        yield COMMITTEE, f"{other} of {voted} members say {one_line(answer or 'something else', 40)}, {agree} the label"

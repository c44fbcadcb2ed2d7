"""Suspects: one row per question against whose label something speaks, with who said what. Best first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from evalpipe.core.quoting import one_line
from evalpipe.labels.ballots import Ballots, ballots
from evalpipe.labels.committee import Opinion, opinion
from evalpipe.labels.schema import SUSPECTS
from evalpipe.labels.suspicion import LIKELY, Judged, judge

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
    found = list(_rows(rows, np.flatnonzero(kept), votes, placed, cast, judged))
    frame = pl.DataFrame(found, schema=SUSPECTS).sort("suspicion", "question_id", descending=[True, False])
    return Doubted(frame, cast, says, judged)


def _among_the_first(suspicion: np.ndarray, share: float) -> np.ndarray:
    first = np.zeros(len(suspicion), bool)
    first[np.argsort(-suspicion, kind="stable")[: round(share * len(suspicion))]] = True
    return first


def _rows(
    rows: pl.DataFrame, kept: np.ndarray, votes: pl.DataFrame, doubts: pl.DataFrame, cast: Ballots, judged: Judged
) -> Iterator[dict[str, object]]:
    chosen = rows[kept]
    here = votes.drop_nulls("answer").join(chosen.select("q", "question_id"), on="question_id").sort("q", "who")
    evidence: dict[int, object] = dict(
        here.group_by("q", maintain_order=True).agg(pl.struct("who", "said")).iter_rows()
    )
    words: dict[tuple[int, str], str | None] = {
        (q, answer): said for q, answer, said in here.select("q", "answer", "said").iter_rows()
    }
    keys = {
        (q, code): answer for q, code, answer in cast.answers.join(chosen.select("q"), on="q", how="semi").iter_rows()
    }
    spoken: dict[int, list[dict[str, object]]] = {}
    for doubt in doubts.sort("suspicion", "signal", descending=[True, False]).iter_rows(named=True):
        spoken.setdefault(doubt["q"], []).append(doubt)
        if doubt["proposed"] is not None:
            words.setdefault((doubt["q"], doubt["proposed"]), doubt["proposed_target"])
    labels: list[list[str]] = rows["targets"].to_list()
    ids: list[str] = rows["question_id"].to_list()
    for q, question_id, targets in chosen.select("q", "question_id", "targets").iter_rows():
        best = int(judged.best[q])
        rival: str | None = words.get((q, keys.get((q, best), "")))
        said = [(str(doubt["signal"]), str(doubt["reason"])) for doubt in spoken.get(q, ())]
        against = int((cast.said[q] > 0).sum())
        if against:
            voted, agree = int((cast.said[q] >= 0).sum()), int((cast.said[q] == 0).sum())
            other = one_line(rival or "something else", 40)
            most = f"{int((cast.said[q] == best).sum())} of {voted} members say {other}"
            said.append((COMMITTEE, f"{most}, {agree} what the label says ({_label(targets)})"))
        for side, near in ((0, q - 1), (1, q + 1)):
            if judged.exchanged[q, side] > LIKELY:
                rival = labels[near][0]
                name = one_line(ids[near], 60)
                said.append((NEIGHBOUR, f"its label and that of its neighbour {name} fit the other question each"))
        yield {
            "question_id": question_id,
            "suspicion": float(judged.suspicion[q]),
            "flagged": bool(judged.flagged[q]),
            "signals": [signal for signal, _ in said],
            "reasons": [reason for _, reason in said],
            "targets": targets,
            "proposed_target": rival,
            "evidence": evidence.get(q, []),
        }


def _label(targets: list[str]) -> str:
    return one_line(" or ".join(targets), 40)

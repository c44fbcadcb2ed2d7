"""Finding wrong labels in items, and how well it went: recall, precision, budget, calibration."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from benchmarks.planting import Item, planted
from evalpipe.labels import Bank, Doubted, doubted, doubts


def found(items: Sequence[Item], members: Iterable[str], *, solutions: bool = True) -> Doubted:
    """What evalpipe says about these items with this committee, all signals at work."""
    ids = [item.question_id for item in items]
    kind = "choice" if items[0].choices else "number"
    frame = pl.DataFrame(
        {
            "question_id": ids,
            "text": [item.text for item in items],
            "kind": [kind] * len(items),
            "subject": [item.subject for item in items],
            "choices": [list(item.choices) or None for item in items],
            "targets": [[item.label] for item in items],
            "worked_solution": [item.solution if solutions else None for item in items],
        },
        schema_overrides={"choices": pl.List(pl.String), "worked_solution": pl.String},
    )
    said = [
        (item.question_id, member, item.votes[member]) for item in items for member in members if member in item.votes
    ]
    votes = pl.DataFrame(said, schema=["question_id", "who", "answer"], orient="row").with_columns(said="answer")
    questions = frame.with_columns(labels="targets", n_options=pl.col("choices").list.len().fill_null(0))
    questions = questions.with_columns(position=pl.int_range(pl.len()))
    signalled = doubts(Bank(lambda: iter([frame]))).with_columns(proposed="proposed_target")
    return doubted(questions, votes, signalled)


@dataclass(frozen=True, slots=True)
class Found:
    """Arrays over items: suspicion, whether flagged, whether the label is wrong, whether the proposal is right."""

    suspicion: np.ndarray
    flagged: np.ndarray
    wrong: np.ndarray
    right_key: np.ndarray

    def recall_at(self, budget: float) -> float:
        return float(self.wrong[self._first(budget)].sum() / self.wrong.sum())

    def precision_at(self, budget: float) -> float:
        return float(self.wrong[self._first(budget)].mean())

    def recall(self) -> float:
        return float(self.flagged[self.wrong].mean())

    def precision(self) -> float:
        return float(self.wrong[self.flagged].mean())

    def key(self) -> float:
        return float(self.right_key[self.flagged & self.wrong].mean())

    def average_precision(self) -> float:
        hits = self.wrong[np.argsort(-self.suspicion, kind="stable")]
        return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())

    def calibration_error(self, bins: int = 15) -> float:
        """Expected calibration error, bins of equal width."""
        at = np.minimum((self.suspicion * bins).astype(int), bins - 1)
        parts = [(at == bin).nonzero()[0] for bin in range(bins)]
        gaps = [abs(self.suspicion[part].mean() - self.wrong[part].mean()) * len(part) for part in parts if len(part)]
        return float(sum(gaps) / len(at))

    def _first(self, budget: float) -> np.ndarray:
        return np.argsort(-self.suspicion, kind="stable")[: round(budget * len(self.suspicion))]


def judged(items: Sequence[Item], result: Doubted, wrong: np.ndarray | None = None) -> Found:
    proposed = dict(result.suspects.select("question_id", "proposed_target").iter_rows())
    return Found(
        suspicion=result.judged.suspicion,
        flagged=result.judged.flagged,
        wrong=np.array([item.wrong for item in items]) if wrong is None else wrong,
        right_key=np.array([proposed.get(item.question_id) == item.true_label for item in items]),
    )


def over_seeds(
    clean: Sequence[Item], members: Sequence[str], seeds: range, *, solutions: bool = True
) -> list[tuple[list[Item], Found]]:
    runs: list[tuple[list[Item], Found]] = []
    for seed in seeds:
        items = planted(clean, seed)
        runs.append((items, judged(items, found(items, members, solutions=solutions))))
    return runs


def mean(runs: Iterable[tuple[list[Item], Found]], measure: Callable[[Found], float]) -> float:
    return float(np.mean([measure(result) for _, result in runs]))


def kind_recall(runs: Sequence[tuple[list[Item], Found]], kind: str, budget: float) -> float:
    hits: list[bool] = []
    for items, result in runs:
        first = set(np.argsort(-result.suspicion, kind="stable")[: round(budget * len(items))].tolist())
        hits += [at in first for at, item in enumerate(items) if item.kind == kind]
    return float(np.mean(hits)) if hits else float("nan")

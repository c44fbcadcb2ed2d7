"""How far the models' accuracies still are from the truth when the first suspects were reviewed."""

from collections.abc import Sequence

import numpy as np

from benchmarks.finding import Found
from benchmarks.planting import Item, plain


def drift_left(items: Sequence[Item], result: Found, budget: float = 0.08) -> float:
    """Mean over all models of the absolute difference to the true accuracy, points, after the first were reviewed."""
    reviewed = set(np.argsort(-result.suspicion, kind="stable")[: round(budget * len(items))].tolist())
    truth = [item.true_label for item in items]
    after = [item.true_label if at in reviewed else item.label for at, item in enumerate(items)]
    return _difference(items, truth, after)


def real_drift(
    items: Sequence[Item], result: Found, keys: dict[str, str | None], status: dict[str, str], budget: float = 0.08
) -> float:
    """The same with the experts' verdicts: a wrong key becomes theirs, a question without right answer is left out."""
    reviewed = set(np.argsort(-result.suspicion, kind="stable")[: round(budget * len(items))].tolist())
    fine = ("ok", "kept")
    truth: list[str | None] = []
    for item in items:
        key = keys.get(item.question_id)
        truth.append(item.label if status[item.question_id] in fine else plain(key) or key if key else None)
    after = [right if at in reviewed else item.label for at, (item, right) in enumerate(zip(items, truth, strict=True))]
    return _difference(items, truth, after)


def _difference(items: Sequence[Item], truth: Sequence[str | None], after: Sequence[str | None]) -> float:
    models = sorted({model for item in items for model in item.votes})

    def accuracy(model: str, labels: Sequence[str | None]) -> float:
        counted = [item.votes.get(model) == label for item, label in zip(items, labels, strict=True) if label]
        return float(np.mean(counted))

    return 100 * float(np.mean([abs(accuracy(model, truth) - accuracy(model, after)) for model in models]))

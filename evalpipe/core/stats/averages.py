"""Averages over subjects: each subject's accuracy, and the macro average, in which each counts alike."""

import math

import numpy as np
import polars as pl
from numpy.typing import NDArray

from evalpipe.core.stats.accuracy import accuracy
from evalpipe.core.stats.clusters import Floats, cluster_codes, degrees
from evalpipe.core.stats.estimate import Z95, Estimate
from evalpipe.core.stats.proportion import wilson
from evalpipe.core.stats.quantiles import t_quantile


def accuracies(scores: pl.Series, subject: pl.Series, cluster: pl.Series | None = None) -> dict[object, Estimate]:
    """`accuracy` of each subject, in the order of the subjects' first questions.

    Args: as for `accuracy`; subject: shape (n,), no nulls.
    Raises: ValueError: as `accuracy`, or a null subject.
    """
    rows = _rows(scores, subject, cluster)
    parts = rows.partition_by("subject", maintain_order=True, as_dict=True)
    return {
        name: accuracy(part["score"], part["cluster"] if cluster is not None else None)
        for (name,), part in parts.items()
    }


def macro(scores: pl.Series, subject: pl.Series, cluster: pl.Series | None = None) -> Estimate:
    """Mean over subjects of their mean scores, with its standard error and 95% interval.

    What is random: the questions. The subjects are those of the bank, not a sample of subjects, so the error is that
    of the subjects' means alone: the root of the sum of their squared errors, over the number of subjects. A cluster
    that has questions in several subjects ties their errors together. A subject of one cluster cannot show its error;
    it gets that of one question of average difficulty.

    Args: as for `accuracies`. Returns: the interval is Wilson's on the number of independent questions with the same
        variance, with Student's t: a small subject counts as much as a large one, and shows its error badly.
    Raises: ValueError: as `accuracies`.
    Source: Cochran 1977, "Sampling Techniques", chapter 5, stratified means with equal weights; within each subject
        the CR2 adjustment of `clusters.clustered_mean`. Degrees of freedom: Welch 1947, "The generalization of
        'Student's' problem when several different population variances are involved" (Biometrika 34).
    """
    rows = _rows(scores, subject, cluster)
    values = rows["score"].to_numpy()
    subjects = cluster_codes(rows["subject"], len(values))
    codes = cluster_codes(rows["cluster"], len(values))
    sizes = np.bincount(subjects).astype(np.float64)
    count = len(sizes)
    means = np.bincount(subjects, values) / sizes
    value = math.fsum(means) / count
    # One cell for each cluster within each subject.
    cells, cell = np.unique(subjects * (codes.max() + 1) + codes, return_inverse=True)
    cell_sizes = np.bincount(cell).astype(np.float64)
    of_subject, of_cluster = np.divmod(cells, codes.max() + 1)
    share = cell_sizes / sizes[of_subject]
    alone = share >= 1
    sums = np.bincount(cell, values - means[subjects]) / sizes[of_subject]
    adjusted = np.where(alone, 0.0, sums / np.sqrt(np.where(alone, 1.0, 1 - share)))
    own = np.bincount(of_subject, adjusted**2)
    seen = float(np.sum(np.bincount(of_cluster, adjusted) ** 2))
    overall = math.fsum(values) / len(values)
    unseen = int(alone.sum()) * overall * (1 - overall)
    variance = (seen + unseen) / count**2
    # Were each cluster one question: so many questions would all subjects' means together be worth.
    worth = count**2 / float(np.sum(np.bincount(of_subject, share**2)))
    effective = value * (1 - value) / variance if variance > 0 else worth
    errors = np.where(np.bincount(of_subject, alone) > 0, overall * (1 - overall), own)
    free = min(_degrees(errors, cell_sizes, of_subject), max(1.0, float(codes.max())))
    interval = wilson(value, effective, reach=max(Z95, t_quantile(round(free, 2))))
    return Estimate(value, math.sqrt(variance), interval.low, interval.high)


def _degrees(errors: Floats, cell_sizes: Floats, of_subject: NDArray[np.int64]) -> float:
    """Degrees of freedom of the sum of the subjects' squared errors, shape (subjects,): Welch's, from Satterthwaite's
    of each (`clusters.degrees`). A subject of one cluster has one.
    """
    parts = [cell_sizes[of_subject == subject] for subject in range(len(errors))]
    each = np.array([degrees(sizes) if len(sizes) > 1 else 1.0 for sizes in parts])
    whole = float(np.sum(errors))
    return whole**2 / float(np.sum(errors**2 / each)) if whole > 0 else float(len(cell_sizes))


def _rows(scores: pl.Series, subject: pl.Series, cluster: pl.Series | None) -> pl.DataFrame:
    if len(subject) != len(scores) or (cluster is not None and len(cluster) != len(scores)):
        raise ValueError(f"{len(scores)} scores need a subject each, and a cluster each where there are clusters.")
    if not len(scores) or subject.null_count():
        raise ValueError("no scores, or one without a subject: give those without one a subject of their own.")
    if scores.null_count() or not scores.is_between(0, 1).all():
        raise ValueError("a score is null or outside [0, 1]. Decide what the unparsed count as before asking.")
    alone = pl.Series([None] * len(scores), dtype=pl.String)
    return pl.DataFrame(
        {"score": scores.cast(pl.Float64), "subject": subject, "cluster": alone if cluster is None else cluster}
    )

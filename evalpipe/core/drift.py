"""How much an accuracy moves when labels are reviewed, with its uncertainty: the same answers, scored twice."""

import math

import polars as pl

from evalpipe.core.stats import Z95, Estimate, t_quantile

# Two questions are imagined, one that the review makes right and one that it makes wrong (Bonett and Price 2012).
_IMAGINED = (1.0, -1.0)


def label_drift(
    official: pl.Series, raw: pl.Series, question: pl.Series, cluster: pl.Series | None = None
) -> Estimate | None:
    """Mean official score minus mean raw score, with a paired 95% interval; None where a review left no question.

    What is random: the questions, a sample of the kind of questions that the bank stands for. The interval says by how
    much the model's accuracy would move on other such questions, reviewed in the same way; on the questions at hand
    the drift is what it is.

    Args:
        official: shape (n,), in [0, 1]; null: the review left the question out. By the labels as reviewed.
        raw: shape (n,), in [0, 1], no nulls. By the labels as delivered.
        question: shape (n,). Several samples of one question share a value, and move together.
        cluster: shape (n,), no nulls, or None. Questions that share a passage share a value. It counts from two on.

    Returns: value and interval as differences of fractions, in [-1, 1]. Each mean is a ratio, as their questions are
        not the same ones, so each question enters with its linear share in the difference. A review changes few
        questions, where a normal interval is too short and without any change a point: two imagined questions keep it
        honest (with none of n changed it is about +-2.8/n). Clustered: the t interval over clusters.
    Raises: ValueError: lengths that differ, or no scores.
    Source: Bonett and Price 2012, "Adjusted Wald Confidence Interval for a Difference of Binomial Proportions Based on
        Paired Data" (JEBS 37), for few changes; Cochran 1977, "Sampling Techniques", chapter 6, for ratios; Miller
        2024, "Adding Error Bars to Evals" (arXiv 2411.00640), for paired differences and clusters.
    """
    if not len(raw) or len({len(official), len(raw), len(question)}) > 1:
        raise ValueError(
            f"{len(official)} official and {len(raw)} raw scores of {len(question)} questions; one of each is needed."
        )
    counted = official.drop_nulls()
    if counted.is_empty():
        return None
    n = len(raw)
    mean_official, mean_raw = _mean(counted), _mean(raw)
    value = mean_official - mean_raw
    rows = pl.DataFrame({"official": official, "raw": raw, "question": question})
    rows = rows if cluster is None else rows.with_columns(cluster=cluster)
    share = (pl.col("official") - mean_official).fill_null(0.0) * (n / len(counted)) - (pl.col("raw") - mean_raw)
    # In the order of the rows: sums that depend on threads would be another number each time.
    shares = rows.with_columns(share=share).group_by(rows.columns[2:], maintain_order=True).agg(pl.col("share").sum())
    units = shares["share"] * (shares.height / n)  # they add up to 0, whatever the number of samples
    enough = cluster is not None and 2 <= shares["cluster"].n_unique() < shares.height
    groups = shares["cluster"] if enough else shares["question"]
    stderr, centre = _adjusted(units, groups, value)
    reach = (t_quantile(groups.n_unique() - 1) if enough else Z95) * stderr
    return Estimate(value, stderr, max(-1.0, centre - reach), min(1.0, centre + reach))


def _adjusted(units: pl.Series, groups: pl.Series, value: float) -> tuple[float, float]:
    """Standard error and centre of the interval, with the imagined questions, each a group of its own."""
    n = len(units) + len(_IMAGINED)
    centre = value * len(units) / n
    residuals = pl.DataFrame({"group": groups, "residual": units + (value - centre)})
    sums = residuals.group_by("group", maintain_order=True).agg(pl.col("residual").sum())["residual"]
    few = sums.len() / (sums.len() - 1) if sums.len() < len(units) else 1.0
    squares = math.fsum(total**2 for total in sums) + math.fsum((each - centre) ** 2 for each in _IMAGINED)
    return math.sqrt(few * squares) / n, centre


def _mean(scores: pl.Series) -> float:
    return math.fsum(scores) / len(scores)

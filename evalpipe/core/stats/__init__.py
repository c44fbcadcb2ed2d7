"""Figures with their uncertainty: pure functions over polars series and numpy arrays, usable without Dagster."""

from evalpipe.core.stats.accuracy import accuracy
from evalpipe.core.stats.clusters import ClusteredMean, clustered_mean
from evalpipe.core.stats.estimate import Z95, Estimate, Interval
from evalpipe.core.stats.proportion import clopper_pearson, wilson
from evalpipe.core.stats.quantiles import beta_quantile, t_cdf, t_quantile

__all__ = [
    "Z95",
    "ClusteredMean",
    "Estimate",
    "Interval",
    "accuracy",
    "beta_quantile",
    "clopper_pearson",
    "clustered_mean",
    "t_cdf",
    "t_quantile",
    "wilson",
]

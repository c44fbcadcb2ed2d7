"""Figures with their uncertainty: pure functions over polars series and numpy arrays, usable without Dagster.

Which interval is used when, and how often it covers: docs/statistics.md.
"""

from evalpipe.core.stats.accuracy import accuracy, clustered_interval
from evalpipe.core.stats.averages import accuracies, macro
from evalpipe.core.stats.bootstrap import bootstrap
from evalpipe.core.stats.clusters import ClusteredMean, clustered_mean
from evalpipe.core.stats.estimate import Z95, Estimate, Interval
from evalpipe.core.stats.proportion import clopper_pearson, wilson
from evalpipe.core.stats.quantiles import beta_cdf, beta_quantile, t_cdf, t_quantile
from evalpipe.core.stats.shrinkage import Shrunk, shrink

__all__ = [
    "Z95",
    "ClusteredMean",
    "Estimate",
    "Interval",
    "Shrunk",
    "accuracies",
    "accuracy",
    "beta_cdf",
    "beta_quantile",
    "bootstrap",
    "clopper_pearson",
    "clustered_interval",
    "clustered_mean",
    "macro",
    "shrink",
    "t_cdf",
    "t_quantile",
    "wilson",
]

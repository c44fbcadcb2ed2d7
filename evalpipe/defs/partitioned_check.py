"""Asset checks of partitioned assets: a preview of Dagster's, wrapped in this one place."""

import warnings
from collections.abc import Callable
from typing import Any

import dagster as dg


def partitioned_check(
    **wanted: Any,  # noqa: ANN401  whatever dg.asset_check takes
) -> Callable[[Callable[..., dg.AssetCheckResult]], dg.AssetChecksDefinition]:
    """`dg.asset_check` for a partitioned asset. Partitioned checks are a preview of Dagster's and warn at each
    definition; this is the one place that says we know.
    """

    def define(function: Callable[..., dg.AssetCheckResult]) -> dg.AssetChecksDefinition:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dg.PreviewWarning)
            return dg.asset_check(**wanted)(function)

    return define

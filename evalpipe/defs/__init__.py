"""The only folder that imports Dagster: partitions, assets, checks, sensors. Thin: the work is done in `line`."""

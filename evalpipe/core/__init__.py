"""The domain: words, versions, statistics. Stdlib and polars only; no I/O, no Dagster."""

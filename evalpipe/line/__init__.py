"""The steps of the line as plain functions: each reads the lake, does one thing, writes the lake, and may run again.

No Dagster here: `defs` wraps these into assets, `cli` into verbs, tests call them as they are.
"""

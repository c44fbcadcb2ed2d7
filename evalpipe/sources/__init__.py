"""Where questions come from: folders of Parquet, JSONL and CSV files become questions and rejects."""

from evalpipe.sources.drop import READERS, nothing_readable, read_drop
from evalpipe.sources.rows import Delivered, Reject
from evalpipe.sources.spec import ColumnNames, DropSpec, load_spec

__all__ = [
    "READERS",
    "ColumnNames",
    "Delivered",
    "DropSpec",
    "Reject",
    "load_spec",
    "nothing_readable",
    "read_drop",
]

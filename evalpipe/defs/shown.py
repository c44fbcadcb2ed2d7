"""What an asset shows beside its name: column schemas, Markdown tables, a small plot. Hostile text is escaped here."""

from collections.abc import Iterable, Mapping, Sequence

import dagster as dg
import polars as pl

from evalpipe.core.quoting import markdown_cell
from evalpipe.store.tables import TABLES

BAR_WIDTH = 24
DIGITS = 4  # of a share: a hundredth of a point


def column_schema(table: str) -> dg.TableSchema:
    """The table's columns as Dagster shows them."""
    return dg.TableSchema([dg.TableColumn(name, str(kind)) for name, kind in TABLES[table].columns.items()])


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> dg.MarkdownMetadataValue:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    return dg.MetadataValue.md("\n".join(lines))


def sample_table(frame: pl.DataFrame, columns: Sequence[str], rows: int = 5) -> dg.MarkdownMetadataValue:
    """The first rows of a frame."""
    return markdown_table(columns, frame.select(columns).head(rows).iter_rows())


def bars(counts: Mapping[str, int]) -> dg.MarkdownMetadataValue:
    """A bar a count, the longest `BAR_WIDTH` characters."""
    most = max([*counts.values(), 1])
    shown = {name: count for name, count in counts.items() if count}
    return markdown_table(
        ("", "count", ""), [(name, count, "█" * round(BAR_WIDTH * count / most)) for name, count in shown.items()]
    )


def rounded(share: float) -> float:
    """A share as a person reads it; Dagster shows all sixteen digits."""
    return round(share, DIGITS)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return markdown_cell("; ".join(str(each) for each in value))
    return markdown_cell(str(value))

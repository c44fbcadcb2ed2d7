"""The question table's own rules, run by Great Expectations: types, nulls, ranges, uniqueness.

Edit SUITE to ask more of the table: an expectation's class in `great_expectations.expectations` and its arguments,
over the columns of `narrow`. Nothing here doubts a label; that is what the signals do.
"""

import importlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from evalpipe.core.questions import KINDS, LETTERS
from evalpipe.core.quoting import one_line

_DIGEST = r"^[0-9a-f]{32}$"

SUITE: list[tuple[str, dict[str, Any]]] = [
    ("ExpectColumnValuesToBeOfType", {"column": "question_id", "type_": "str"}),
    ("ExpectColumnValuesToNotBeNull", {"column": "question_id"}),
    ("ExpectColumnValuesToBeBetween", {"column": "rows_with_id", "min_value": 1, "max_value": 1}),  # ids are unique
    ("ExpectColumnValuesToNotBeNull", {"column": "text_length"}),  # null where the text is
    ("ExpectColumnValuesToBeBetween", {"column": "text_length", "min_value": 1, "max_value": 1_000_000}),
    ("ExpectColumnValuesToNotBeNull", {"column": "kind"}),
    ("ExpectColumnValuesToBeInSet", {"column": "kind", "value_set": list(KINDS)}),
    ("ExpectColumnValuesToNotBeNull", {"column": "n_choices"}),
    ("ExpectColumnValuesToBeBetween", {"column": "n_choices", "min_value": 0, "max_value": len(LETTERS)}),
    ("ExpectColumnValuesToNotBeNull", {"column": "n_targets"}),
    ("ExpectColumnValuesToNotBeNull", {"column": "question_version"}),
    ("ExpectColumnValuesToMatchRegex", {"column": "question_version", "regex": _DIGEST}),
    ("ExpectColumnValuesToNotBeNull", {"column": "label_version"}),
    ("ExpectColumnValuesToMatchRegex", {"column": "label_version", "regex": _DIGEST}),
]

# What `narrow` reads; the table may have more columns.
COLUMNS = ("question_id", "text", "kind", "choices", "targets", "question_version", "label_version")
MAX_SAMPLE = 5  # unexpected values shown per expectation


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """One expectation of one column. `unexpected` counts rows; it is None where the expectation could not be judged
    by rows (a wrong column type). `sample` shows a few unexpected values, safe to print."""

    expectation: str
    column: str
    passed: bool
    unexpected: int | None
    sample: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpectationReport:
    """All results in the order of the suite; `rows` is how many were looked at."""

    passed: bool
    results: tuple[ExpectationResult, ...]
    rows: int
    seconds: float


def run_expectations(frame: pl.DataFrame | pl.LazyFrame, max_rows: int = 200_000) -> ExpectationReport:
    """Run SUITE over a question table; of a longer one over a fixed random sample of `max_rows` rows.

    A lazy frame is read in the columns COLUMNS alone. `rows_with_id` counts over the whole table, sampled or not.
    Importing Great Expectations takes 3-8 s, so it happens here. It sends nothing, writes nothing, prints nothing.

    Raises: ValueError: a column of COLUMNS is missing.
    """
    started = time.monotonic()
    table = narrow(frame)
    if table.height > max_rows:
        table = table.sample(max_rows, seed=0)
    results = tuple(_result(raw) for raw in _validated(table))
    return ExpectationReport(
        passed=all(result.passed for result in results),
        results=results,
        rows=table.height,
        seconds=time.monotonic() - started,
    )


def narrow(frame: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """The question table without its long columns: ids, kinds, versions, and the lengths of the rest."""
    lazy = frame.lazy()
    if missing := [column for column in COLUMNS if column not in lazy.collect_schema()]:
        raise ValueError(f"the question table lacks {', '.join(missing)}")
    return lazy.select(
        "question_id",
        "kind",
        "question_version",
        "label_version",
        pl.col("text").str.len_chars().cast(pl.Int64).alias("text_length"),
        pl.col("choices").list.len().cast(pl.Int64).alias("n_choices"),
        pl.col("targets").list.len().cast(pl.Int64).alias("n_targets"),
        pl.len().over("question_id").cast(pl.Int64).alias("rows_with_id"),
    ).collect()


def _validated(table: pl.DataFrame) -> list[Any]:
    # Typed in parts only, hence Any; loaded by name, because only this function may pay for them.
    gx: Any = importlib.import_module("great_expectations")
    expectations: Any = importlib.import_module("great_expectations.expectations")
    settings: Any = importlib.import_module("great_expectations.data_context.types.base")
    pandas: Any = importlib.import_module("pandas")

    context: Any = gx.get_context(mode="ephemeral")
    context.enable_analytics(False)
    context.variables.progress_bars = settings.ProgressBarsConfig(globally=False)
    suite = gx.ExpectationSuite(
        name="question_table",
        expectations=[
            getattr(expectations, name)(**arguments, meta={"at": at}) for at, (name, arguments) in enumerate(SUITE)
        ],
    )
    source = context.data_sources.add_pandas("memory")
    batches = source.add_dataframe_asset("question_table").add_batch_definition_whole_dataframe("all")
    columns = {
        column.name: pandas.Series(column.to_list(), dtype="str" if column.dtype == pl.String else None)
        for column in table
    }
    whole = batches.get_batch({"dataframe": pandas.DataFrame(columns)})
    raw: list[Any] = whole.validate(suite).results
    return sorted(raw, key=lambda one: one.expectation_config.meta["at"])


def _result(raw: Any) -> ExpectationResult:  # noqa: ANN401 - Great Expectations' own result
    at: int = raw.expectation_config.meta["at"]
    name, arguments = SUITE[at]
    found: Mapping[str, Any] = raw.result
    values = found.get("partial_unexpected_list") or [found[key] for key in ("observed_value",) if not raw.success]
    return ExpectationResult(
        expectation=name,
        column=str(arguments["column"]),
        passed=bool(raw.success),
        unexpected=found.get("unexpected_count"),
        sample=tuple(one_line(str(value), 60) for value in values[:MAX_SAMPLE]),
    )

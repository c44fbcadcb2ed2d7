"""The checks between the assets. A blocking one stops what lies behind it; the others say what a person should see."""

from typing import Any

import dagster as dg
import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line
from evalpipe.defs.ingest_assets import raw_questions, validated_questions
from evalpipe.defs.judge_assets import judge_check
from evalpipe.defs.label_checks import LABEL_CHECKS
from evalpipe.defs.partitioned_check import partitioned_check
from evalpipe.defs.partitions import cell_of, cells, drops
from evalpipe.defs.shown import markdown_table
from evalpipe.line.drops import ingested
from evalpipe.line.project import Project
from evalpipe.line.rank import latest_leaderboard
from evalpipe.line.score import count_outcomes
from evalpipe.telemetry.progress import Progress

MANY_REJECTED = 0.01  # share of a drop's rows; one broken line in a hundred is worth a look at the file
MANY_UNPARSED = 0.20  # share of a cell's answers; beyond it the prompt or the extraction is likely at fault
EXPECTED_ROWS = 200_000  # the suite looks at the first rows of a drop: pandas would not fit 2 million in 2 GB


@partitioned_check(asset=raw_questions, partitions_def=drops)
def rows_could_be_read(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> dg.AssetCheckResult:
    """At most 1% of the drop's rows were rejected."""
    state = ingested(project, context.partition_key)
    rejected, rows = int(str(state["n_rejected"])), int(str(state["raw_rows"]))
    return dg.AssetCheckResult(
        passed=rejected <= MANY_REJECTED * rows,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"rejected": rejected, "rows": rows},
        description=f"{rejected:,} of {rows:,} rows could not be read; table `rejects` says which and why.",
    )


@partitioned_check(asset=raw_questions, partitions_def=drops)
def expectations(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project], progress: dg.ResourceParam[Progress]
) -> dg.AssetCheckResult:
    """The question table meets the Great Expectations suite in `labels/expectations.py`."""
    from evalpipe.labels.expectations import run_expectations

    here = pl.col("drop") == context.partition_key
    rows = project.lake.scan("raw_questions").filter(here).head(EXPECTED_ROWS).collect()
    progress.start("checking the question table", None)
    report = run_expectations(rows)
    progress.finish()
    shown = [(each.expectation, each.column, each.passed, each.unexpected) for each in report.results]
    return dg.AssetCheckResult(
        passed=report.passed,
        metadata={
            "rows": report.rows,
            "seconds": report.seconds,
            "results": markdown_table(("expectation", "column", "passed", "unexpected"), shown),
        },
    )


@partitioned_check(asset=validated_questions, partitions_def=drops, blocking=True)
def no_question_was_lost(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> dg.AssetCheckResult:
    """Rows delivered = questions + quarantined + rejected, counted in the tables. Blocking: a hole is never scored."""
    drop = context.partition_key
    here = pl.col("drop") == drop
    counted = {
        table: int(project.lake.scan(table).filter(here).select(pl.len()).collect().item())
        for table in ("questions", "quarantine", "rejects")
    }
    rows = int(str(ingested(project, drop)["raw_rows"]))
    return dg.AssetCheckResult(passed=sum(counted.values()) == rows, metadata={"rows_delivered": rows, **counted})


def cell_checks(assets: list[dg.AssetsDefinition], models: list[str]) -> list[dg.AssetChecksDefinition]:
    """The checks of the cell assets, whose partitions follow the configured models."""
    answers = cells(models)
    model_answers, scores, leaderboard, *judging = assets

    @partitioned_check(asset=model_answers, partitions_def=answers, blocking=True)
    def every_question_answered(
        context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
    ) -> dg.AssetCheckResult:
        """At most `max_failed_fraction` of what was asked failed. Blocking: a cell with holes is not scored."""
        row = _cell_row(project, context.partition_key)
        failed, asked = row["n_failed"], row["n_asked"]
        limit = project.config.file.answers.max_failed_fraction
        why = _most_frequent_error(project, context.partition_key) if failed else ""
        return dg.AssetCheckResult(
            passed=row["n_questions"] > 0 and failed <= limit * asked,
            metadata={"failed": failed, "asked": asked, "questions": row["n_questions"], "limit": limit},
            description=f"{failed:,} of {asked:,} asked questions failed; the limit is {limit:.0%}.{why}",
        )

    @partitioned_check(asset=scores, partitions_def=answers)
    def outcomes_add_up(
        context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
    ) -> dg.AssetCheckResult:
        """Every asked question has exactly one score row a sample, and exactly one outcome."""
        rows = _score_rows(project, context.partition_key)
        samples = project.config.models[cell_of(context.partition_key).model].samples
        asked = _cell_row(project, context.partition_key)["n_asked"]
        distinct = rows.select("question_id", "sample").n_unique()
        counts = count_outcomes(rows)
        passed = samples * asked == rows.height == distinct == sum(counts.values())
        return dg.AssetCheckResult(passed=passed, metadata={"asked": asked, "rows": rows.height, **counts})

    @partitioned_check(asset=scores, partitions_def=answers)
    def answers_could_be_read(
        context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
    ) -> dg.AssetCheckResult:
        """At most a fifth of the answers is unparsed."""
        counts = count_outcomes(_score_rows(project, context.partition_key))
        answered = counts["right"] + counts["wrong"] + counts["unparsed"]
        return dg.AssetCheckResult(
            passed=counts["unparsed"] <= MANY_UNPARSED * answered,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"unparsed": counts["unparsed"], "answered": answered},
        )

    @dg.asset_check(asset=leaderboard)
    def nothing_is_missing(project: dg.ResourceParam[Project]) -> dg.AssetCheckResult:
        """Every model has been asked every question of its banks, by today's versions."""
        rows = latest_leaderboard(project).filter(
            pl.col("subject").is_null(), pl.col("partial") | (pl.col("failed") > 0)
        )
        shown = rows.select("model", "bank", "not_asked", "other_versions", "failed").iter_rows()
        table = [(from_key(model), *rest) for model, *rest in shown]
        return dg.AssetCheckResult(
            passed=not table,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"missing": markdown_table(("model", "bank", "not asked", "other versions", "failed"), table)},
        )

    judged = [judge_check(each, models) for each in judging]
    return [every_question_answered, outcomes_add_up, answers_could_be_read, nothing_is_missing, *judged]


INGEST_CHECKS = [rows_could_be_read, expectations, *LABEL_CHECKS, no_question_was_lost]


def _cell_row(project: Project, partition_key: str) -> dict[str, Any]:
    cell = cell_of(partition_key)
    rows = project.lake.read("cells", (pl.col("model") == cell.model) & (pl.col("shard") == cell.shard))
    if rows.is_empty():
        return {"n_failed": 0, "n_asked": 0, "n_questions": 0}
    return rows.row(0, named=True)


def _most_frequent_error(project: Project, partition_key: str) -> str:
    cell = cell_of(partition_key)
    here = (pl.col("model") == cell.model) & (pl.col("shard") == cell.shard) & (pl.col("outcome") == "failed")
    errors = project.lake.read("answers", here, ["error"])["error"].drop_nulls()
    return f" Most often: {one_line(errors.mode().sort()[0], 200)}" if not errors.is_empty() else ""


def _score_rows(project: Project, partition_key: str) -> pl.DataFrame:
    cell = cell_of(partition_key)
    return project.lake.read("scores", (pl.col("model") == cell.model) & (pl.col("shard") == cell.shard))

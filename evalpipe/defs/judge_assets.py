"""judge_verdicts: the asset is there where a bank has the scorer `judge`; scores then wait for it."""

from typing import Any

import dagster as dg

from evalpipe.core.keys import from_key
from evalpipe.defs.ingest_assets import shard_labels
from evalpipe.defs.jobs import JUDGES
from evalpipe.defs.partitioned_check import partitioned_check
from evalpipe.defs.partitions import cell_of, cells
from evalpipe.defs.shown import bars, column_schema, markdown_table
from evalpipe.line.judge import JudgeSummary, judge_cell, judge_trouble
from evalpipe.line.project import Project, made_by
from evalpipe.telemetry.progress import Progress

POOL = "endpoint"


def judge_asset(models: list[str]) -> dg.AssetsDefinition:
    """The asset for these model keys; their partitions are part of the definition."""

    @dg.asset(
        partitions_def=cells(models),
        deps=[dg.AssetKey("model_answers"), shard_labels],
        group_name="line",
        kinds={"deltalake", "openai"},
        code_version="1",
        pool=POOL,
        tags=JUDGES,
        metadata={"dagster/column_schema": column_schema("answers")},
    )
    def judge_verdicts(
        context: dg.AssetExecutionContext, project: dg.ResourceParam[Project], progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult:
        """A judge's verdict on each answer of a cell whose bank has one. Only what was never judged is asked."""
        cell = cell_of(context.partition_key)
        summary = judge_cell(project, cell.model, cell.shard, made_by(context.run.run_id), progress)
        context.log.info(_line(summary))
        return dg.MaterializeResult(metadata=_metadata(summary))

    return judge_verdicts


def judge_check(asset: dg.AssetsDefinition, models: list[str]) -> dg.AssetChecksDefinition:
    """The check of the asset; its partitions follow the configured models."""

    @partitioned_check(asset=asset, partitions_def=cells(models), blocking=True)
    def every_answer_judged(
        context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
    ) -> dg.AssetCheckResult:
        """At most `max_failed_fraction` of the answers lack a verdict. Blocking: a cell with holes is not scored."""
        cell = cell_of(context.partition_key)
        trouble = judge_trouble(project, cell.model, cell.shard)
        return dg.AssetCheckResult(passed=trouble is None, description=trouble or "The judge judged all it was given.")

    return every_answer_judged


def _line(summary: JudgeSummary) -> str:
    """The one log line of a shard."""
    if not summary.judges:
        return f"{from_key(summary.model)} {summary.shard}: {summary.bank} has no judge"
    return (
        f"{from_key(summary.model)} {summary.shard}: {summary.to_judge:,} answers judged by "
        f"{', '.join(from_key(each) for each in summary.judges)} ({summary.read:,} verdicts, {summary.unreadable:,} "
        f"unreadable, {summary.failed:,} failed); {summary.sent:,} sent, {summary.cost_usd:.4f} USD"
    )


def _metadata(summary: JudgeSummary) -> dict[str, Any]:
    counts = {"read": summary.read, "unreadable": summary.unreadable, "failed": summary.failed}
    rows = [each.row for each in summary.agreements.values() if each]
    columns = ("judge", "kind", "agreement", "agreement_low", "agreement_high", "kappa", "n_compared", "n_labelled")
    return {
        "dagster/row_count": summary.to_judge,
        "bank": summary.bank,
        "verdicts": bars(counts),
        **counts,
        "requests_sent": summary.sent,
        "cache_hits": summary.hits,
        "joined": summary.joined,
        "retries": summary.retries,
        "prompt_tokens": summary.prompt_tokens,
        "completion_tokens": summary.completion_tokens,
        "cost_usd": summary.cost_usd,
        "seconds": summary.seconds,
        "agreement_with_people": markdown_table(columns, [[row[name] for name in columns] for row in rows]),
        "never_compared_with_people": sum(each is None for each in summary.agreements.values()),
    }

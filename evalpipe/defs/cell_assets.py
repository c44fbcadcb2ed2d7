"""The assets that work on cells: model_answers and scores; and the leaderboard that is made from them."""

from typing import Any

import dagster as dg
from pydantic import Field

from evalpipe.core.keys import from_key
from evalpipe.defs.board import board_metadata
from evalpipe.defs.ingest_assets import question_shards, shard_labels
from evalpipe.defs.judge_assets import POOL, judge_asset
from evalpipe.defs.partitions import cell_of, cells
from evalpipe.defs.shown import bars, column_schema
from evalpipe.line.answer import AnswerSummary, Asking, answer_cell
from evalpipe.line.project import Project, made_by
from evalpipe.line.rank import refresh_leaderboard
from evalpipe.line.score import score_cell
from evalpipe.telemetry.progress import Progress


class AskingConfig(dg.Config):
    """How much of the cell to ask. What is left out stays out, and the cell is shown as partial."""

    sample_below: float = Field(default=1.0, ge=0, le=1, description="Ask the questions whose draw is below this.")
    max_requests: int | None = Field(default=None, ge=1, description="Send at most so many requests in this run.")


def cell_assets(models: list[str], judging: bool = False) -> list[dg.AssetsDefinition]:
    """The assets for these model keys; their partitions are part of the definition. `judging`: some bank has a judge,
    and its verdicts are an asset of their own, the last of the list.
    """
    answers = cells(models)
    judge_verdicts = judge_asset(models) if judging else None

    @dg.asset(
        partitions_def=answers,
        deps=[question_shards],
        group_name="line",
        kinds={"deltalake", "openai"},
        code_version="2",
        pool=POOL,
        metadata={"dagster/column_schema": column_schema("answers")},
    )
    def model_answers(
        context: dg.AssetExecutionContext,
        config: AskingConfig,
        project: dg.ResourceParam[Project],
        progress: dg.ResourceParam[Progress],
    ) -> dg.MaterializeResult:
        """One answer per question of the shard. Running it again asks only for what is missing."""
        cell = cell_of(context.partition_key)
        asking = Asking(config.sample_below, config.max_requests)
        summary = answer_cell(project, cell.model, cell.shard, made_by(context.run.run_id), progress, asking)
        context.log.info(_line(summary))
        return dg.MaterializeResult(metadata=_answer_metadata(summary))

    @dg.asset(
        partitions_def=answers,
        deps=[model_answers, *([judge_verdicts] if judge_verdicts else []), shard_labels],
        group_name="line",
        kinds={"deltalake", "polars"},
        code_version="1",
        metadata={"dagster/column_schema": column_schema("scores")},
    )
    def scores(
        context: dg.AssetExecutionContext, project: dg.ResourceParam[Project], progress: dg.ResourceParam[Progress]
    ) -> dg.MaterializeResult:
        """One score per asked question of the shard, by today's labels and scorers. Sends no request."""
        cell = cell_of(context.partition_key)
        summary = score_cell(project, cell.model, cell.shard, made_by(context.run.run_id), progress)
        context.log.info(
            f"{context.partition_key}: " + ", ".join(f"{n:,} {name}" for name, n in summary.counts.items() if n)
        )
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": summary.questions - summary.counts["not_asked"],
                "bank": summary.bank,
                "outcomes": bars(summary.counts),
                **summary.counts,
            }
        )

    @dg.asset(
        deps=[scores],
        group_name="line",
        kinds={"deltalake", "polars"},
        code_version="1",
        metadata={"dagster/column_schema": column_schema("leaderboard")},
    )
    def leaderboard(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> dg.MaterializeResult:
        """Per bank: accuracy with its interval by model and subject, every denominator, and what labels do to it."""
        summary = refresh_leaderboard(project, made_by(context.run.run_id))
        height = summary.rows.filter(summary.rows["subject"].is_null()).height
        context.log.info(f"leaderboard: {height} rows, {'changed' if summary.changed else 'as before'}")
        return dg.MaterializeResult(metadata=board_metadata(summary))

    return [model_answers, scores, leaderboard, *([judge_verdicts] if judge_verdicts else [])]


def _line(summary: AnswerSummary) -> str:
    """The one log line of a shard."""
    counts = ", ".join(f"{count:,} {outcome}" for outcome, count in summary.outcomes.items() if count)
    found = [
        (summary.known, "known"),
        (summary.hits, "from the cache"),
        (summary.joined, "joined"),
        (summary.taken_over, "from a broken run"),
        (summary.retries, "retries"),
        (summary.pushed_back, "pushed back"),
    ]
    facts = [f"{summary.sent:,} sent", *(f"{n:,} {what}" for n, what in found if n)]
    if summary.latency_p50_s is not None and summary.latency_p99_s is not None:
        facts.append(f"p50 {summary.latency_p50_s:.3f} s, p99 {summary.latency_p99_s:.3f} s")
    tokens = summary.prompt_tokens + summary.completion_tokens
    facts += [f"{summary.rate_per_s:,.1f}/s", f"{tokens:,} tokens", f"{summary.cost_usd:.4f} USD"]
    return (
        f"{from_key(summary.model)} {summary.shard}: {summary.asked:,} of {summary.questions:,} questions "
        f"({counts or 'none'}); {', '.join(facts)}"
    )


def _answer_metadata(summary: AnswerSummary) -> dict[str, Any]:
    return {
        "dagster/row_count": sum(summary.outcomes.values()),
        "questions": summary.questions,
        "outcomes": bars(summary.outcomes),
        **summary.outcomes,
        "requests_sent": summary.sent,
        "tries": summary.tries,
        "already_known": summary.known,
        "cache_hits": summary.hits,
        "joined": summary.joined,
        "taken_over": summary.taken_over,
        "retries": summary.retries,
        "pushed_back": summary.pushed_back,
        "prompt_tokens": summary.prompt_tokens,
        "completion_tokens": summary.completion_tokens,
        "cost_usd": summary.cost_usd,
        "latency_p50_s": summary.latency_p50_s,
        "latency_p99_s": summary.latency_p99_s,
        "rate_per_s": summary.rate_per_s,
        "seconds": summary.seconds,
    }

"""committee_answers: the asset there is where `[labels] committee` names models; label_doubts then waits for it."""

from typing import Any

import dagster as dg

from evalpipe.core.keys import from_key
from evalpipe.defs.cell_assets import POOL, AskingConfig
from evalpipe.defs.checks import partitioned_check
from evalpipe.defs.ingest_assets import raw_questions
from evalpipe.defs.partitions import seat_of, seats
from evalpipe.defs.shown import bars, column_schema
from evalpipe.line.answer import Asking
from evalpipe.line.committee import CommitteeSummary, answer_committee, member_trouble
from evalpipe.line.project import Project, made_by
from evalpipe.telemetry.progress import Progress


def committee_asset(members: list[str]) -> dg.AssetsDefinition:
    """The asset for these model keys; their partitions are part of the definition."""

    @dg.asset(
        partitions_def=seats(members),
        deps=[raw_questions],
        group_name="line",
        kinds={"deltalake", "openai"},
        code_version="1",
        pool=POOL,
        metadata={"dagster/column_schema": column_schema("committee_answers")},
    )
    def committee_answers(
        context: dg.AssetExecutionContext,
        config: AskingConfig,
        project: dg.ResourceParam[Project],
        progress: dg.ResourceParam[Progress],
    ) -> dg.MaterializeResult:
        """What a member of the committee says about each question of a drop. Only what it was never asked is sent."""
        seat = seat_of(context.partition_key)
        asking = Asking(config.sample_below, config.max_requests)
        summary = answer_committee(project, seat.member, seat.drop, made_by(context.run.run_id), progress, asking)
        context.log.info(_line(summary))
        if trouble := member_trouble(project, seat.member, seat.drop):
            context.log.warning(f"{from_key(seat.member)} on {from_key(seat.drop)}: {trouble}")
        return dg.MaterializeResult(metadata=_metadata(summary))

    return committee_answers


def committee_check(committee_answers: dg.AssetsDefinition, members: list[str]) -> dg.AssetChecksDefinition:
    """The check of the asset for these members."""

    @partitioned_check(asset=committee_answers, partitions_def=seats(members))
    def committee_member_answered(
        context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
    ) -> dg.AssetCheckResult:
        """Some answer could be read, and at most `max_failed_fraction` failed. Doubts go on with what there is."""
        seat = seat_of(context.partition_key)
        trouble = member_trouble(project, seat.member, seat.drop)
        return dg.AssetCheckResult(
            passed=trouble is None, severity=dg.AssetCheckSeverity.WARN, description=trouble or "as it should be"
        )

    return committee_member_answered


def doubts_by_committee(
    label_doubts: dg.AssetsDefinition, committee_answers: dg.AssetsDefinition
) -> dg.AssetsDefinition:
    """`label_doubts` that depends on all members' answers to its drop as well.

    Dagster infers that `drop` is the dimension they share; to name it is to be warned of a beta at every start.
    """
    return label_doubts.map_asset_specs(lambda spec: spec.merge_attributes(deps=[committee_answers]))


def _line(summary: CommitteeSummary) -> str:
    """The one log line of a member and drop."""
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
    tokens = summary.prompt_tokens + summary.completion_tokens
    return (
        f"committee member {from_key(summary.member)} on {from_key(summary.drop)}: an answer could be read of "
        f"{summary.answered:,} of {summary.questions:,} questions ({counts or 'none'}); {', '.join(facts)}, "
        f"{tokens:,} tokens, {summary.cost_usd:.4f} USD"
    )


def _metadata(summary: CommitteeSummary) -> dict[str, Any]:
    return {
        "dagster/row_count": summary.questions,
        "bank": summary.bank,
        "answered": summary.answered,
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
        "seconds": summary.seconds,
    }

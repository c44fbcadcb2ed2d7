"""The assets that decide about drops: raw_questions, label_doubts, validated_questions, and the two reported ones.

Keyed by drop, one drop a run: the gate is a check, and a check of a run over several partitions gives one verdict.
"""

import dagster as dg
import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.defs.partitions import drops, shards
from evalpipe.defs.reporting import report_shards
from evalpipe.defs.shown import bars, column_schema, markdown_table, rounded, sample_table
from evalpipe.line.doubt import doubt_drop
from evalpipe.line.ingest import ingest_drop
from evalpipe.line.project import Project, made_by
from evalpipe.line.validate import validate_drop
from evalpipe.telemetry.progress import Progress


@dg.asset(
    partitions_def=drops,
    group_name="line",
    kinds={"deltalake", "polars"},
    code_version="1",
    metadata={"dagster/column_schema": column_schema("raw_questions")},
)
def raw_questions(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """The questions of a drop: read once, typed, cleaned, with ids and versions; bad rows set aside with a reason."""
    drop = context.partition_key
    summary = ingest_drop(project, drop, made_by(context.run.run_id), progress)
    here = pl.col("drop") == drop
    counts = {"questions": summary.questions, "quarantined": summary.quarantined, "rejected": summary.rejected}
    rejects = project.lake.read("rejects", here)
    quarantine = project.lake.read("quarantine", here, ["file", "line", "question_id", "code", "reason"])
    context.log.info(f"{drop}: {summary.raw_rows:,} rows, " + ", ".join(f"{n:,} {name}" for name, n in counts.items()))
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": summary.questions,
            "bank": summary.bank,
            "shards": summary.shards,
            "rows": bars(counts),
            "first_questions": sample_table(_head(project, drop), ["question_id", "kind", "text", "targets"]),
            "rejects": sample_table(rejects, ["file", "line", "reason"], rows=20),
            "quarantine": sample_table(quarantine, ["file", "line", "question_id", "code", "reason"], rows=20),
        },
    )


@dg.asset(
    partitions_def=drops,
    deps=[raw_questions],
    group_name="line",
    kinds={"deltalake", "polars"},
    code_version="1",
    metadata={"dagster/column_schema": column_schema("suspects")},
)
def label_doubts(
    context: dg.AssetExecutionContext, project: dg.ResourceParam[Project], progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """Questions whose label is doubted, most suspect first, with reasons. A doubt changes no score; a review does."""
    drop = context.partition_key
    progress.start("looking for doubtful labels", None)
    summary = doubt_drop(project, drop, made_by(context.run.run_id))
    progress.finish()
    suspects = project.lake.read("suspects", pl.col("drop") == drop)
    context.log.info(f"{drop}: {summary.flagged:,} of {summary.questions:,} labels flagged; {summary.verdict.message}")
    members = [(from_key(name), accuracy) for name, accuracy in sorted(summary.accuracy.items())]
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": summary.suspects,
            "flagged": summary.flagged,
            "flagged_share": rounded(summary.flagged / summary.questions if summary.questions else 0.0),
            "by_signal": bars(summary.by_signal),
            "members": markdown_table(("member", "estimated accuracy"), members),
            "most_suspect": sample_table(
                suspects, ["question_id", "suspicion", "flagged", "reasons", "targets", "proposed_target"], rows=20
            ),
        },
    )


# Written and reported by `evalpipe labels review`, `evalpipe run` and the sensor: a person's doing, and no run's.
label_reviews = dg.AssetSpec(
    "label_reviews",
    partitions_def=drops,
    group_name="line",
    kinds={"deltalake"},
    description="Verdicts of people on questions of a drop; append-only. Reported when a file brought new ones.",
    metadata={"dagster/column_schema": column_schema("label_reviews")},
)


@dg.asset(
    partitions_def=drops,
    deps=[label_doubts, label_reviews],
    group_name="line",
    kinds={"deltalake", "polars"},
    code_version="1",
    metadata={"dagster/column_schema": column_schema("questions")},
)
def validated_questions(context: dg.AssetExecutionContext, project: dg.ResourceParam[Project]) -> dg.MaterializeResult:
    """Questions that models may be asked: reviews applied, shards registered and reported where they changed."""
    drop = context.partition_key
    summary = validate_drop(project, drop, made_by(context.run.run_id))
    reported = report_shards(context.instance, summary.shards, context.log.info)
    context.log.info(f"{drop}: {summary.questions:,} questions in {summary.shards.height} shards")
    shown = summary.shards.select("shard", "n_questions", "kinds")
    return dg.MaterializeResult(
        metadata={
            "dagster/row_count": summary.questions,
            "bank": summary.bank,
            "reviewed": summary.reviewed,
            "excluded": summary.excluded,
            "shards_with_changed_questions": reported.questions,
            "shards_with_changed_labels": reported.labels,
            "shards": markdown_table(shown.columns, shown.head(50).iter_rows()),
        },
    )


# Reported by `validated_questions`, never run: they carry a change of a drop to the cells that it concerns.
question_shards = dg.AssetSpec(
    "question_shards",
    partitions_def=shards,
    deps=[validated_questions],
    group_name="line",
    description="The questions of a shard as models see them. Reported when one of them changed.",
)
shard_labels = dg.AssetSpec(
    "shard_labels",
    partitions_def=shards,
    deps=[validated_questions],
    group_name="line",
    description="The labels of a shard. Reported when a target or a status changed; no model is asked again for that.",
)


def _head(project: Project, drop: str) -> pl.DataFrame:
    return project.lake.scan("raw_questions").filter(pl.col("drop") == drop).head(5).collect()

"""The checks of a drop's labels: what cannot be scored, what contradicts itself, how many are wrong, who says so.

Only `label_error_rate` blocks, and only where the rate was measured: a doubt is an opinion.
"""

import dagster as dg
import polars as pl

from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line
from evalpipe.defs.ingest_assets import label_doubts, raw_questions
from evalpipe.defs.partitioned_check import partitioned_check
from evalpipe.defs.partitions import drops
from evalpipe.defs.shown import markdown_table, rounded, sample_table
from evalpipe.labels.duplicates.signal import SIGNAL as DUPLICATE
from evalpipe.labels.weighing.error_rate import FEW_MEMBERS, FEW_TRUSTED, MOST_ERRORS
from evalpipe.line.doubt import error_rate_of, gate_verdict
from evalpipe.line.drops import ingested
from evalpipe.line.project import Project

WARN, ERROR = dg.AssetCheckSeverity.WARN, dg.AssetCheckSeverity.ERROR


@partitioned_check(asset=raw_questions, partitions_def=drops)
def no_structural_faults(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> dg.AssetCheckResult:
    """Every readable row can be scored: none is in quarantine."""
    rows = project.lake.read("quarantine", pl.col("drop") == context.partition_key, ["code"])
    counted = rows.group_by("code").len().sort("len", "code", descending=[True, False])
    return dg.AssetCheckResult(
        passed=rows.is_empty(),
        severity=WARN,
        metadata={"quarantined": rows.height, "by_reason": markdown_table(("reason", "rows"), counted.iter_rows())},
        description=f"{rows.height:,} rows cannot be scored; table `quarantine` holds them with their reasons.",
    )


@partitioned_check(asset=label_doubts, partitions_def=drops)
def no_conflicting_duplicates(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> dg.AssetCheckResult:
    """No question stands twice in its bank with targets that contradict each other."""
    here = pl.col("drop") == context.partition_key
    rows = project.lake.read("suspects", here).filter(pl.col("signals").list.contains(DUPLICATE))
    return dg.AssetCheckResult(
        passed=rows.is_empty(),
        severity=WARN,
        metadata={
            "questions": rows.height,
            "first": sample_table(rows, ["question_id", "targets", "reasons", "proposed_target"], rows=20),
        },
        description=f"{rows.height:,} questions have a duplicate with another target: at least one of each is wrong.",
    )


@partitioned_check(asset=label_doubts, partitions_def=drops, blocking=True)
def label_error_rate(context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]) -> dg.AssetCheckResult:
    """The gate: what cannot be scored, and the error rate's lower bound, are within `max_label_error_rate`.

    Blocking: a stopped drop asks no evaluated model. Where the rate is not measured it warns, and blocks nothing.
    """
    drop = context.partition_key
    verdict, rate = gate_verdict(project, drop), error_rate_of(project, drop)
    measured = {
        "error_rate": rate.rate,
        "ci95_low": rate.low,
        "ci95_high": rate.high,
        "settled_by_reviews": rate.settled if rate.rate is not None else None,
        "committee_error": rate.committee_error,
    }
    figures = {name: rounded(value) for name, value in measured.items() if value is not None}
    return dg.AssetCheckResult(
        passed=verdict.passed and not verdict.warned,
        severity=WARN if verdict.passed else ERROR,
        metadata={
            "share": rounded(verdict.share),
            "limit": verdict.limit,
            "uncorrected_rate": rounded(rate.raw),
            **figures,
            "known_labels": rate.n_known,
            "verdict": rate.verdict,
            "by_subject": _by_subject(project, drop),
        },
        description=verdict.message,
    )


@partitioned_check(asset=label_doubts, partitions_def=drops)
def committee_strong_enough(
    context: dg.AssetCheckExecutionContext, project: dg.ResourceParam[Project]
) -> dg.AssetCheckResult:
    """On labels that are known the committee errs in at most 10%, and it has two members or more."""
    drop = context.partition_key
    rate = error_rate_of(project, drop)
    who = ", ".join(one_line(from_key(key), 60) for key in project.config.committee) or "nobody"
    wants = {
        "no committee": f"`[labels] committee` names at least {FEW_MEMBERS} models",
        "no trusted slice": f"at least {FEW_TRUSTED} labels are known for sure",
        "committee too weak": f"it errs in at most {MOST_ERRORS:.0%} of the known labels",
    }
    missing = wants.get(rate.verdict)
    errs = "" if rate.committee_error is None else f" It errs in {rate.committee_error:.1%} of the known labels."
    said = f"The committee: {who}.{errs}" + (f" It can be judged when {missing}." if missing else "")
    figures = {} if rate.committee_error is None else {"committee_error": rounded(rate.committee_error)}
    questions = int(str(ingested(project, drop)["n_questions"] or 0))
    return dg.AssetCheckResult(
        passed=rate.verdict == "measured",
        severity=WARN,
        metadata={"members": len(project.config.committee), "questions": questions, **figures},
        description=said,
    )


def _by_subject(project: Project, drop: str) -> dg.MarkdownMetadataValue:
    rows = project.lake.read("label_errors", (pl.col("drop") == drop) & pl.col("subject").is_not_null())
    columns = ["subject", "n_questions", "n_flagged", "n_known", "rate", "ci95_low", "ci95_high"]
    shown = rows.sort("rate", "subject", descending=[True, False], nulls_last=True).select(columns)
    return markdown_table(columns, shown.head(60).iter_rows())


LABEL_CHECKS = [no_structural_faults, no_conflicting_duplicates, label_error_rate, committee_strong_enough]

"""Reports of shards and verdicts: registers their keys and tells Dagster which ones changed; says nothing twice."""

from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg
import polars as pl

from evalpipe.defs.partitions import DROPS, SHARDS, register
from evalpipe.line.taking import TakenReviews

QUESTION_SHARDS = dg.AssetKey("question_shards")
SHARD_LABELS = dg.AssetKey("shard_labels")
LABEL_REVIEWS = dg.AssetKey("label_reviews")
VERSION_TAG = "dagster/data_version"


@dataclass(frozen=True, slots=True)
class Reported:
    """How many shards were reported with changed questions, and with changed labels."""

    questions: int
    labels: int


def report_shards(
    instance: dg.DagsterInstance, shards: pl.DataFrame, say: Callable[[str], object] = lambda _: None
) -> Reported:
    """Register and report rows of table `shards`. A crash in between is mended by the next call: it compares with what
    was reported last, not with what it meant to report.
    """
    registered = register(instance, SHARDS, shards["shard"].to_list())
    reported = Reported(
        questions=_report(instance, QUESTION_SHARDS, shards, "questions_version"),
        labels=_report(instance, SHARD_LABELS, shards, "labels_version"),
    )
    say(f"{registered} shards registered, {reported.questions} with changed questions, {reported.labels} with labels")
    return reported


def report_reviews(instance: dg.DagsterInstance, taken: TakenReviews) -> None:
    """Tell Dagster which drops a file brought new verdicts on; one that brought none is not reported."""
    register(instance, DROPS, sorted(taken.drops))
    for drop, new in sorted(taken.drops.items()):
        metadata = {"file": taken.file, "new_verdicts": new, "known": taken.known, "bad_lines": len(taken.bad)}
        instance.report_runless_asset_event(
            dg.AssetMaterialization(LABEL_REVIEWS, partition=drop, metadata={**metadata, "unjudged": taken.unjudged})
        )


def _report(instance: dg.DagsterInstance, asset: dg.AssetKey, shards: pl.DataFrame, version: str) -> int:
    changed = 0
    for row in shards.iter_rows(named=True):
        if _last_version(instance, asset, row["shard"]) != row[version]:
            instance.report_runless_asset_event(
                dg.AssetMaterialization(
                    asset,
                    partition=row["shard"],
                    tags={VERSION_TAG: row[version]},
                    metadata={"dagster/row_count": row["n_questions"], "bank": row["bank"]},
                )
            )
            changed += 1
    return changed


def _last_version(instance: dg.DagsterInstance, asset: dg.AssetKey, shard: str) -> str | None:
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=asset, asset_partitions=[shard]), limit=1
    ).records
    event = records[0].asset_materialization if records else None
    return event.tags.get(VERSION_TAG) if event and event.tags else None

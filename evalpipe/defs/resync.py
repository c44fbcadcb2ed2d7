"""Dagster's storage made anew from the lake: partitions registered, events reported, nothing asked."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import dagster as dg
import polars as pl

from evalpipe.defs.partitions import DROPS, SHARDS, Cell, Seat, register
from evalpipe.defs.reporting import report_shards
from evalpipe.line.project import Project
from evalpipe.line.rank import latest_leaderboard
from evalpipe.telemetry.progress import Progress


@dataclass(frozen=True, slots=True)
class Resynced:
    drops: int
    shards: int
    cells: int
    reported: int


def resync(project: Project, instance: dg.DagsterInstance, progress: Progress) -> Resynced:
    """Tell Dagster what the lake holds. Idempotent: a partition that has a materialization is not reported again."""
    drops = project.lake.read("drops").sort("ingested_at")
    shards = project.lake.read("shards").sort("shard")
    cells = project.lake.read("cells").sort("model", "shard")
    cells = cells.filter(pl.col("model").is_in(list(project.config.models)))
    votes = project.lake.read("committee_cells", columns=["member", "drop"]).sort("drop", "member")
    votes = votes.filter(pl.col("member").is_in(list(project.config.committee)))
    register(instance, DROPS, drops["drop"].to_list())
    register(instance, SHARDS, shards["shard"].to_list())
    events: list[tuple[str, list[str]]] = [
        ("raw_questions", drops["drop"].to_list()),
        ("committee_answers", [Seat(*names).partition for names in votes.iter_rows()]),
        ("label_doubts", drops.filter(pl.col("gated_at").is_not_null())["drop"].to_list()),
        ("label_reviews", project.lake.read("label_reviews", columns=["drop"])["drop"].unique().sort().to_list()),
        ("validated_questions", drops.filter(pl.col("validated_at").is_not_null())["drop"].to_list()),
        ("model_answers", _keys(cells)),
        ("judge_verdicts", _keys(cells.filter(pl.col("judged_version").is_not_null()))),
        ("scores", _keys(cells.filter(pl.col("scored_at").is_not_null()))),
    ]
    progress.start("telling Dagster", sum(len(keys) for _, keys in events))
    shard_reports = report_shards(instance, shards)
    reported = shard_reports.questions + shard_reports.labels
    for asset, keys in events:
        reported += _report(instance, asset, keys, progress.advance)
    if not latest_leaderboard(project).is_empty():
        reported += _report_board(instance)
    progress.finish()
    return Resynced(drops.height, shards.height, cells.height, reported)


def _keys(cells: pl.DataFrame) -> list[str]:
    return [Cell(model, shard).partition for model, shard in cells.select("model", "shard").iter_rows()]


def _report(instance: dg.DagsterInstance, asset: str, keys: Iterable[str], advance: Callable[[], None]) -> int:
    known = instance.get_materialized_partitions(dg.AssetKey(asset))
    reported = 0
    for key in keys:
        if key not in known:
            instance.report_runless_asset_event(
                dg.AssetMaterialization(asset, partition=key, description="found in the lake by `evalpipe resync`")
            )
            reported += 1
        advance()
    return reported


def _report_board(instance: dg.DagsterInstance) -> int:
    key = dg.AssetKey("leaderboard")
    if instance.get_latest_materialization_event(key) is not None:
        return 0
    instance.report_runless_asset_event(
        dg.AssetMaterialization(key, description="found in the lake by `evalpipe resync`")
    )
    return 1

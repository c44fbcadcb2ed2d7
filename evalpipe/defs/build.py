"""Puts the definitions together for one configuration."""

import dagster as dg

from evalpipe.defs.cell_assets import cell_assets
from evalpipe.defs.checks import INGEST_CHECKS, cell_checks
from evalpipe.defs.committee_assets import committee_asset, committee_check, doubts_by_committee
from evalpipe.defs.ingest_assets import (
    label_doubts,
    label_reviews,
    question_shards,
    raw_questions,
    shard_labels,
    validated_questions,
)
from evalpipe.defs.jobs import JOBS, jobs_there
from evalpipe.defs.sensors import Loaded, make_sensors
from evalpipe.line.judge_versions import has_judge
from evalpipe.line.project import Project, open_project
from evalpipe.telemetry.progress import LogLines, Progress


def build_definitions(project: Project | None = None, progress: Progress | None = None) -> dg.Definitions:
    """All assets, checks and sensors over one project; by default the one that EVALPIPE_CONFIG or the folder names.

    Raises: ConfigError: the configuration does not fit.
    """
    project = project or open_project()
    models, members = sorted(project.config.models), sorted(project.config.committee)
    on_cells = cell_assets(models, has_judge(project.config))
    asked = [committee_asset(members)] if members else []
    doubts = [*asked, doubts_by_committee(label_doubts, asked[0])] if asked else [label_doubts]
    return dg.Definitions(
        assets=[
            raw_questions,
            *doubts,
            label_reviews,
            validated_questions,
            question_shards,
            shard_labels,
            *on_cells,
        ],
        asset_checks=[
            *INGEST_CHECKS,
            *(committee_check(each, members) for each in asked),
            *cell_checks(on_cells, models),
        ],
        jobs=[JOBS[name] for name in jobs_there(members)],
        sensors=make_sensors(Loaded(frozenset(models), frozenset(members))),
        resources={"project": project, "progress": progress or LogLines(dg.get_dagster_logger().info)},
        # A run is minutes of waiting for one endpoint; a process per step would pay 1-2 s of imports for each.
        executor=dg.in_process_executor,
    )

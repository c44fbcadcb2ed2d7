"""The same assets in one process, without daemon or UI: what `evalpipe run` and the tests call."""

from dataclasses import dataclass
from typing import Any

import dagster as dg

from evalpipe.core.errors import Stopped
from evalpipe.defs.build import build_definitions
from evalpipe.defs.jobs import (
    ANSWER_CELL,
    ANSWER_COMMITTEE,
    INGEST_DROP,
    READ_DROP,
    REFRESH_LEADERBOARD,
    SCORE_CELL,
    VALIDATE_DROP,
)
from evalpipe.defs.partitions import DROPS, SHARDS, Cell, Seat, register
from evalpipe.line.answer import Asking
from evalpipe.line.project import Project
from evalpipe.telemetry.progress import Progress, Silent

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class LocalRun:
    """How one run ended. `trouble` are the sentences of what failed: exceptions and blocking checks; `warnings` those
    of gates that could not measure what they judge.
    """

    run_id: str
    ok: bool
    trouble: tuple[str, ...]
    warnings: tuple[str, ...] = ()


class LocalLine:
    """The definitions over one project and one Dagster instance, materialised in this process."""

    def __init__(self, project: Project, instance: dg.DagsterInstance, progress: Progress | None = None) -> None:
        self.project = project
        self.instance = instance
        self.definitions = build_definitions(project, progress or Silent())

    def ingest(self, drop: str) -> LocalRun:
        """raw_questions, label_doubts, validated_questions of one drop, with their checks."""
        register(self.instance, DROPS, [drop])
        return self.run(INGEST_DROP, partition_key=drop)

    def read(self, drop: str) -> LocalRun:
        """raw_questions alone: a committee is asked before labels are doubted."""
        register(self.instance, DROPS, [drop])
        return self.run(READ_DROP, partition_key=drop)

    def ask_committee(self, seat: Seat, asking: Asking | None = None) -> LocalRun:
        """committee_answers of one member and drop, with its check."""
        register(self.instance, DROPS, [seat.drop])
        config = _asking_config("committee_answers", asking)
        return self.run(ANSWER_COMMITTEE, partition_key=seat.partition, run_config=config)

    def validate(self, drop: str) -> LocalRun:
        """label_doubts and validated_questions of a drop that is in the lake: after a review, or an acceptance."""
        register(self.instance, DROPS, [drop])
        return self.run(VALIDATE_DROP, partition_key=drop)

    def answer(self, cell: Cell, asking: Asking | None = None) -> LocalRun:
        """model_answers and scores of one cell, with their checks."""
        register(self.instance, SHARDS, [cell.shard])
        config = _asking_config("model_answers", asking)
        return self.run(ANSWER_CELL, partition_key=cell.partition, run_config=config)

    def score(self, cell: Cell) -> LocalRun:
        """scores alone: no request is sent."""
        register(self.instance, SHARDS, [cell.shard])
        return self.run(SCORE_CELL, partition_key=cell.partition)

    def refresh(self) -> LocalRun:
        """leaderboard, with its check."""
        return self.run(REFRESH_LEADERBOARD)

    def run(
        self,
        job: str,
        partition_key: str | None = None,
        run_config: dict[str, Any] | None = None,
        tags: dict[str, str] | None = None,
    ) -> LocalRun:
        """One run of a job of `defs.jobs`. Raises Stopped: SIGINT or SIGTERM came meanwhile."""
        result = self.definitions.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            partition_key=partition_key,
            run_config={**_QUIET, **(run_config or {})},
            tags=tags,
            raise_on_error=False,
        )
        if any(_interrupted(event) for event in result.all_events):
            raise Stopped  # Dagster took the signal for a failed step; the command is to end
        warnings = _failed_gates(result, dg.AssetCheckSeverity.WARN)
        return LocalRun(result.run_id, result.success, tuple(_trouble(result)), tuple(warnings))


def _asking_config(asset: str, asking: Asking | None) -> dict[str, Any]:
    if asking is None:
        return {}
    wanted = {"sample_below": asking.sample_below, "max_requests": asking.max_requests}
    return {"ops": {asset: {"config": {name: value for name, value in wanted.items() if value is not None}}}}


def _interrupted(event: dg.DagsterEvent) -> bool:
    error = event.step_failure_data.error if event.is_step_failure else None
    return error is not None and error.cls_name == dg.DagsterExecutionInterruptedError.__name__


def _trouble(result: dg.ExecuteInProcessResult) -> list[str]:
    found: list[str] = []
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            root = error.cause or error
            found.append(root.message.strip().partition(": ")[2] or root.message.strip())
    return _failed_gates(result, dg.AssetCheckSeverity.ERROR) or found


def _failed_gates(result: dg.ExecuteInProcessResult, severity: dg.AssetCheckSeverity) -> list[str]:
    """The sentences of blocking checks that failed so: one that only warns blocks nothing."""
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed and check.blocking]
    return [f"{each.check_name}: {each.description or 'failed'}" for each in failed if each.severity == severity]

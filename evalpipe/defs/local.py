"""The same assets in one process, without daemon or UI: what `evalpipe run` and the tests call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg

from evalpipe.defs.build import build_definitions
from evalpipe.defs.partitions import DROPS, SHARDS, Cell, register
from evalpipe.line.answer import Asking
from evalpipe.line.project import Project
from evalpipe.telemetry.progress import Progress, Silent

INGEST = ("raw_questions", "label_doubts", "validated_questions")
CELL = ("model_answers", "scores")

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True)
class LocalRun:
    """How one run ended. `trouble` are the sentences of what failed: exceptions and blocking checks."""

    run_id: str
    ok: bool
    trouble: tuple[str, ...]


class LocalLine:
    """The definitions over one project and one Dagster instance, materialised in this process."""

    def __init__(self, project: Project, instance: dg.DagsterInstance, progress: Progress | None = None) -> None:
        self.project = project
        self.instance = instance
        self.definitions = build_definitions(project, progress or Silent())

    def ingest(self, drop: str) -> LocalRun:
        """raw_questions, label_doubts, validated_questions of one drop, with their checks."""
        register(self.instance, DROPS, [drop])
        return self._run(INGEST, partition_key=drop)

    def validate(self, drop: str) -> LocalRun:
        """label_doubts and validated_questions of a drop that is in the lake: after a review, or an acceptance."""
        register(self.instance, DROPS, [drop])
        return self._run(INGEST[1:], partition_key=drop)

    def answer(self, cell: Cell, asking: Asking | None = None) -> LocalRun:
        """model_answers and scores of one cell, with their checks."""
        register(self.instance, SHARDS, [cell.shard])
        config: dict[str, Any] = {}
        if asking is not None:
            wanted = {"sample_below": asking.sample_below, "max_requests": asking.max_requests}
            config = {"ops": {"model_answers": {"config": {k: v for k, v in wanted.items() if v is not None}}}}
        return self._run(CELL, partition_key=cell.partition, run_config=config)

    def score(self, cell: Cell) -> LocalRun:
        """scores alone: no request is sent."""
        register(self.instance, SHARDS, [cell.shard])
        return self._run(CELL[1:], partition_key=cell.partition)

    def refresh(self) -> LocalRun:
        """leaderboard, with its check."""
        return self._run(("leaderboard",))

    def _run(
        self, assets: Sequence[str], partition_key: str | None = None, run_config: dict[str, Any] | None = None
    ) -> LocalRun:
        job = self.definitions.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(
            instance=self.instance,
            asset_selection=[dg.AssetKey(name) for name in assets],
            partition_key=partition_key,
            run_config={**_QUIET, **(run_config or {})},
            raise_on_error=False,
        )
        return LocalRun(result.run_id, result.success, tuple(_trouble(result)))


def _trouble(result: dg.ExecuteInProcessResult) -> list[str]:
    found: list[str] = []
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            root = error.cause or error
            found.append(root.message.strip().partition(": ")[2] or root.message.strip())
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed and check.blocking]
    found = [f"{check.check_name}: {check.description or 'failed'}" for check in failed] or found
    return found

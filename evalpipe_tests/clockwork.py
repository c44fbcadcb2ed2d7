"""Dagster's daemon, wound by hand: evaluates both sensors and executes what they request, until they are quiet."""

from dataclasses import dataclass, field

import dagster as dg

from evalpipe.defs.local import LocalLine
from evalpipe.defs.sensors import Loaded, drops_tick, reconcile_tick


@dataclass
class Clockwork:
    """`runs` are the tags `evalpipe/wish` or partitions of what ran, in order. A run key runs once, as with Dagster."""

    line: LocalLine
    cursors: dict[str, str | None] = field(default_factory=dict)
    run_keys: set[str] = field(default_factory=set)
    runs: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def until_quiet(self, most_ticks: int = 20) -> list[str]:
        """Tick until a tick requests nothing; returns what ran meanwhile."""
        before = len(self.runs)
        for _ in range(most_ticks):
            if not self.tick():
                return self.runs[before:]
        raise AssertionError(f"still requesting after {most_ticks} ticks: {self.runs[before:]}")

    def tick(self) -> int:
        requests = [*self._evaluate("question_drops"), *self._evaluate("reconcile")]
        fresh = [request for request in requests if request.run_key not in self.run_keys]
        for request in fresh:
            self.run_keys.add(request.run_key)
            self._execute(request)
        return len(fresh)

    def _evaluate(self, name: str) -> list[dg.RunRequest]:
        project = self.line.project
        context = dg.build_sensor_context(instance=self.line.instance, cursor=self.cursors.get(name))
        if name == "question_drops":
            result = drops_tick(context, project)
        else:
            result = reconcile_tick(context, project, self._loaded())
        self.cursors[name] = context.cursor
        return list(result.run_requests or []) if isinstance(result, dg.SensorResult) else []

    def _loaded(self) -> Loaded:
        config = self.line.project.config
        return Loaded(frozenset(config.models), frozenset(config.committee))

    def _execute(self, request: dg.RunRequest) -> None:
        name = request.tags.get("evalpipe/wish") or f"ingest:{request.partition_key}"
        self.runs.append(name)
        if not self.line.run(request.job_name, request.partition_key, tags=request.tags).ok:
            self.failed.append(name)

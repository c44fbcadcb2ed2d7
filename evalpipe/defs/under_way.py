"""Which runs of the sensors are under way, and on what: told by the tags that the sensors put on their requests."""

import dagster as dg

from evalpipe.core.keys import drop_of
from evalpipe.line.wishes import Wish

WISH_TAG = "evalpipe/wish"
BY_TAG = "evalpipe/by"
MODEL_TAG = "evalpipe/model"  # who is asked, for a cell or for the committee; dagster.yaml counts both together

_RUNNING = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]

# Of a run that has a process; one that is queued waits for a daemon and outlives it.
_STARTED = [status for status in _RUNNING if status != dg.DagsterRunStatus.QUEUED]


def running_keys(instance: dg.DagsterInstance) -> set[str]:
    """The drops, cells and members' drops that runs of the sensors are at work on; empty text: the leaderboard.

    By key, not by wish: a cell that is being asked wants scores half-way, and the same run will bring them.
    """
    runs = [
        run
        for sensor in ("reconcile", "question_drops")
        for run in instance.get_runs(dg.RunsFilter(tags={BY_TAG: sensor}, statuses=_RUNNING))
    ]
    return {run.tags.get(WISH_TAG, "").partition(":")[2] for run in runs}


def end_dead_runs(instance: dg.DagsterInstance) -> int:
    """Report runs of the sensors as failed that a killed daemon left behind as running; they would be waited for.

    To be called where no daemon runs: before one is started. Returns how many there were.
    """
    dead = [
        run
        for sensor in ("reconcile", "question_drops")
        for run in instance.get_runs(dg.RunsFilter(tags={BY_TAG: sensor}, statuses=_STARTED))
    ]
    for run in dead:
        instance.report_run_failed(run, "the process of this run died with the daemon before")
    return len(dead)


def is_at_work(wish: Wish, running: set[str]) -> bool:
    """Whether a run is at work on it, or asks the same model the same questions: without a shared cache, two such runs
    would not see one another's requests.
    """
    if wish.key in running:
        return True
    if wish.what == "cell":
        model, shard = wish.parts
        return f"{model}|{drop_of(shard)}" in running
    return wish.what == "committee" and any(_drop_level(key) == wish.key for key in running if "|" in key)


def _drop_level(key: str) -> str:
    """`model|drop` of a cell."""
    model, _, shard = key.partition("|")
    return f"{model}|{drop_of(shard)}"

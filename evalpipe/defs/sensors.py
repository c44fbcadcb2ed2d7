"""What starts what: `question_drops` sees new drops, `reconcile` requests what is wanted and not there."""

import json
import time
from dataclasses import asdict, dataclass
from typing import Any

import dagster as dg

from evalpipe.core.errors import EvalpipeError, LakeError
from evalpipe.core.keys import from_key
from evalpipe.defs.jobs import (
    ANSWER_CELL,
    ANSWER_COMMITTEE,
    INGEST_DROP,
    JOBS,
    READ_DROP,
    REFRESH_LEADERBOARD,
    SCORE_CELL,
    VALIDATE_DROP,
    jobs_there,
)
from evalpipe.defs.partitions import DROPS, SHARDS, Cell, Seat, register
from evalpipe.defs.reporting import report_reviews
from evalpipe.defs.under_way import BY_TAG, MODEL_TAG, WISH_TAG, is_at_work, running_keys
from evalpipe.line.project import Project, open_project
from evalpipe.line.taking import take_reviews
from evalpipe.line.wanted import leaderboard_inputs, wishes
from evalpipe.line.wishes import Attempts, What, Wish

EVERY_S = 10
MOST_REQUESTS = 50  # a tick; the next ones bring the rest
MOST_BAD_LINES = 20  # of a verdict file in a tick's log; `evalpipe labels review FILE` names them all

JOB_OF_WISH: dict[What, str] = {
    "committee": ANSWER_COMMITTEE,
    "validate": VALIDATE_DROP,
    "cell": ANSWER_CELL,
    "scores": SCORE_CELL,
    "leaderboard": REFRESH_LEADERBOARD,
}
AGAIN_S = 300.0  # before a leaderboard whose run failed is tried again


@dataclass(frozen=True, slots=True)
class Loaded:
    """The keys that the loaded definitions know; the configuration is read anew at each tick, and may know more."""

    models: frozenset[str]
    members: frozenset[str] = frozenset()  # of the committee


def make_sensors(loaded: Loaded) -> list[dg.SensorDefinition]:
    @dg.sensor(
        jobs=[JOBS[INGEST_DROP], JOBS[READ_DROP]],
        minimum_interval_seconds=EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def question_drops(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        """A drop that is whole and not in the lake is ingested; new files of verdicts are taken."""
        return drops_tick(context, open_project())

    @dg.sensor(
        jobs=[JOBS[name] for name in JOB_OF_WISH.values() if name in jobs_there(loaded.members)],
        minimum_interval_seconds=EVERY_S,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def reconcile(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        """Requests the runs that make the lake hold what the configuration wants."""
        return reconcile_tick(context, open_project(), loaded)

    return [question_drops, reconcile]


def drops_tick(context: dg.SensorEvaluationContext, project: Project) -> dg.SensorResult | dg.SkipReason:
    cursor: dict[str, Any] = json.loads(context.cursor or "{}")
    _take_new_reviews(context, project, cursor)
    now, pauses_s = time.time(), project.config.file.answers.retry_pauses_s
    states = {row["drop"]: row for row in project.lake.read("drops", columns=["drop", "signature"]).to_dicts()}
    running = running_keys(context.instance)
    # With a committee, labels are doubted when it was asked: `reconcile` sees to both.
    job = READ_DROP if project.config.committee else INGEST_DROP
    requests: list[dg.RunRequest] = []
    waiting: list[str] = []
    for drop in project.landing.drops():
        signature = project.landing.signature(drop)
        state = states.get(drop)
        if (state and state["signature"] == signature) or drop in running:
            continue
        seen, tried, at = cursor.get(drop, ["", 0, 0.0])
        tried = tried if seen == signature else 0
        # A drop that is in the lake and changed is requested once: its run refuses it, in words, where people look
        # for runs. One that is not is tried again, because a disk may have been full.
        most = 1 if state else 1 + len(pauses_s)
        if tried >= most or (tried and now - at < pauses_s[tried - 1]):
            continue
        if not project.landing.ready(drop, project.config.file.landing.settle_s):
            waiting.append(from_key(drop))
            continue
        requests.append(
            dg.RunRequest(
                run_key=f"{drop}:{signature}:{tried}:{now:.0f}",
                partition_key=drop,
                job_name=job,
                tags={BY_TAG: "question_drops", WISH_TAG: f"ingest:{drop}"},
            )
        )
        cursor[drop] = [signature, tried + 1, now]
        if len(requests) == MOST_REQUESTS:
            break
    register(context.instance, DROPS, [str(request.partition_key) for request in requests])
    context.update_cursor(json.dumps(cursor))
    if requests:
        return dg.SensorResult(run_requests=requests)
    return dg.SkipReason(f"Still being uploaded: {', '.join(waiting)}." if waiting else "No new drop.")


def _take_new_reviews(context: dg.SensorEvaluationContext, project: Project, cursor: dict[str, Any]) -> None:
    """Files of verdicts that are new or have grown go into the table; `reconcile` sees what they concern.

    One that names a question which is not in the lake is read again after the next ingest: its drop may bring it.
    """
    drops = project.lake.read("drops", columns=["drop"]).height
    for path in project.landing.review_files(project.config.file.landing.settle_s):
        try:
            stat = path.stat()
        except FileNotFoundError:  # deleted just now
            continue
        mark, name = f"{stat.st_size}:{stat.st_mtime_ns}", f"reviews/{path.name}"
        if cursor.get(name) in (mark, f"{mark}:{drops}"):
            continue
        try:
            taken = take_reviews(project, path)
        except LakeError as error:
            context.log.error(str(error))
            continue  # a full disk, say: the next tick tries again
        except EvalpipeError as error:
            context.log.error(str(error))
        else:
            context.log.info(
                f"{path.name}: {taken.new} new verdicts, {taken.known} known, {taken.unjudged} rows not judged yet, "
                f"{len(taken.bad)} bad lines"
            )
            for bad in taken.bad[:MOST_BAD_LINES]:
                context.log.warning(bad.reason)
            report_reviews(context.instance, taken)
            mark = f"{mark}:{drops}" if taken.unknown else mark
        cursor[name] = mark


def reconcile_tick(
    context: dg.SensorEvaluationContext, project: Project, loaded: Loaded
) -> dg.SensorResult | dg.SkipReason:
    now = time.time()
    pauses_s = project.config.file.answers.retry_pauses_s
    attempts = _attempts(context.cursor)
    running = running_keys(context.instance)

    def in_vain(wish: Wish) -> bool:
        return attempts.exhausted(wish, pauses_s) and not is_at_work(wish, running)

    wanted = [wish for wish in wishes(project, in_vain) if _known(wish, loaded)]
    attempts.forget_all_but(wanted)
    open_wishes = [wish for wish in wanted if not attempts.exhausted(wish, pauses_s)]
    for wish in open_wishes:
        if is_at_work(wish, running):
            attempts.still_running(wish, now)
    due = [wish for wish in open_wishes if not is_at_work(wish, running) and attempts.due(wish, pauses_s, now)]
    requests: list[dg.RunRequest] = []
    for wish in due[:MOST_REQUESTS]:
        requests.append(_request(wish, attempts.count(wish), now))
        attempts.requested(wish, now)
    busy = bool(running) or not all(wish.scored for wish in open_wishes)
    if "" not in running and (board := _leaderboard_wish(context.instance, project, attempts, busy, now)):
        requests.append(_request(board, 0, now))
    _register(context.instance, due)
    context.update_cursor(json.dumps(asdict(attempts)))
    if requests:
        return dg.SensorResult(run_requests=requests)
    given_up = len(wanted) - len(open_wishes)
    unknown = sorted({*project.config.models} - loaded.models | {*project.config.committee} - loaded.members)
    return dg.SkipReason(
        f"{len(running)} runs under way, {len(open_wishes)} wishes wait for them or for their next try"
        + (f"; {given_up} were tried {len(pauses_s) + 1} times and are left to a person" if given_up else "")
        + (f"; reload the code location to see new models and members: {', '.join(unknown)}" if unknown else "")
        + "."
    )


def _leaderboard_wish(
    instance: dg.DagsterInstance, project: Project, attempts: Attempts, busy: bool, now: float
) -> Wish | None:
    """A refresh when what it is made from changed: at once when nothing is missing or running, else now and then.

    One that was requested and did not end in a materialization is requested again after `AGAIN_S`.
    """
    inputs = leaderboard_inputs(project)
    last_inputs, last_at = attempts.leaderboard
    if not inputs:
        return None
    if inputs == last_inputs:
        made = instance.get_latest_materialization_event(dg.AssetKey("leaderboard"))
        if (made and made.timestamp >= last_at) or now - last_at < AGAIN_S:
            return None
    if busy and now - last_at < project.config.file.answers.refresh_s:
        if last_at == 0.0:
            attempts.leaderboard = (last_inputs, now)  # the first pause starts with the first scores
        return None
    attempts.leaderboard = (inputs, now)
    return Wish("leaderboard", "", inputs, f"{now:.0f}")


def _known(wish: Wish, loaded: Loaded) -> bool:
    """Whether the loaded definitions have the wish's partition; a model added since needs a reload."""
    if wish.what == "committee":
        return wish.parts[0] in loaded.members
    return wish.what == "validate" or wish.parts[0] in loaded.models


def _request(wish: Wish, attempt: int, now: float) -> dg.RunRequest:
    asks = {MODEL_TAG: wish.parts[0]} if wish.what in ("cell", "committee") else {}
    return dg.RunRequest(
        run_key=wish.run_key(attempt, now),
        partition_key=_partition(wish),
        job_name=JOB_OF_WISH[wish.what],
        tags={BY_TAG: "reconcile", WISH_TAG: wish.name, **asks},
    )


def _partition(wish: Wish) -> str | None:
    if wish.what == "leaderboard":
        return None
    if wish.what == "validate":
        return wish.key
    return (Seat if wish.what == "committee" else Cell)(*wish.parts).partition


def _register(instance: dg.DagsterInstance, due: list[Wish]) -> None:
    """Keys may be missing where Dagster's storage is younger than the lake; registering again changes nothing."""
    drops = {wish.key if wish.what == "validate" else wish.parts[1] for wish in due if wish.what in _OF_DROPS}
    register(instance, DROPS, sorted(drops))
    register(instance, SHARDS, sorted({wish.parts[1] for wish in due if wish.what in ("cell", "scores")}))


_OF_DROPS: tuple[What, ...] = ("validate", "committee")


def _attempts(cursor: str | None) -> Attempts:
    if not cursor:
        return Attempts()
    stored = json.loads(cursor)
    tried = {name: (versions, count, when) for name, (versions, count, when) in stored["tried"].items()}
    return Attempts(tried, (stored["leaderboard"][0], stored["leaderboard"][1]))

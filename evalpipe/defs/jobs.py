"""The runs there are, by name: what the sensors request, `evalpipe run` executes, and a person launches in the UI."""

from collections.abc import Collection

import dagster as dg

INGEST_DROP = "ingest_drop"
READ_DROP = "read_drop"
ANSWER_COMMITTEE = "answer_committee"
VALIDATE_DROP = "validate_drop"
ANSWER_CELL = "answer_cell"
SCORE_CELL = "score_cell"
REFRESH_LEADERBOARD = "refresh_leaderboard"

# One job may hold only assets of one kind of partition.
ASSETS_OF_JOB: dict[str, tuple[str, ...]] = {
    INGEST_DROP: ("raw_questions", "label_doubts", "validated_questions"),
    READ_DROP: ("raw_questions",),
    ANSWER_COMMITTEE: ("committee_answers",),
    VALIDATE_DROP: ("label_doubts", "validated_questions"),
    ANSWER_CELL: ("model_answers", "scores"),
    SCORE_CELL: ("scores",),
    REFRESH_LEADERBOARD: ("leaderboard",),
}

_DESCRIPTIONS = {
    INGEST_DROP: "Read a drop, doubt its labels, register its shards.",
    READ_DROP: "Read a drop; its labels are doubted when the committee was asked.",
    ANSWER_COMMITTEE: "Ask one member of the committee about one drop.",
    VALIDATE_DROP: "Doubt the labels of a drop that is in the lake; apply reviews, or an acceptance.",
    ANSWER_CELL: "Ask one model about one shard, let a judge judge where the bank has one, and score the answers.",
    SCORE_CELL: "Score one cell anew; no request is sent.",
    REFRESH_LEADERBOARD: "Compute the leaderboard from the scores.",
}

# Without a committee there is no asset for it.
WITH_COMMITTEE = (ANSWER_COMMITTEE,)

# Assets that carry this tag belong to `ANSWER_CELL` where they are there: without a judge there are none.
JUDGES = {"evalpipe/step": "judge"}


def _selected(job: str, assets: Collection[str]) -> dg.AssetSelection:
    named = dg.AssetSelection.assets(*assets)
    return named | dg.AssetSelection.tag(*next(iter(JUDGES.items()))) if job == ANSWER_CELL else named


# `UnresolvedAssetJobDefinition` is what dagster calls the result; it exports no name for it.
JOBS = {
    name: dg.define_asset_job(name, selection=_selected(name, assets), description=_DESCRIPTIONS[name])
    for name, assets in ASSETS_OF_JOB.items()
}


def jobs_there(members: Collection[str]) -> list[str]:
    """The names of the jobs of definitions with this committee."""
    return [name for name in JOBS if members or name not in WITH_COMMITTEE]

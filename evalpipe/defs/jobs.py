"""The runs there are, by name: what the sensors request, `evalpipe run` executes, and a person launches in the UI."""

import dagster as dg

INGEST_DROP = "ingest_drop"
VALIDATE_DROP = "validate_drop"
ANSWER_CELL = "answer_cell"
SCORE_CELL = "score_cell"
REFRESH_LEADERBOARD = "refresh_leaderboard"

# One job may hold only assets of one kind of partition.
ASSETS_OF_JOB: dict[str, tuple[str, ...]] = {
    INGEST_DROP: ("raw_questions", "label_doubts", "validated_questions"),
    VALIDATE_DROP: ("label_doubts", "validated_questions"),
    ANSWER_CELL: ("model_answers", "scores"),
    SCORE_CELL: ("scores",),
    REFRESH_LEADERBOARD: ("leaderboard",),
}

_DESCRIPTIONS = {
    INGEST_DROP: "Read a drop, doubt its labels, register its shards.",
    VALIDATE_DROP: "Apply reviews, or an acceptance, to a drop that is in the lake.",
    ANSWER_CELL: "Ask one model about one shard, and score the answers.",
    SCORE_CELL: "Score one cell anew; no request is sent.",
    REFRESH_LEADERBOARD: "Compute the leaderboard from the scores.",
}

# `UnresolvedAssetJobDefinition` is what dagster calls the result; it exports no name for it.
JOBS = {
    name: dg.define_asset_job(name, selection=list(assets), description=_DESCRIPTIONS[name])
    for name, assets in ASSETS_OF_JOB.items()
}

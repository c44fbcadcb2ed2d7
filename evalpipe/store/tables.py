"""The tables of the lake: columns, types, and what they are partitioned by. Nothing else names a column type.

Every value of a partition column is a key (`core.keys`), so a predicate can quote it without harm.
"""

from dataclasses import dataclass

import polars as pl

Schema = dict[str, pl.DataType]

_TEXT, _INT, _NUMBER, _FLAG = pl.String(), pl.Int64(), pl.Float64(), pl.Boolean()
_TEXTS = pl.List(pl.String())
_TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True, slots=True)
class TableSpec:
    """A table: its columns in order, and the columns whose values make its folders."""

    name: str
    columns: Schema
    partition_by: tuple[str, ...] = ()

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema=self.columns)


_MADE_BY: Schema = {"run_id": _TEXT, "code_version": _TEXT, "git_commit": _TEXT}

_QUESTION: Schema = {
    "bank": _TEXT,
    "question_id": _TEXT,
    "drop": _TEXT,
    "shard": _TEXT,
    "file": _TEXT,
    "line": _INT,
    "text": _TEXT,
    "kind": _TEXT,
    "choices": _TEXTS,
    "targets": _TEXTS,
    "subject": _TEXT,
    "cluster": _TEXT,
    "worked_solution": _TEXT,
    "answer_field": _TEXT,
    "trusted": _FLAG,  # the label was verified; null: not said
    "question_version": _TEXT,
    "label_version": _TEXT,
}

_VERSIONS: Schema = {"question_version": _TEXT, "model_version": _TEXT, "prompt_name": _TEXT, "prompt_hash": _TEXT}

_TABLES = (
    # One row per drop: what each step of ingest left behind. `gate_*` and `validated_*` are null until then.
    TableSpec(
        "drops",
        {
            "drop": _TEXT,
            "bank": _TEXT,
            "source": _TEXT,
            "licence": _TEXT,
            "revision": _TEXT,
            "content_digest": _TEXT,
            "signature": _TEXT,
            "raw_rows": _INT,
            "n_rejected": _INT,
            "n_quarantined": _INT,
            "n_questions": _INT,
            "n_shards": _INT,
            "ingested_at": _TIME,
            "n_doubted": _INT,
            "doubts_version": _TEXT,  # of the committee's answers behind them; null without a committee
            "gate_passed": _FLAG,
            "gate_share": _NUMBER,
            "gate_limit": _NUMBER,
            "gate_accepted_by": _TEXT,
            "gate_message": _TEXT,
            "gated_at": _TIME,
            "n_excluded": _INT,
            "reviews_version": _TEXT,
            "validated_at": _TIME,
            **_MADE_BY,
        },
    ),
    TableSpec("rejects", {"drop": _TEXT, "file": _TEXT, "line": _INT, "reason": _TEXT}, ("drop",)),
    TableSpec("quarantine", {**_QUESTION, "code": _TEXT, "reason": _TEXT}, ("drop",)),
    TableSpec("raw_questions", _QUESTION, ("drop",)),
    TableSpec(
        "questions",
        {**_QUESTION, "status": _TEXT, "raw_targets": _TEXTS, "review_ids": _TEXTS},
        ("drop",),
    ),
    TableSpec(
        "suspects",
        {
            "bank": _TEXT,
            "question_id": _TEXT,
            "question_version": _TEXT,
            "drop": _TEXT,
            "suspicion": _NUMBER,
            "flagged": _FLAG,
            "signals": _TEXTS,
            "reasons": _TEXTS,
            "targets": _TEXTS,  # as they were when they were doubted
            "proposed_target": _TEXT,
            "evidence": pl.List(pl.Struct({"who": _TEXT, "said": _TEXT})),
        },
        ("drop",),
    ),
    # How many labels of a drop are wrong, as far as can be told; `subject` null: of all. Replaced per drop.
    TableSpec(
        "label_errors",
        {
            "drop": _TEXT,
            "bank": _TEXT,
            "subject": _TEXT,
            "verdict": _TEXT,
            "n_questions": _INT,
            "n_known": _INT,
            "n_members": _INT,
            "n_flagged": _INT,
            "raw_rate": _NUMBER,
            "rate": _NUMBER,
            "ci95_low": _NUMBER,
            "ci95_high": _NUMBER,
            "committee_error": _NUMBER,
            "settled": _NUMBER,  # the share that reviews found wrong and took care of
            **_MADE_BY,
        },
        ("drop",),
    ),
    # What each member of the committee said about each question of a drop; `answer` null: nothing could be read.
    TableSpec(
        "committee_answers",
        {
            "member": _TEXT,
            "drop": _TEXT,
            "bank": _TEXT,
            "question_id": _TEXT,
            "question_version": _TEXT,
            "fingerprint": _TEXT,
            "outcome": _TEXT,
            "extracted": _TEXT,
            "rule": _TEXT,
            "answer": _TEXT,  # `extracted` in the form in which the scorer compares: equal answers have equal texts
            "model_version": _TEXT,
            "scorer": _TEXT,
            "scorer_version": _TEXT,
            **_MADE_BY,
        },
        ("drop",),
    ),
    # What is in of each member and drop. `n_answered`: questions to which an answer could be read.
    TableSpec(
        "committee_cells",
        {
            "member": _TEXT,
            "drop": _TEXT,
            "bank": _TEXT,
            "kinds": _TEXTS,
            "model_version": _TEXT,
            "content_digest": _TEXT,
            "scorers_version": _TEXT,
            "answers_version": _TEXT,  # of what was said, whatever it was made from
            "n_questions": _INT,
            "n_asked": _INT,
            "n_answered": _INT,
            "n_failed": _INT,
            "stopped_by": _TEXT,  # as in `cells`
            "answered_at": _TIME,
            **_MADE_BY,
        },
        ("drop",),
    ),
    # Append-only; a verdict has a row for each drop that it is about, under one `review_id`.
    TableSpec(
        "label_reviews",
        {
            "review_id": _TEXT,
            "said": _TEXT,  # digest of the verdict as its file gave it
            "bank": _TEXT,
            "question_id": _TEXT,
            "question_version": _TEXT,
            "drop": _TEXT,
            "verdict": _TEXT,
            "correct_target": _TEXT,
            "by": _TEXT,
            "at": _TIME,
            "why": _TEXT,
            "picked": _TEXT,  # `random`: the question was drawn at random, not looked at because it was doubted
            "overrules": _FLAG,  # stands alone over what others said before
            "file": _TEXT,
            "taken_at": _TIME,
        },
    ),
    # What a person decided about a whole drop: `accept` lets it through the gate, `retire` takes it out of every score.
    TableSpec("decisions", {"drop": _TEXT, "decision": _TEXT, "by": _TEXT, "why": _TEXT, "at": _TIME}),
    # One row per registered shard; what `reconcile` reads instead of the questions.
    TableSpec(
        "shards",
        {
            "shard": _TEXT,
            "drop": _TEXT,
            "bank": _TEXT,
            "n_questions": _INT,
            "kinds": _TEXTS,
            "questions_version": _TEXT,
            "labels_version": _TEXT,
        },
        ("drop",),
    ),
    TableSpec(
        "answers",
        {
            "fingerprint": _TEXT,
            "sample": _INT,
            "model": _TEXT,
            "shard": _TEXT,
            "bank": _TEXT,
            "question_id": _TEXT,
            "outcome": _TEXT,
            "text": _TEXT,
            "finish_reason": _TEXT,
            "prompt_tokens": _INT,
            "completion_tokens": _INT,
            "cached_tokens": _INT,
            "latency_s": _NUMBER,
            "attempts": _INT,  # tries of the run that wrote the row: 0 where the answer came from elsewhere
            "origin": _TEXT,  # `asked`, `cache` (shared, found) or `joined` (another process was just asking it)
            "cost_usd": _NUMBER,
            "error": _TEXT,
            "answered_at": _TIME,
            **_VERSIONS,
            **_MADE_BY,
        },
        ("model",),
    ),
    TableSpec(
        "scores",
        {
            "model": _TEXT,
            "shard": _TEXT,
            "drop": _TEXT,
            "bank": _TEXT,
            "question_id": _TEXT,
            "sample": _INT,
            "subject": _TEXT,
            "cluster": _TEXT,
            "status": _TEXT,
            "outcome": _TEXT,
            "score": _NUMBER,
            "raw_label_score": _NUMBER,
            "extracted": _TEXT,
            "rule": _TEXT,
            "reason": _TEXT,
            "fingerprint": _TEXT,
            "prompt_tokens": _INT,
            "completion_tokens": _INT,
            "cost_usd": _NUMBER,
            "answer_run_id": _TEXT,
            "label_version": _TEXT,
            "scorer": _TEXT,
            "scorer_version": _TEXT,
            "scorer_options": _TEXT,  # JSON; null: its defaults
            "judged": _TEXT,  # `read`, `unreadable` or `failed`: what became of a judge's verdict; null: there is none
            "judge_fingerprint": _TEXT,  # of the verdict's row in `answers`
            "judge_raw_fingerprint": _TEXT,  # the same for the label as delivered, where a review changed it
            "scored_at": _TIME,
            **_VERSIONS,
            **_MADE_BY,
        },
        ("model",),
    ),
    # What each cell was made from. `labels_version`, `scorers_version` and `scored_at` are null until it is scored.
    TableSpec(
        "cells",
        {
            "model": _TEXT,
            "shard": _TEXT,
            "drop": _TEXT,
            "bank": _TEXT,
            "questions_version": _TEXT,
            "labels_version": _TEXT,
            "model_version": _TEXT,
            "scorers_version": _TEXT,
            "n_questions": _INT,
            "n_asked": _INT,
            "n_failed": _INT,
            "judged_version": _TEXT,  # of judge, prompt, labelled answers and labels; null: not judged, or no judge
            "n_unjudged": _INT,  # answers whose verdict did not arrive
            "stopped_by": _TEXT,  # `limit` or `max_requests`: left partial on purpose
            "answered_at": _TIME,
            "scored_at": _TIME,
            **_MADE_BY,
        },
        ("model",),
    ),
    # How a judge's verdicts agree with people's on the labelled answers of a bank; append-only, the last counts.
    TableSpec(
        "judge_agreement",
        {
            "bank": _TEXT,
            "kind": _TEXT,
            "judge": _TEXT,
            "judge_version": _TEXT,
            "labelled_version": _TEXT,
            "n_labelled": _INT,
            "n_left_out": _INT,  # their question is not in the lake
            "n_compared": _INT,
            "n_unreadable": _INT,
            "n_failed": _INT,
            "agreement": _NUMBER,
            "agreement_low": _NUMBER,
            "agreement_high": _NUMBER,
            "kappa": _NUMBER,
            "right_by_people": _INT,  # of the compared ones
            "right_by_judge": _INT,
            "compared_at": _TIME,
            **_MADE_BY,
        },
    ),
    TableSpec(
        "leaderboard",
        {
            "model": _TEXT,
            "bank": _TEXT,
            "subject": _TEXT,  # null: the whole bank
            "rank": _INT,
            "reducer": _TEXT,  # how several samples of a question became one score
            "n_questions": _INT,
            "n": _INT,  # questions in the accuracy's denominator; the counts below are of samples
            "right": _INT,
            "wrong": _INT,
            "unparsed": _INT,
            "truncated": _INT,
            "refused": _INT,
            "rejected": _INT,
            "failed": _INT,
            "excluded": _INT,
            "not_asked": _INT,
            "other_versions": _INT,
            "partial": _FLAG,
            "share_done": _NUMBER,
            "accuracy": _NUMBER,
            "stderr": _NUMBER,
            "ci95_low": _NUMBER,
            "ci95_high": _NUMBER,
            "bound_low": _NUMBER,
            "bound_high": _NUMBER,
            "n_subjects": _INT,
            "macro_accuracy": _NUMBER,  # mean over subjects; null where there are not several
            "macro_stderr": _NUMBER,
            "macro_ci95_low": _NUMBER,
            "macro_ci95_high": _NUMBER,
            "accuracy_common": _NUMBER,
            "n_common": _INT,
            "could_swap_with": _TEXTS,  # models whose order to it open suspects could turn; null: not ranked
            "accuracy_raw_labels": _NUMBER,
            "drift": _NUMBER,  # accuracy - accuracy_raw_labels
            "drift_ci95_low": _NUMBER,
            "drift_ci95_high": _NUMBER,
            "judge": _TEXT,  # the model whose verdicts the scores are; null: none is
            "judge_agreement": _NUMBER,  # with people, on labelled answers; null: it was never compared with them
            "judge_agreement_low": _NUMBER,
            "judge_agreement_high": _NUMBER,
            "judge_kappa": _NUMBER,
            "n_judge_labelled": _INT,
            "n_unjudged": _INT,  # of `failed`: answered, and without a verdict that could be read
            "n_open_suspects": _INT,
            "n_open_own_family": _INT,  # of them those in which the model or one of its family had a vote
            "doubt_low": _NUMBER,
            "doubt_high": _NUMBER,
            "doubt_low_others": _NUMBER,  # as if those of its own family were none
            "doubt_high_others": _NUMBER,
            "prompt_tokens": _INT,
            "completion_tokens": _INT,
            "cost_usd": _NUMBER,
            "questions_version": _TEXT,
            "labels_version": _TEXT,
            "model_version": _TEXT,
            "scorers_version": _TEXT,
            "made_from": _TEXT,  # JSON (`line.terms`): versions of the tables, what evalpipe.toml said; null by subject
            "refreshed_at": _TIME,
            **_MADE_BY,
        },
    ),
)

TABLES: dict[str, TableSpec] = {spec.name: spec for spec in _TABLES}

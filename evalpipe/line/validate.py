"""validated_questions: reviews applied, shards made. Behind the gate: a stopped drop registers nothing."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from evalpipe.core.errors import DropError
from evalpipe.core.keys import from_key
from evalpipe.core.questions import label_version
from evalpipe.core.versions import digest
from evalpipe.labels.review.reviews import Review, applies, settle
from evalpipe.labels.structure import unscorable
from evalpipe.line.doubt import gate_verdict
from evalpipe.line.drops import ingested, write_state
from evalpipe.line.models import to_questions
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.line.reviews import reviews_of, reviews_version
from evalpipe.store.lease import lease
from evalpipe.store.tables import TABLES


@dataclass(frozen=True, slots=True)
class ValidationSummary:
    drop: str
    bank: str
    questions: int
    reviewed: int
    excluded: int
    shards: pl.DataFrame  # the drop's rows of table `shards`


def validate_drop(project: Project, drop: str, made: MadeBy) -> ValidationSummary:
    """Write the drop's questions with the reviews that hold for them, and one row per shard that has questions.

    Raises: DropError: not ingested, or stopped by its gate.
    """
    with lease(project.lake, "drops", drop):
        state = ingested(project, drop)
        if state["gated_at"] is None:
            raise DropError(f"drop {drop}: its labels were not looked at yet; materialise `label_doubts` first.")
        verdict = gate_verdict(project, drop)
        if not verdict.passed:
            raise DropError(verdict.message)
        bank = str(state["bank"])
        reviews = reviews_of(project, drop, bank)
        narrow: list[pl.DataFrame] = []
        counts = {"reviewed": 0, "excluded": 0}

        def frames() -> Iterator[pl.DataFrame]:
            narrow.clear()
            counts.update(reviewed=0, excluded=0)
            for batch in project.lake.batches("raw_questions", pl.col("drop") == drop):
                settled = _settled(batch, drop, reviews)
                narrow.append(settled.select(_NARROW))
                counts["reviewed"] += settled.filter(pl.col("review_ids").list.len() > 0).height
                counts["excluded"] += settled.filter(pl.col("status") != "active").height
                yield settled

        project.lake.replace_stream("questions", frames, drop=drop)
        every = pl.concat([TABLES["questions"].empty().select(_NARROW), *narrow])
        if every.height != state["n_questions"]:
            raise DropError(
                f"drop {from_key(drop)!r}: its ingest counted {state['n_questions']} questions, the table holds "
                f"{every.height}. Materialise `raw_questions` of it again; no shard was registered."
            )
        shards = _shards(drop, bank, every)
        project.lake.replace("shards", shards, drop=drop)
        changes: dict[str, object] = {
            "n_excluded": counts["excluded"],
            "reviews_version": reviews_version(reviews),
            "validated_at": now(),
        }
        write_state(project, drop, changes, made)
    return ValidationSummary(drop, bank, every.height, counts["reviewed"], counts["excluded"], shards)


# What is held of every question at once, to make the shards' versions: 2 million have to fit.
_NARROW = ["shard", "question_id", "kind", "question_version", "label_version"]


def _settled(batch: pl.DataFrame, drop: str, reviews: dict[str, list[Review]]) -> pl.DataFrame:
    """The questions with the targets and status that their reviews give them; most have none."""
    plain = batch.with_columns(
        status=pl.lit("active"),
        raw_targets=pl.col("targets"),
        review_ids=pl.lit([], dtype=pl.List(pl.String)),
    )
    hit = plain.filter(pl.col("question_id").is_in(list(reviews))) if reviews else plain.clear()
    if hit.is_empty():
        return plain
    rows: list[dict[str, object]] = []
    for row, question in zip(hit.iter_rows(named=True), to_questions(hit), strict=True):
        version = row["question_version"]
        holding = [each for each in reviews[row["question_id"]] if applies(each, drop=drop, question_version=version)]
        settled = settle(question.targets, holding, question.kind)
        if unscorable(replace(question, targets=settled.targets)):
            continue  # a target that the question cannot have; the label stays as it is
        rows.append(
            {
                **row,
                "targets": list(settled.targets),
                "status": settled.status,
                "review_ids": list(settled.review_ids),
                "label_version": label_version(settled.targets, settled.status),
            }
        )
    return plain.update(pl.DataFrame(rows, schema=plain.schema), on="question_id", how="left")


def _shards(drop: str, bank: str, questions: pl.DataFrame) -> pl.DataFrame:
    """One row per shard that has questions, with a version for its questions and one for its labels."""
    rows: list[dict[str, object]] = []
    for shard in questions["shard"].unique().sort():
        group = questions.filter(pl.col("shard") == shard).sort("question_id")
        ids = group["question_id"].to_list()
        rows.append(
            {
                "shard": shard,
                "drop": drop,
                "bank": bank,
                "n_questions": group.height,
                "kinds": group["kind"].unique().sort().to_list(),
                "questions_version": digest(ids, group["question_version"].to_list()),
                "labels_version": digest(ids, group["label_version"].to_list()),
            }
        )
    return pl.DataFrame(rows, schema=TABLES["shards"].columns)

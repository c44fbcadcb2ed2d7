"""What counts today: the questions that stand, and the score rows that were made from exactly them.

A later drop supersedes an earlier one question by question; retired drops are out. A score row counts if its question,
label, model and scorer versions are today's; the others are left out, and counted.
"""

import polars as pl

from evalpipe.line.drops import drop_order
from evalpipe.line.project import Project
from evalpipe.line.score import counted_as
from evalpipe.line.terms import BoardTerms, todays_terms

_QUESTION = ["bank", "question_id", "drop", "shard", "kind", "subject", "cluster", "status", "review_ids"]
_QUESTION += ["question_version", "label_version"]


def standing_questions(project: Project) -> pl.DataFrame:
    """One row per bank and question id: that of the latest drop which is not retired."""
    order = drop_order(project)
    return (
        project.lake.scan("questions")
        .select(_QUESTION)
        .join(order.lazy().select("drop", "order"), on="drop")
        .collect()
        .sort("order")
        .unique(["bank", "question_id"], keep="last", maintain_order=True)
        .drop("order")
    )


def standing_scores(project: Project, questions: pl.DataFrame, terms: BoardTerms | None = None) -> pl.LazyFrame:
    """Score rows of configured models on standing questions, with `count` (what a row counts as, see `line.score`) and
    `current`: made from today's versions of all four, or from those of `terms`. Lazy: half a million rows of all
    columns take 0.6 GB.
    """
    terms = terms or todays_terms(project, questions)
    models = list(terms.models)
    versions = pl.DataFrame(
        {"model": models, "model_version_now": [each.model_version for each in terms.models.values()]},
        schema={"model": pl.String, "model_version_now": pl.String},
    )
    kinds = pl.DataFrame(
        [(bank, kind, each.name, each.version) for (bank, kind), each in terms.scorers.items()],
        schema=dict.fromkeys(("bank", "kind", "scorer_now", "scorer_version_now"), pl.String),
        orient="row",
    )
    facts = questions.select(
        "bank",
        "question_id",
        "shard",
        "kind",
        question_version_now="question_version",
        label_version_now="label_version",
    ).join(kinds, on=["bank", "kind"])
    same = [pl.col(name) == pl.col(f"{name}_now") for name in _VERSIONS]
    return (
        project.lake.scan("scores")
        .filter(pl.col("model").is_in(models))
        .join(versions.lazy(), on="model")
        .join(facts.lazy(), on=["bank", "question_id", "shard"])
        .with_columns(current=pl.all_horizontal(same), count=counted_as())
    )


_VERSIONS = ("question_version", "label_version", "model_version", "scorer", "scorer_version")

"""Which ranks rest on doubted labels: the pairs of models whose order verdicts on them could turn."""

from collections.abc import Mapping, Sequence

import polars as pl

_QUESTION, _ANSWER = "?question", "?answer"  # beside columns named by model keys, which hold no question mark
_ROUNDING = 1e-6  # of sums of means of up to 1,000 samples: far above float noise, far below one sample


def could_swap(points: Mapping[str, float], rows: pl.DataFrame) -> dict[str, list[str]]:
    """Per model the models whose order to it could change, the best ranked first.

    The order of two models could change when the lead of the one above can vanish by verdicts that are all to its harm.
    A verdict lets the label stand, leaves the question out, or makes one other answer right; so nothing shifts where
    both gave the same answer, and where neither gave one. What luck in drawing the questions could change is another
    matter, and not looked at here.

    Args:
        points: by model the sum of its scores over the questions that all models share, a question counting as one.
        rows: of those shared questions whose label is open to doubt, one row per model and counted answer: `model`,
            `question_id`, `score` (null: it earned nothing), `answer` (what it said, equal where the scorer takes it
            for equal; null: nothing that could be read).
    """
    models = sorted(points, key=lambda model: (-points[model], model))
    swaps: dict[str, list[str]] = {model: [] for model in models}
    verdicts = _verdicts(rows, models)
    for place, above in enumerate(models):
        harm = _harm(verdicts, above, models[place + 1 :])
        for below in models[place + 1 :]:
            lead = points[above] - points[below]
            if lead < _ROUNDING:  # any point turns models that are level, whichever of them it goes to
                turned = max(harm[below], _harm(verdicts, below, [above])[above]) > _ROUNDING
            else:
                turned = harm[below] > lead - _ROUNDING
            if turned:
                swaps[above].append(below)
                swaps[below].append(above)
    place_of = {model: place for place, model in enumerate(models)}
    return {model: sorted(others, key=place_of.__getitem__) for model, others in swaps.items()}


def _harm(verdicts: pl.DataFrame, above: str, below: Sequence[str]) -> dict[str, float]:
    """How many points of its lead over each of `below` the model could lose by verdicts."""
    leads = [(pl.col(above) - pl.col(model)).alias(model) for model in below]
    worst = (
        verdicts.select(_QUESTION, *leads)
        .group_by(_QUESTION, maintain_order=True)
        .agg(pl.col(model).first() - pl.col(model).min() for model in below)
        .select(pl.col(model).sum() for model in below)
    )
    return worst.row(0, named=True) if below else {}


def _verdicts(rows: pl.DataFrame, models: Sequence[str]) -> pl.DataFrame:
    """What each model (a column) would score on each doubted question, a row per verdict; the first lets it stand."""
    size = pl.len().over("model", "question_id")
    rows = rows.select("model", pl.col("question_id").alias(_QUESTION), "score", "answer", share=1 / size)
    stands = _by_model(rows, pl.col("score").fill_null(0.0) * pl.col("share"), models)
    left_out = stands.with_columns(pl.lit(0.0).alias(model) for model in models)
    other = _by_model(rows.drop_nulls("answer"), pl.col("share"), models, "answer")
    return pl.concat([stands, left_out, other]).sort(_QUESTION, maintain_order=True)


def _by_model(rows: pl.DataFrame, points: pl.Expr, models: Sequence[str], *answer: str) -> pl.DataFrame:
    """One row per question (and answer), in each model's column its points; where it has none, 0."""
    index = [_QUESTION, *(pl.col(name).alias(_ANSWER) for name in answer)]
    sums = rows.select(*index, "model", points=points)
    keys = [name for name in sums.columns if name not in ("model", "points")]
    found = [pl.col("points").filter(pl.col("model") == model).sum().alias(model) for model in models]
    return sums.group_by(keys, maintain_order=True).agg(found).select(_QUESTION, *models)

"""The committee's answers as numbers: per question, code 0 for the label, 1, 2, ... for other answers by popularity.

Two answers have one code if the scorer holds them equal; the caller gives them as keys that are equal then.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

NOBODY = -1  # this member gave no answer that could be read
MOST_OTHERS = 8  # answers told apart beside the label; rarer ones support nothing and contradict all
RARE = MOST_OTHERS + 1


@dataclass(frozen=True, slots=True)
class Ballots:
    """What N questions' labels and M members say.

    `members`: M names. `said`: int8 (N, M), NOBODY, 0 for the label, 1 to MOST_OTHERS for another answer, or RARE.
    `options`: float64 (N,), how many answers the question admits; `OPEN` where it is no choice.
    `answers`: what each code means: columns q (row), code, answer.
    """

    members: tuple[str, ...]
    said: np.ndarray
    options: np.ndarray
    answers: pl.DataFrame


OPEN = 1000.0  # answers that a number or a text could be; the model of wrong answers hardly depends on it


def ballots(questions: pl.DataFrame, votes: pl.DataFrame, mentioned: pl.DataFrame | None = None) -> Ballots:
    """Code the votes about these questions.

    Args:
        questions: question_id, `labels` (List of keys that count as right), `n_options` (0: open); in the drop's order.
        votes: question_id, who, answer (key), at most one row per question and member. Null answers, and questions
            that are not among the above, are left out.
        mentioned: question_id, answer (key): answers that somebody proposed who has no vote; they get codes too.
    """
    rows = questions.select("question_id", "labels", "n_options").with_row_index("q")
    cast = votes.drop_nulls("answer").join(rows.select("q", "question_id"), on="question_id")
    members = tuple(cast["who"].unique().sort())
    right = rows.select("q", pl.col("labels").alias("answer")).explode("answer").drop_nulls().unique()
    proposed = pl.DataFrame(schema={"question_id": pl.String, "answer": pl.String}) if mentioned is None else mentioned
    proposed = proposed.drop_nulls().join(rows.select("q", "question_id"), on="question_id")
    others = (
        pl.concat([cast.select("q", "answer", one=1), proposed.select("q", "answer", one=0)])
        .group_by("q", "answer")
        .agg(len=pl.col("one").sum())
        .join(right, on=["q", "answer"], how="anti")
        .sort("q", "len", "answer", descending=[False, True, False])
        .with_columns(code=pl.int_range(1, pl.len() + 1).over("q"))
        .select("q", "answer", pl.col("code").clip(upper_bound=RARE).cast(pl.Int8))
    )
    answers = pl.concat([right.with_columns(code=pl.lit(0, pl.Int8)), others]).select("q", "code", "answer")
    coded = cast.join(answers, on=["q", "answer"]).join(
        pl.DataFrame({"who": members}, schema={"who": pl.String}).with_row_index("member"), on="who"
    )
    said = np.full((rows.height, len(members)), NOBODY, np.int8)
    said[coded["q"].to_numpy(), coded["member"].to_numpy()] = coded["code"].to_numpy()
    options = rows.select(pl.when(pl.col("n_options") > 1).then("n_options").otherwise(OPEN)).to_series()
    told_apart = np.where(said == RARE, MOST_OTHERS, said).max(axis=1, initial=0) + 1.0
    return Ballots(members, said, np.maximum(options.cast(pl.Float64).to_numpy(), np.maximum(told_apart, 2.0)), answers)

"""What questions lack: their requests minus the answers that are known."""

from dataclasses import dataclass

import polars as pl

from evalpipe.line.answers import known_of
from evalpipe.line.cell import Cell


@dataclass(frozen=True, slots=True)
class Missing:
    """`requests`: of every question, see `Cell.fingerprints`. `known`: `fingerprint` and `sample` of what was answered.
    `to_send`: `question_id`, `fingerprint` and `sample` of what is to be asked now; `held_back`: more is missing.
    """

    requests: pl.DataFrame
    known: pl.DataFrame
    to_send: pl.DataFrame
    held_back: bool


def missing_of(cell: Cell, samples: int, sample_below: float, most: int | None) -> Missing:
    """What is to be asked of questions whose draw is below `sample_below`, at most `most` requests.

    Raises: UsageError: there is no question. ConfigError: the template names something that no question has.
    """
    project = cell.project
    requests = cell.fingerprints(draws=sample_below < 1)
    known = known_of(project.lake, cell.ready.key, requests["fingerprint"], project.config.file.cache.ttl_s)
    # Equal requests are one.
    missing = (
        requests.filter(pl.col("draw") < sample_below)
        .unique("fingerprint", keep="first", maintain_order=True)
        .join(pl.DataFrame({"sample": range(samples)}, schema={"sample": pl.Int64}), how="cross")
        .join(known, on=["fingerprint", "sample"], how="anti", maintain_order="left")
        .select("question_id", "fingerprint", "sample")
    )
    to_send = missing if most is None else missing.head(most)
    return Missing(requests, known, to_send, to_send.height < missing.height)

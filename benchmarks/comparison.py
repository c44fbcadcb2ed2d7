"""Comparisons of models: how often they alarm for nothing, what they find, what they cover, and how long they take.

    python benchmarks/comparison.py [--runs 2000] [--pairs 150000] [--seed 1]

Alarms, power and coverage are simulated (`evalpipe_tests/core/comparison/simulated.py`). The time is that of
`evalpipe compare`, in this process, over a lake of so many questions that two models answered.
"""

import argparse
import tempfile
import time
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
from bank import model_toml, write_config
from machine import against, machine, peak_mb, print_table

from evalpipe.core.comparison import minimum_detectable_difference
from evalpipe.line.compare import Wanted, compare_models, flipped
from evalpipe.line.models import model_version, scorer_for
from evalpipe.line.project import Project
from evalpipe.store.tables import TABLES
from evalpipe_tests.core.comparison.simulated import Cell, alarm_rate, coverage, power_rate

ICCS, ACCURACIES = (0.0, 0.1, 0.5), (0.1, 0.5, 0.95)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2_000)
    parser.add_argument("--pairs", type=int, default=150_000)
    parser.add_argument("--seed", type=int, default=1)
    told = parser.parse_args()
    rng = np.random.default_rng(told.seed)
    print(f"{machine()} · {told.runs:,} runs a cell · seed {told.seed}\n")
    _alarms(rng, told.runs)
    _power(rng, told.runs)
    _time(rng, told.pairs)


def _alarms(rng: np.random.Generator, runs: int) -> None:
    """A table for clusters whose luck is each model's own, one for passages as hard for both."""
    rates: list[float] = []
    for shared in (False, True):
        print(
            "Alarms of models that are alike, at the 5% level; each cell: accuracy " + ", ".join(map(str, ACCURACIES))
        )
        print("(a passage is as hard for both)" if shared else "(each model has its own luck with a passage)")
        rows: list[list[str]] = []
        for clusters in (10, 20, 50, 200, 500):
            row = [str(clusters)]
            for icc in ICCS:
                found = [alarm_rate(rng, Cell(clusters, icc, each, shared=shared), runs) for each in ACCURACIES]
                rates += found
                row.append(" / ".join(f"{rate:.1%}" for rate in found))
            held = [coverage(rng, Cell(clusters, *each, shared=shared), runs) for each in product(ICCS, ACCURACIES)]
            rows.append([*row, f"{min(held):.1%} to {max(held):.1%}"])
        print_table(["clusters", *(f"icc {icc}" for icc in ICCS), "95% interval covers"], rows)
    print(
        f"worst of {len(rates)} cells {max(rates):.1%} {against(max(rates), 0.06, at_most=True, form='.0%')}; ", end=""
    )
    print(f"mean {np.mean(rates):.1%}\n")


def _power(rng: np.random.Generator, runs: int) -> None:
    """At the minimum detectable difference, two-sided 5%."""
    rows: list[list[str]] = []
    for pairs, discordant, clusters, icc in (
        (500, 0.3, None, 0.0),
        (2_000, 0.1, None, 0.0),
        (20_000, 0.1, None, 0.0),
        (150_000, 0.1, None, 0.0),
        (150_000, 0.02, None, 0.0),
        (2_000, 0.3, 20, 0.05),
        (2_000, 0.3, 50, 0.1),
        (5_000, 0.2, 200, 0.3),
        (20_000, 0.1, 500, 0.2),
        (150_000, 0.1, 5_000, 0.1),
        (50, 0.3, None, 0.0),
        (200, 0.05, None, 0.0),
        (150, 0.2, 30, 0.05),
        (600, 0.2, 60, 0.05),
    ):
        rate = power_rate(rng, pairs, discordant, clusters, icc, runs)
        told = [f"{pairs:,}", f"{discordant:.0%}", f"{clusters:,}" if clusters else "–", f"{icc:g}", f"{rate:.1%}"]
        rows.append([*told, "met" if abs(rate - 0.8) <= 0.03 else "MISSED"])
    print_table(["pairs", "discordant", "clusters", "icc", "found", "80% +- 3"], rows)
    least = minimum_detectable_difference(150_000, 0.1, one_sided=True)
    print(f"150,000 pairs, 10% discordant, one-sided 5%: {100 * (least or 0):.3f} points\n")


def _time(rng: np.random.Generator, pairs: int) -> None:
    """From the lake to verdict and flips, without clusters and with."""
    rows: list[list[str]] = []
    for clusters in (None, pairs // 10):
        with tempfile.TemporaryDirectory() as folder:
            toml = "".join(model_toml(name, f"http://127.0.0.1:1/{name}", 1) for name in ("a", "b"))
            project = write_config(Path(folder), toml)
            _fill(project, rng, pairs, clusters)
            began = time.perf_counter()
            (compared,) = compare_models(project, Wanted(("a", "b")))
            flips = flipped(project, compared)
            took = time.perf_counter() - began
        found = compared.judged.comparison
        figures = [
            f"{found.n:,}",
            f"{clusters:,}" if clusters else "–",
            found.test,
            f"{flips.height:,}",
            f"{took:.2f} s",
        ]
        rows.append([*figures, against(took, 5, at_most=True, form="g")])
    print_table(["pairs", "clusters", "test", "flips", "time", "bar"], rows)
    print(f"peak memory of all of this {peak_mb():,.0f} MB")


def _fill(project: Project, rng: np.random.Generator, n: int, clusters: int | None) -> None:
    """Tables as a line would have left them: one drop in shards of 4,096, two models' answers scored."""
    at = pl.Series(np.arange(n))
    shard = "bench." + (at // 4096).cast(pl.String).str.zfill(4)
    question = pl.DataFrame({"question_id": "q" + at.cast(pl.String), "shard": shard}).with_columns(
        drop=pl.lit("bench"),
        bank=pl.lit("bench"),
        kind=pl.lit("number"),
        status=pl.lit("active"),
        targets=pl.lit(["1"]),
        cluster=None if clusters is None else pl.Series(rng.integers(0, clusters, n)).cast(pl.String),
        question_version="question_id",
        label_version="question_id",
    )
    now = datetime.now(UTC)
    project.lake.append(
        "drops", _typed(pl.DataFrame({"drop": ["bench"], "bank": ["bench"], "ingested_at": [now]}), "drops")
    )
    project.lake.append("questions", _typed(question, "questions"))
    scorer = scorer_for(project.config, "bench", "number")
    right = rng.random(n) < 0.8
    for model, scores in (("a", right), ("b", np.where(rng.random(n) < 0.1, ~right, right))):
        rows = question.with_columns(
            model=pl.lit(model),
            sample=pl.lit(0),
            outcome=pl.lit("answered"),
            score=pl.Series(scores).cast(pl.Float64),
            extracted=pl.Series(scores).cast(pl.Int8).cast(pl.String),
            model_version=pl.lit(model_version(project.config, model)),
            scorer=pl.lit(scorer.name),
            scorer_version=pl.lit(scorer.version),
        )
        for cell in rows.partition_by("shard"):
            project.lake.append("scores", _typed(cell, "scores"))


def _typed(rows: pl.DataFrame, table: str) -> pl.DataFrame:
    return rows.select(
        (pl.col(name) if name in rows.columns else pl.lit(None).alias(name)).cast(kind)
        for name, kind in TABLES[table].columns.items()
    )


if __name__ == "__main__":
    main()

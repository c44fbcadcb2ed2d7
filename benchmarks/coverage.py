"""How often the 95% intervals of core/stats hold the truth, by simulation, beside intervals that one could have used.

python -m benchmarks.coverage [draws]      # 2,000 draws each: about 10 minutes; the tables go into docs/statistics.md
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from benchmarks.machine import machine, print_table
from evalpipe.core.stats import Z95, accuracy, bootstrap, clustered_interval, macro, shrink, wilson

Floats = NDArray[np.float64]
LOW, HIGH = 0.935, 0.965
RATES = (0.02, 0.05, 0.2, 0.5, 0.95)
ALIKE = (0.0, 0.1, 0.3, 0.5)


@dataclass(frozen=True, slots=True)
class Case:
    """Clusters whose true rates are beta-distributed with mean `rate` and correlation `alike` within a cluster."""

    clusters: int
    size: int
    kind: str
    alike: float
    rate: float


def sizes_of(case: Case, random: np.random.Generator) -> Floats:
    """`equal`; `poisson`; `skewed`: lognormal with sigma 1; `lumpy`: a quarter of them large, the others single."""
    count, size = case.clusters, case.size
    match case.kind:
        case "equal":
            sizes = np.full(count, size)
        case "poisson":
            sizes = random.poisson(size, count)
        case "skewed":
            sizes = np.round(size * random.lognormal(-0.5, 1.0, count))
        case _:
            sizes = np.where(np.arange(count) < count // 4, 4 * size - 3, 1)
    return np.maximum(1, sizes).astype(np.float64)


def drawn(case: Case, sizes: Floats, draws: int, random: np.random.Generator) -> Floats:
    """Right answers by draw and cluster."""
    rates = np.full((draws, len(sizes)), case.rate)
    if case.alike:
        strength = 1 / case.alike - 1
        rates = random.beta(case.rate * strength, (1 - case.rate) * strength, rates.shape)
    return random.binomial(sizes.astype(int), rates).astype(np.float64)


def others(totals: Floats, sizes: Floats) -> Iterator[tuple[str, Floats, Floats]]:
    """Name, lower and upper ends of what else could have been used."""
    n, count = sizes.sum(), len(sizes)
    mean = totals.sum(1) / n
    edge = (mean == 0) | (mean == 1)
    residuals = totals - mean[:, None] * sizes
    cr1 = (residuals**2).sum(1) / n**2 * count / (count - 1)
    t = stats.t.ppf(0.975, count - 1)
    whole = [wilson(float(share), count) for share in (0.0, 1.0)]  # each cluster one question
    all_low = np.where(mean == 0, whole[0].low, whole[1].low)
    all_high = np.where(mean == 0, whole[0].high, whole[1].high)

    def ends(low: Floats, high: Floats) -> tuple[Floats, Floats]:
        return np.where(edge, all_low, np.maximum(0, low)), np.where(edge, all_high, np.minimum(1, high))

    yield "ignoring clusters", *_wilson(mean, np.full_like(mean, n), Z95)
    yield "t, CR1", *ends(mean - t * np.sqrt(cr1), mean + t * np.sqrt(cr1))
    with np.errstate(all="ignore"):
        effective = np.where(edge, count, mean * (1 - mean) / cr1)
        adjusted = np.minimum(effective * (Z95 / t) ** 2, n)
        odds, error = np.log(mean / (1 - mean)), np.sqrt(cr1) / (mean * (1 - mean))
        right = mean * adjusted
        low = np.where(mean == 0, 0, stats.beta.ppf(0.025, right, adjusted - right + 1))
        high = np.where(mean == 1, 1, stats.beta.ppf(0.975, right + 1, adjusted - right))
        yield "logit, CR1, t", *ends(1 / (1 + np.exp(t * error - odds)), 1 / (1 + np.exp(-t * error - odds)))
    yield "Korn-Graubard", low, high
    yield "Wilson, CR1, t", *_wilson(mean, effective, t)


def _wilson(mean: Floats, n: Floats, z: float) -> tuple[Floats, Floats]:
    centre = (mean + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(mean * (1 - mean) / n + z * z / (4 * n * n))
    return np.where(mean == 0, 0, centre - half), np.where(mean == 1, 1, centre + half)


def covered(case: Case, draws: int, random: np.random.Generator) -> dict[str, tuple[float, float]]:
    """By method the share of draws whose interval holds the truth, and the mean width."""
    sizes = sizes_of(case, random)
    totals = drawn(case, sizes, draws, random)
    found = list(others(totals, sizes))
    n = sizes.sum()
    means = totals.sum(1) / n
    ours = [clustered_interval(row, sizes, float(mean * (1 - mean))) for row, mean in zip(totals, means, strict=True)]
    found.append(("evalpipe", np.array([each.low for each in ours]), np.array([each.high for each in ours])))
    return {
        name: (float(np.mean((low <= case.rate) & (case.rate <= high))), float(np.mean(high - low)))
        for name, low, high in found
    }


def clustered(draws: int) -> None:
    random = np.random.default_rng(20)
    results: dict[Case, dict[str, tuple[float, float]]] = {}
    for kind in ("equal", "poisson", "skewed", "lumpy"):
        cases = [Case(*each[:2], kind, *each[2:]) for each in product((10, 25, 60, 200, 500), (4, 20), ALIKE, RATES)]
        here = {case: covered(case, draws, random) for case in cases}
        results |= here
        names = list(next(iter(here.values())))
        rows = []
        for name in names:
            shares = np.array([found[name][0] for found in here.values()])
            widths = np.array([found[name][1] / found["evalpipe"][1] for found in here.values()])
            rows.append([name, *_summary(shares), f"{np.mean(widths):.2f}"])
        print(f"{kind}: {len(cases)} cases of {draws} draws\n")
        print_table(["interval", "93.5-96.5%", "below", "above", "lowest", "width"], rows)
    worst = sorted(results, key=lambda case: results[case]["evalpipe"][0])[:10]
    print("where it falls short most\n")
    header = ["clusters", "size", "sizes", "correlation", "accuracy", "t, CR1", "evalpipe"]
    print_table(header, [_line(case, results[case], ("t, CR1", "evalpipe")) for case in worst])


def _summary(shares: Floats) -> list[str]:
    within = np.mean((shares >= LOW) & (shares <= HIGH))
    low, high = np.mean(shares < LOW), np.mean(shares > HIGH)
    return [f"{within:.0%}", f"{low:.0%}", f"{high:.0%}", f"{shares.min():.1%}"]


def _line(case: Case, found: dict[str, tuple[float, float]], names: tuple[str, ...]) -> list[object]:
    shares = [f"{found[name][0]:.1%}" for name in names]
    return [case.clusters, case.size, case.kind, case.alike, case.rate, *shares]


def plain() -> None:
    """Wilson's interval without clusters, exactly: every outcome with its probability."""
    rows = []
    for n in (20, 50, 100, 200, 500, 1000, 2000):
        right = np.arange(n + 1)
        ends = [wilson(float(x) / n, n) for x in right]
        low, high = np.array([end.low for end in ends]), np.array([end.high for end in ends])
        rates = np.linspace(0.02, 0.98, 193)
        shares = np.array([stats.binom.pmf(right, n, p)[(low <= p) & (p <= high)].sum() for p in rates])
        rows.append([n, *_summary(shares), f"{shares.mean():.1%}"])
    print("independent questions: Wilson, exact, accuracies .02 to .98\n")
    print_table(["n", "93.5-96.5%", "below", "above", "lowest", "mean"], rows)


def rest(draws: int) -> None:
    """Fractions, macro average, bootstrap and shrinkage."""
    random = np.random.default_rng(21)
    rows: list[list[object]] = []

    def tell(what: str, held: list[bool] | list[float]) -> None:
        rows.append([what, len(held), f"{np.mean(held):.1%}"])

    for n, a, b in ((30, 2.0, 2.0), (100, 8.0, 1.0), (300, 0.5, 0.1)):
        found = [accuracy(pl.Series(random.beta(a, b, n))) for _ in range(draws)]
        tell(f"fractions, beta({a}, {b}), n = {n}", [e.low <= a / (a + b) <= e.high for e in found])
    for subjects, size, mean in ((5, 40, 0.5), (57, 20, 0.7), (57, 60, 0.95)):
        rates = random.beta(mean * 10, (1 - mean) * 10, subjects)
        sizes = np.maximum(2, random.poisson(size, subjects))
        name = pl.Series(np.repeat(np.arange(subjects), sizes))
        answers = (random.random((draws, sizes.sum())) < np.repeat(rates, sizes)).astype(float)
        found = [macro(pl.Series(row), name) for row in answers]
        tell(f"macro, {subjects} subjects of {size}", [e.low <= rates.mean() <= e.high for e in found])
        held = []
        for _ in range(max(1, draws // 10)):
            true = random.beta(mean * 10, (1 - mean) * 10, subjects)
            shrunk = shrink(random.binomial(sizes, true).astype(float), sizes.astype(float)).subjects
            held += [e.low <= p <= e.high for e, p in zip(shrunk, true, strict=True)]
        tell(f"shrinkage, {subjects} subjects of {size}: mean over subjects", held)
    for n, groups in ((100, None), (400, 60)):
        held = {"bca": [], "percentile": []}
        for seed in range(draws // 4):
            x = random.gamma(2.0, 1.0, n)
            cluster = None
            if groups:
                of = np.arange(n) % groups
                x, cluster = x * random.gamma(5.0, 0.2, groups)[of], pl.Series(of)
            y = np.stack([x + random.normal(0, 0.3, n), x * 0 + random.gamma(4.0, 0.5, n)], axis=1)
            for method, told in held.items():
                e = bootstrap(y, _ratio, cluster, draws=600, seed=seed, method=method)
                told.append(e.low <= 1.0 <= e.high)
        for method, told in held.items():
            tell(f"bootstrap, {method}: ratio of means, n = {n}{f', {groups} clusters' if groups else ''}", told)
    for name, rate, subject, cluster in _uneven():
        found = [
            macro(pl.Series((random.random(len(subject)) < rate()).astype(float)), pl.Series(subject), cluster)
            for _ in range(draws)
        ]
        tell(name, [e.low <= 0.75 <= e.high for e in found])
    print_table(["what", "draws", "covered"], rows)


def _uneven() -> Iterator[tuple[str, Callable[[], Floats | float], NDArray[np.int64], pl.Series | None]]:
    """Macro averages that lean on little: one small subject among large ones, and few passages. All rates are 0.75."""
    random = np.random.default_rng(22)
    sizes = np.array([10, 30, 100, 300, 1000])
    yield "macro, subjects of 10, 30, 100, 300 and 1,000", lambda: 0.75, np.repeat(np.arange(5), sizes), None
    subject, passage = np.repeat(np.arange(3), 50), np.repeat(np.arange(30), 5)
    yield (
        "macro, 3 subjects of 10 passages of 5, correlation .2",
        lambda: random.beta(3, 1, 30)[passage],
        subject,
        pl.Series(passage),
    )


def _ratio(rows: Floats) -> float:
    return float(rows[:, 0].sum() / rows[:, 1].sum())


if __name__ == "__main__":
    draws = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
    print(machine() + "\n")
    plain()
    clustered(draws)
    rest(draws)

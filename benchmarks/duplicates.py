"""Copies with another label, planted among distinct questions: how many are found, and what is found beside them.

    python benchmarks/duplicates.py [--data FOLDER] [--questions 20000] [--planted 1000] [--seeds 0 1 2] [--large 150000]

Questions: those of GSM8K and MMLU-Redux in FOLDER (by default EVALPIPE_SHARED_DATA, else `../shared/data`; without it
none), and generated ones up to the number. Each planted copy is the question written otherwise, with another label; as
many hard negatives are another question that looks alike, with another label. The ways are `duplicate_variants.py`.
"""

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import polars as pl
from machine import against, machine, peak_mb, print_table

from benchmarks.duplicate_variants import OTHER, SAME, Asked, Variation
from evalpipe.core.questions import LETTERS
from evalpipe.labels.duplicates import conflicting_duplicates
from evalpipe.labels.schema import Bank
from evalpipe.sample.draw import draw_entries

DEFAULT = Path(os.environ.get("EVALPIPE_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
_SCHEMA = {
    "question_id": pl.String,
    "text": pl.String,
    "kind": pl.String,
    "choices": pl.List(pl.String),
    "targets": pl.List(pl.String),
}


@dataclass(frozen=True, slots=True)
class Planted:
    """A bank with planted copies. `kinds`: of each copy the way it was made; `of`: the question it was made from."""

    questions: pl.DataFrame
    kinds: dict[str, str]
    of: dict[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """`by_kind`: how many of each way were planted and found; `alarms`: doubted questions that no copy belongs to."""

    by_kind: dict[str, tuple[int, int]]
    hits: int
    planted: int
    alarms: tuple[str, ...]
    seconds: float

    @property
    def recall(self) -> float:
        return self.hits / self.planted

    @property
    def precision(self) -> float:
        """Of the doubted pairs; an alarm is half of one."""
        return self.hits / (self.hits + len(self.alarms) / 2) if self.hits else 0.0


def questions_of(data: Path, count: int, seed: int) -> list[Asked]:
    """Real questions, then generated ones, no two of the same text and choices; up to `count`, in random order."""
    rng = Random(seed)
    distinct: dict[tuple[str, tuple[str, ...]], Asked] = {}
    for each in _real(data):
        distinct.setdefault(_same_text(each), each)
    real = rng.sample(list(distinct.values()), min(count, len(distinct)))
    drawn = draw_entries(rng, count - len(real)) if count > len(real) else []
    asked = real + [Asked(each.text, each.template.kind, each.item.choices, each.target) for each in drawn]
    rng.shuffle(asked)
    return asked


def _same_text(asked: Asked) -> tuple[str, tuple[str, ...]]:
    return (" ".join(asked.text.split()).casefold(), tuple(sorted(asked.choices)))


def _real(data: Path) -> Iterator[Asked]:
    if not data.is_dir():
        return
    for line in (data / "gsm8k" / "test.jsonl").open(encoding="utf-8"):
        row = json.loads(line)
        yield Asked(row["question"], "number", (), row["answer"].rsplit("####", 1)[1].strip())
    rows = pl.read_parquet(data / "mmlu_redux" / "questions.parquet")
    for text, choices, answer in rows.select("question", "choices", "answer").iter_rows():
        yield Asked(text, "choice", tuple(choices), answer)


def plant(asked: Sequence[Asked], copies: int, seed: int) -> Planted:
    """Copies of random questions in each of the ways in turn, and as many hard negatives."""
    rng = Random(seed)
    rows = {f"q{at}": each for at, each in enumerate(asked)}
    sources = iter(rng.sample(range(len(asked)), len(asked)))
    taken = {_same_text(each) for each in asked}  # 2 + 3 with another number may be 3 + 3, which is there
    kinds: dict[str, str] = {}
    of: dict[str, str] = {}
    for ways in (SAME, OTHER):
        names = list(ways)
        made = 0
        for source in sources:
            if made == copies:
                break
            varied = _varied(rng, asked[source], names[made % len(names)], ways)
            if varied is not None and (ways is SAME or _same_text(varied) not in taken):
                name = f"copy{len(kinds)}"
                kinds[name], of[name] = names[made % len(names)], f"q{source}"
                rows[name] = varied
                made += 1
    order = rng.sample(list(rows), len(rows))
    frame = pl.DataFrame(
        [(name, rows[name].text, rows[name].kind, list(rows[name].choices), [rows[name].target]) for name in order],
        schema=_SCHEMA,
        orient="row",
    )
    return Planted(frame, kinds, of)


def _varied(rng: Random, asked: Asked, name: str, ways: dict[str, Variation]) -> Asked | None:
    """The question in another way, with another label; None where it has nothing to vary."""
    varied = ways[name](rng, asked)
    if varied is None:
        return None
    if varied.choices:
        others = [letter for letter in LETTERS[: len(varied.choices)] if letter != varied.target]
        return replace(varied, target=rng.choice(others))
    return replace(varied, target=str(rng.randrange(10**6, 10**7)))


def measure(planted: Planted) -> Found:
    """Look for duplicates, and compare with what was planted."""
    started = time.perf_counter()
    doubts = conflicting_duplicates(Bank(lambda: planted.questions.iter_slices(20_000)))
    seconds = time.perf_counter() - started
    doubted = set(doubts["question_id"])
    same = {name for name, kind in planted.kinds.items() if kind in SAME}
    hit = {name for name in same if name in doubted and planted.of[name] in doubted}
    count = Counter(planted.kinds[name] for name in same)
    found = Counter(planted.kinds[name] for name in hit)
    expected = same | {planted.of[name] for name in same}
    return Found(
        by_kind={kind: (count[kind], found[kind]) for kind in SAME},
        hits=len(hit),
        planted=len(same),
        alarms=tuple(sorted(doubted - expected)),
        seconds=seconds,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DEFAULT)
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--planted", type=int, default=1_000)
    parser.add_argument("--seeds", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--large", type=int, default=150_000, help="questions of the last run, for time and memory")
    parser.add_argument("--show", action="store_true", help="print the pairs that were missed or wrongly found")
    told = parser.parse_args()
    print(f"{machine()} · {told.planted:,} copies and as many hard negatives among {told.questions:,} questions\n")
    results: list[Found] = []
    for seed in told.seeds:
        planted = plant(questions_of(told.data, told.questions, seed), told.planted, seed)
        results.append(measure(planted))
        if told.show:
            _show(planted, results[-1])
    rows = [(kind, *(f"{found.by_kind[kind][1]} of {found.by_kind[kind][0]}" for found in results)) for kind in SAME]
    rows += [
        ("recall", *(f"{found.recall:.3f} {against(found.recall, 0.90, False, '.2f')}" for found in results)),
        ("precision", *(f"{found.precision:.3f} {against(found.precision, 0.95, False, '.2f')}" for found in results)),
        ("questions wrongly doubted", *(len(found.alarms) for found in results)),
        ("seconds", *(f"{found.seconds:.1f}" for found in results)),
    ]
    print_table(("planted", *(f"seed {seed}" for seed in told.seeds)), rows)
    if told.large:
        planted = plant(questions_of(told.data, told.large, 0), told.planted, 0)
        before = peak_mb()
        found = measure(planted)
        print(
            f"{planted.questions.height:,} questions: {found.seconds:.1f} s, peak memory {peak_mb():,.0f} MB "
            f"({before:,.0f} MB of it before, with the questions themselves), recall {found.recall:.3f}, "
            f"precision {found.precision:.3f}"
        )


def _show(planted: Planted, found: Found) -> None:
    texts = {row[0]: row[1:4] for row in planted.questions.iter_rows()}
    for name in found.alarms:
        print(f"alarm  {name} {planted.kinds.get(name)} {texts[name]}\n")
    doubts = conflicting_duplicates(Bank(lambda: planted.questions.iter_slices(20_000)))
    doubted = set(doubts["question_id"])
    for name, kind in planted.kinds.items():
        if kind in SAME and name not in doubted:
            print(f"missed {kind} {texts[name]}\n       {texts[planted.of[name]]}\n")


if __name__ == "__main__":
    main()

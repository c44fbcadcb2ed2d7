"""Copies with another label, planted among distinct questions, and how many of them the signal finds."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import polars as pl

from evalpipe.core.questions import LETTERS
from evalpipe.labels.duplicates.signal import conflicting_duplicates
from evalpipe.labels.schema import Bank
from evalpipe.sample.draw import draw_entries
from evalpipe_tests.labels.duplicates.variants import OTHER, SAME, Asked, Variation

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

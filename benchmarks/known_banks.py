"""Two real banks with recorded answers and known label errors, as `planting.Item`s; see the README beside the data."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from benchmarks.planting import Item, plain


def gsm8k(folder: Path) -> tuple[list[Item], dict[str, str], dict[str, str | None]]:
    """Items, and by question id the status of its label and the right key as the experts gave it."""
    votes: dict[str, dict[str, str]] = {}
    answers = pl.read_parquet(folder / "recorded_final_answers.parquet")
    for question_id, model, answer in answers.select("question_id", "model", "final_answer").iter_rows():
        if (number := plain(answer)) is not None:
            votes.setdefault(question_id, {})[model] = number
    items: list[Item] = []
    for at, line in enumerate((folder / "test.jsonl").open(encoding="utf-8")):
        row = json.loads(line)
        solution, _, key = row["answer"].rpartition("####")
        name, label = f"gsm8k-test-{at:04}", plain(key) or key.strip()
        items.append(Item(name, row["question"], "", (), solution, label, votes.get(name, {}), label))
    known = pl.read_parquet(folder / "known_label_errors.parquet")
    status = dict(known.select("question_id", "status").iter_rows())
    return items, status, dict(known.select("question_id", "correct_key").iter_rows())


def mmlu(folder: Path) -> tuple[list[Item], dict[str, str], dict[str, str | None]]:
    votes: dict[str, dict[str, str]] = {}
    answers = pl.read_parquet(folder / "recorded_completions.parquet")
    for question_id, model, letter in answers.select("question_id", "model", "completion").iter_rows():
        if letter is not None:
            votes.setdefault(question_id, {})[model] = letter
    items: list[Item] = []
    for row in pl.read_parquet(folder / "questions.parquet").iter_rows(named=True):
        name, label = row["question_id"], row["answer"]
        choices = tuple(row["choices"])
        items.append(Item(name, row["question"], row["subject"], choices, None, label, votes.get(name, {}), label))
    known = pl.read_parquet(folder / "known_label_errors.parquet")
    defect = dict(known.select("question_id", "error_type").iter_rows())
    return items, defect, dict(known.select("question_id", "correct_key").iter_rows())


def given(folder: Path, items: Sequence[Item]) -> list[Item]:
    """The planted errors that lie beside the data, `injected8_seed0.parquet`; a copy of a question has its id again."""
    by_id = {item.question_id: item for item in items}
    found: list[Item] = []
    for row in pl.read_parquet(folder / "injected8_seed0.parquet").iter_rows(named=True):
        item = by_id[row["question_id"]]
        name = f"{item.question_id}-again" if row["kind"] == "stale_duplicate" else item.question_id
        label, truth = (
            row[each] if item.choices else plain(row[each]) or row[each] for each in ("label", "true_label")
        )
        changes = {"question_id": name, "text": row["question"], "label": label, "true_label": truth}
        found.append(replace(item, **changes, kind=row["kind"]))
    return found

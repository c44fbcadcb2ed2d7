"""Answers that people have judged: what a judge is compared with. JSONL or CSV, one answer a row.

`answer` and `score` (1 right, 0 wrong), and the question: `question_id`, of the bank, or `question` with its `targets`
(a list; a text is one target, or a list in JSON).
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from evalpipe.core.errors import ConfigError
from evalpipe.core.quoting import one_line

_SCORES = {"1": 1, "0": 0, "1.0": 1, "0.0": 0, "true": 1, "false": 0}


@dataclass(frozen=True, slots=True)
class Labelled:
    """A person's verdict on an answer. `question` is None where `question_id` names one of the lake."""

    question_id: str | None
    question: str | None
    targets: tuple[str, ...]
    answer: str
    right: bool


def read_labelled(path: Path) -> list[Labelled]:
    """Raises ConfigError: the file cannot be read, or a row is not what it should be; names file and line."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return [_labelled(f"{path}:{line}", row) for line, row in _rows(path, text)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: the labelled answers cannot be read ({error}).") from None


def _rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    if path.suffix.lower() == ".csv":
        reader = csv.DictReader(text.splitlines(keepends=True))
        for row in reader:
            yield reader.line_num, row
        return
    for at, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{path}:{at}: no JSON ({error}).") from None
        if not isinstance(row, dict):
            raise ConfigError(f"{path}:{at}: a JSON object is expected.")
        yield at, cast("dict[str, Any]", row)


def _labelled(where: str, row: dict[str, Any]) -> Labelled:
    score = _SCORES.get(str(row.get("score")).strip().casefold())
    if score is None:
        raise ConfigError(
            f"{where}: `score` is {one_line(repr(row.get('score')), 40)}. Write 1 for right, 0 for wrong."
        )
    answer, question_id, question = row.get("answer"), row.get("question_id"), row.get("question")
    if not isinstance(answer, str) or not answer.strip():
        raise ConfigError(f"{where}: `answer` is empty or no text.")
    if question:
        targets = _targets(row.get("targets"))
        if not targets:
            raise ConfigError(f"{where}: `targets` is empty. Give the right answers, as a list of texts.")
        return Labelled(None, str(question), targets, answer, bool(score))
    if question_id is None or not str(question_id).strip():
        raise ConfigError(f"{where}: it names no question. Give `question_id`, or `question` and `targets`.")
    return Labelled(str(question_id), None, (), answer, bool(score))


def _targets(value: object) -> tuple[str, ...]:
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return (str(value),)
    several = cast("list[object]", value) if isinstance(value, list) else [value]
    return tuple(str(each) for each in several if each is not None and str(each).strip())

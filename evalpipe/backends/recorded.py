"""Answers made elsewhere, from a Parquet or JSONL file, looked up as if they were asked.

A question is found by its id; else by its text, white space apart, where the file has texts.
"""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import polars as pl

from evalpipe.backends.content import file_digest
from evalpipe.backends.openai_chat import encode
from evalpipe.backends.protocol import Message
from evalpipe.core.answers import Reply
from evalpipe.core.errors import ConfigError
from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line
from evalpipe.core.versions import digest

# What each column may be called where the configuration does not name it.
_USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "question_id": ("question_id",),
    "question": ("question",),
    "model": ("model",),
    "completion": ("completion", "final_answer"),
}
NOT_RECORDED = Reply(outcome="failed", error="no recorded answer")


def recorded_models(path: Path, columns: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """The models of a file, sorted. A file without a column of models holds one, named like the file.

    Raises: ConfigError: no such file or column, or it cannot be read.
    """
    found = _columns(path, columns or {})
    if "model" not in found:
        return (path.stem,)
    names = _collect(path, _scan(path).select(pl.col(found["model"]).cast(pl.String)).drop_nulls().unique())
    return tuple(sorted(names.to_series()))


@dataclass(frozen=True, slots=True)
class Recorded:
    """The recorded answers of one model. `columns` names what the file calls `question_id`, `question`, `model` and
    `completion`; by default the same (`final_answer` will do for the last).
    """

    path: Path
    model: str
    columns: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def identity(self) -> str:
        """Raises ConfigError: the file does not fit."""
        return f"recorded:{digest(file_digest(self.path), _columns(self.path, self.columns))}"

    @property
    def conflicts(self) -> int:
        """How many questions have rows with different answers; the first counts."""
        return _load(self).conflicts

    def content(self, question: Question, messages: tuple[Message, ...]) -> bytes:
        """What is looked up; no prompt was sent by us, so none is part of it."""
        return encode({"model": self.model, "question_id": question.question_id, "question": question.text})

    @asynccontextmanager
    async def sessions(self) -> AsyncIterator[Sequence["RecordedSession"]]:
        yield [RecordedSession(_load(self))]


@dataclass(frozen=True, slots=True)
class Answers:
    """One model's recorded answers, by id and by text."""

    by_id: Mapping[str, str | None]
    by_text: Mapping[str, str | None]
    conflicts: int


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """An open file."""

    _answers: Answers

    async def ask(self, content: bytes) -> Reply:
        """What is recorded; `failed` where nothing is, which no second try would change."""
        body = json.loads(content)
        for answers, key in (
            (self._answers.by_id, body["question_id"]),
            (self._answers.by_text, body["question"]),
        ):
            known = _plain(str(key))
            if known in answers:
                return Reply(outcome="answered", text=answers[known])
        return NOT_RECORDED


def _load(recorded: Recorded) -> Answers:
    columns = tuple(sorted(recorded.columns.items()))
    return _read(recorded.path, _changed_ns(recorded.path), recorded.model, columns)


@lru_cache(maxsize=64)  # the models of one run; each is read once per process while the file stays the same
def _read(path: Path, changed_ns: int, model: str, named: tuple[tuple[str, str], ...]) -> Answers:
    found = _columns(path, dict(named))
    rows = _scan(path)
    if "model" in found:
        rows = rows.filter(pl.col(found["model"]).cast(pl.String) == model)
    wanted = {ours: theirs for ours, theirs in found.items() if ours != "model"}
    table = _collect(path, rows.select(pl.col(theirs).cast(pl.String).alias(ours) for ours, theirs in wanted.items()))
    if table.is_empty():
        there = one_line(", ".join(recorded_models(path, dict(named))), 300)
        raise ConfigError(f"{path}: it holds no answer of {model!r}; it holds answers of: {there or 'nobody'}.")
    by_id, conflicts_by_id = _index(table, "question_id")
    by_text, conflicts_by_text = _index(table, "question")
    return Answers(by_id, by_text, conflicts_by_id if by_id else conflicts_by_text)


def _index(table: pl.DataFrame, column: str) -> tuple[dict[str, str | None], int]:
    """The first answer of each question, and how many questions have another one as well."""
    index: dict[str, str | None] = {}
    conflicting: set[str] = set()
    if column in table.columns:
        for key, answer in table.select(column, "completion").iter_rows():
            if key is not None and index.setdefault(_plain(key), answer) != answer:
                conflicting.add(_plain(key))
    return index, len(conflicting)


def _columns(path: Path, named: Mapping[str, str]) -> dict[str, str]:
    """Our names to the file's. Raises ConfigError: a column is missing."""
    there = _schema(path, _changed_ns(path))
    unknown = sorted(set(named) - set(_USUAL_NAMES))
    if unknown:
        raise ConfigError(f"{path}: `columns` can name {', '.join(_USUAL_NAMES)}, not {', '.join(unknown)}.")
    found: dict[str, str] = {}
    for ours, usual in _USUAL_NAMES.items():
        name = named.get(ours) or next((each for each in usual if each in there), None)
        if name in there:
            found[ours] = name
        elif name:
            raise ConfigError(f"{path}: `columns.{ours}` names {name!r}, but the file has: {', '.join(there)}.")
    if "completion" not in found or not {"question_id", "question"} & set(found):
        raise ConfigError(
            f"{path}: recorded answers need a column `completion` or `final_answer`, and `question_id` or `question`; "
            f'the file has: {", ".join(there)}. Name them with `columns = {{ completion = "..." }}`.'
        )
    return found


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise ConfigError(f"{path}: the recorded answers cannot be read ({error.strerror}). Check `path`.") from None


@lru_cache(maxsize=64)
def _schema(path: Path, changed_ns: int) -> tuple[str, ...]:
    try:
        return tuple(_scan(path).collect_schema().names())
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from None


def _scan(path: Path) -> pl.LazyFrame:
    with path.open("rb") as file:
        is_parquet = file.read(4) == b"PAR1"
    if is_parquet:
        return pl.scan_parquet(path, glob=False)
    # An answer may be a number in one line and a text in the next: all lines have a say in the types.
    return pl.scan_ndjson(path, infer_schema_length=None)


def _collect(path: Path, rows: pl.LazyFrame) -> pl.DataFrame:
    try:
        return rows.collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise _unreadable(path, error) from None


def _unreadable(path: Path, error: Exception) -> ConfigError:
    return ConfigError(f"{path}: the recorded answers are neither Parquet nor JSON lines: {one_line(str(error), 200)}.")


def _plain(text: str) -> str:
    return " ".join(text.split())

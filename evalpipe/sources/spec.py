"""`drop.toml`: what a drop says about itself and its columns. All of it is optional."""

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

from evalpipe.core.errors import ConfigError
from evalpipe.core.questions import KINDS, Kind
from evalpipe.core.quoting import one_line
from evalpipe.sources.rows import shown

FILE_NAME = "drop.toml"
AnswerIs = Literal["letter", "index", "text"]
MAX_ID_LENGTH = 300  # ids stand in every table and as text in the UI
_ROW = re.compile(r"\{row(?::0([1-9]|1[0-2]))?\}")


@dataclass(frozen=True, slots=True)
class ColumnNames:
    """Which column holds what, where the drop says so; None leaves it to the usual names."""

    question: str | None = None
    target: str | None = None
    choices: str | None = None
    question_id: str | None = None
    subject: str | None = None
    cluster: str | None = None
    worked_solution: str | None = None
    answer_field: str | None = None
    kind: str | None = None
    trusted: str | None = None


@dataclass(frozen=True, slots=True)
class DropSpec:
    """What `drop.toml` says, checked. `question_id` is a column, or a pattern if it holds a brace."""

    bank: str
    kind: Kind | None = None
    question_id: str | None = None
    answer_is: AnswerIs | None = None
    index_base: int = 0
    source: str | None = None
    licence: str | None = None
    revision: str | None = None
    description: str | None = None
    columns: ColumnNames = field(default_factory=ColumnNames)


_ALLOWED: dict[str, tuple[object, ...]] = {"kind": KINDS, "answer_is": get_args(AnswerIs), "index_base": (0, 1)}


@dataclass(frozen=True, slots=True)
class IdPattern:
    """`gsm8k-test-{row:04}` taken apart: texts, and between them the width of each row number."""

    texts: tuple[str, ...]
    widths: tuple[int, ...]

    def of(self, row: int) -> str:
        """The id of a row."""
        numbers = (f"{row:0{width}}" for width in self.widths)
        return self.texts[0] + "".join(number + text for number, text in zip(numbers, self.texts[1:], strict=True))


def id_pattern(text: str) -> IdPattern | None:
    """The pattern in a `question_id`, None if it is a column's name.

    Read by a regex and never by `str.format`, which would let a drop look into our objects.
    Raises: ValueError: braces that are neither `{row}` nor `{row:0N}`, N from 1 to 12.
    """
    if "{" not in text and "}" not in text:
        return None
    pieces = _ROW.split(text)
    pattern = IdPattern(tuple(pieces[::2]), tuple(int(width or 0) for width in pieces[1::2]))
    if not pattern.widths or any(brace in piece for piece in pattern.texts for brace in "{}"):
        raise ValueError("a pattern may hold {row} or {row:0N} with N from 1 to 12, and no other braces")
    if len(text) > MAX_ID_LENGTH // 2:
        raise ValueError(f"a pattern has at most {MAX_ID_LENGTH // 2} characters")
    return pattern


def load_spec(folder: Path, default_bank: str) -> DropSpec:
    """Read the drop's `drop.toml`; without one, everything is as usual and the bank is `default_bank`.

    Raises: ConfigError: not TOML, an unknown key, a value that is not allowed.
    """
    path = folder / FILE_NAME
    where = one_line(f"{folder.name}/{FILE_NAME}")
    try:
        said = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return DropSpec(bank=default_bank)
    except OSError as error:
        raise ConfigError(f"{where}: cannot be read ({error.strerror}). Mend it or remove it.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{where}: is not UTF-8. Save it as UTF-8.") from error
    except RecursionError as error:
        raise ConfigError(f"{where}: is nested too deep to be read.") from error
    except ValueError as error:  # TOMLDecodeError, and numbers of more than 4,300 digits
        raise ConfigError(f"{where}: is not TOML ({one_line(str(error), 100)}).") from error
    columns = said.pop("columns", {})
    if not isinstance(columns, dict):
        raise ConfigError(f'{where}: `columns` is a table of names: write [columns], then question = "...".')
    values: dict[str, Any] = {"bank": default_bank} | _checked(where, "", said, DropSpec)
    named = _checked(where, "columns.", columns, ColumnNames)
    if "question_id" in values and "question_id" in named:
        raise ConfigError(f"{where}: `question_id` and `columns.question_id` are both set. Keep one.")
    try:
        id_pattern(values.get("question_id", ""))
    except ValueError as error:
        raise ConfigError(f"{where}: `question_id` is {shown(values['question_id'])}; {error}.") from error
    return DropSpec(**values, columns=ColumnNames(**named))


def _checked(where: str, prefix: str, said: dict[str, Any], record: type) -> dict[str, Any]:
    """The values, each known and allowed."""
    known = [one.name for one in fields(record)]
    for key, value in said.items():
        name = f"{prefix}{one_line(key, 40)}"
        if key not in known:
            raise ConfigError(f"{where}: unknown key `{name}`. Known are {', '.join(prefix + one for one in known)}.")
        allowed = _ALLOWED.get(key) if not prefix else None
        if allowed and (isinstance(value, bool) or value not in allowed):
            choice = ", ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in allowed)
            raise ConfigError(f"{where}: `{name}` is {shown(str(value))}. Allowed are {choice}.")
        if not allowed and not (isinstance(value, str) and value.strip()):
            raise ConfigError(f"{where}: `{name}` is {shown(str(value))}. Allowed is text in quotes, not empty.")
    return said

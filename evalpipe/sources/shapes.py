"""Which column holds what: as `drop.toml` names them, otherwise as the common shapes do.

GSM8K           question, answer ending in `#### KEY`; the text before it is the worked solution
MMLU-like       question, choices (or columns A, B, C...), answer as letter or index
evalpipe's own  question_id, text or question, kind, choices, targets or target, subject, cluster, ...
plain           question, answer
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass

from evalpipe.core.questions import LETTERS, Kind
from evalpipe.core.quoting import one_line
from evalpipe.sources.rows import Reject, SourceRow, UnreadableRowError, shown
from evalpipe.sources.spec import ColumnNames, DropSpec, id_pattern
from evalpipe.sources.values import is_number

SNIFFED_ROWS = 1000  # one row says little: JSON leaves out what is null, and any row may be broken
_SHOWN_COLUMNS = 12
_MARK = "####"
_USUAL: dict[str, tuple[str, ...]] = {
    "question": ("question", "text"),
    "target": ("targets", "target", "answer"),
    "choices": ("choices",),
    "question_id": ("question_id", "id"),
    "subject": ("subject",),
    "cluster": ("cluster",),
    "worked_solution": ("worked_solution",),
    "answer_field": ("answer_field",),
    "kind": ("kind",),
    "trusted": ("trusted",),
}
_USUAL_NAMES = frozenset(name for names in _USUAL.values() for name in names) | frozenset(LETTERS)


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a file. `kind` is that of a row that names none itself."""

    question: str
    target: str
    choices: str | None
    letters: tuple[str, ...]
    question_id: str | None
    subject: str | None
    cluster: str | None
    worked_solution: str | None
    answer_field: str | None
    trusted: str | None
    kind_column: str | None
    kind: Kind | None
    own: bool
    ends_in_key: bool


@dataclass(frozen=True, slots=True)
class Sniffed:
    """What the first rows of a file tell: which columns it has, and whether most answers end in `#### KEY`."""

    columns: frozenset[str]
    ends_in_key: bool


def known_names(spec: DropSpec) -> frozenset[str]:
    """The column names that can matter."""
    return _USUAL_NAMES | {name for name in (*astuple(spec.columns), spec.question_id) if name}


def sniff(rows: Iterable[SourceRow | Reject], spec: DropSpec) -> Sniffed:
    """Look at a file's first rows."""
    known = known_names(spec)
    answer = spec.columns.target or "answer"
    columns: set[str] = set()
    answers = with_key = 0
    for row in rows:
        if isinstance(row, SourceRow):
            columns |= row.fields.keys() & known
            text = row.fields.get(answer)
            if isinstance(text, str):
                answers += 1
                with_key += bool(split_solution(text, any_key=True)[1])
    return Sniffed(frozenset(columns), ends_in_key=answers < 2 * with_key)


def split_solution(text: str, any_key: bool) -> tuple[str, str | None]:
    """A worked solution and its key, None if it does not end in `#### KEY`.

    Unless `any_key`, only a number counts: a Markdown heading looks the same.
    """
    solution, mark, key = text.rpartition(_MARK)
    key = key.strip()
    if not mark or not key or "\n" in key or not (any_key or is_number(key)):
        return text, None
    return solution.strip(), key


def recognise(columns: frozenset[str], sniffed: Sniffed, spec: DropSpec, fields: dict[str, object]) -> Shape:
    """The shape of a row that has `columns` or could have them, because its file does.

    Raises: UnreadableRowError: no question, no target, or a column that drop.toml names is missing. It shows what
        the row has (`fields`).
    """
    named = _named(spec)
    absent = next((name for name in named.values() if name not in columns), None)
    if absent is not None:
        raise UnreadableRowError(f"no column {shown(absent)}, which drop.toml names; it has {_listed(fields)}.")
    found = {
        role: named.get(role) or next((one for one in usual if one in columns), None) for role, usual in _USUAL.items()
    }
    question, target, choices = found["question"], found["target"], found["choices"]
    for role, column in (("question", question), ("target", target)):
        if column is None:
            usual = " or ".join(f"`{one}`" for one in _USUAL[role])
            reason = f"no column for the {role}; it has {_listed(fields)}. Call it {usual}"
            raise UnreadableRowError(f"{reason}, or name it in drop.toml under [columns].")
    letters = () if choices else _letter_columns(columns)
    own = target in ("targets", "target") and "target" not in named
    kind: Kind | None = spec.kind or ("choice" if (choices or letters) and not own else None)
    pattern = spec.question_id is not None and id_pattern(spec.question_id) is not None
    return Shape(
        question=str(question),
        target=str(target),
        choices=choices,
        letters=letters,
        question_id=None if pattern else found["question_id"],
        subject=found["subject"],
        cluster=found["cluster"],
        worked_solution=found["worked_solution"],
        answer_field=found["answer_field"],
        trusted=found["trusted"],
        # A kind for the whole drop outdoes a column that merely has the usual name.
        kind_column=None if spec.kind and "kind" not in named else found["kind"],
        kind=kind,
        own=own,
        ends_in_key=sniffed.ends_in_key and not own and not choices and not letters,
    )


def _named(spec: DropSpec) -> dict[str, str]:
    """The columns that drop.toml names, by role."""
    roles = {role: getattr(spec.columns, role) for role in ColumnNames.__dataclass_fields__}
    if spec.question_id and id_pattern(spec.question_id) is None:
        roles["question_id"] = spec.question_id
    return {role: name for role, name in roles.items() if name}


def _letter_columns(columns: frozenset[str]) -> tuple[str, ...]:
    """A, B, C... as far as they go; A alone is no choice."""
    count = next((at for at, letter in enumerate(LETTERS) if letter not in columns), len(LETTERS))
    return tuple(LETTERS[:count]) if count > 1 else ()


def _listed(fields: dict[str, object]) -> str:
    names = [f"`{one_line(name[:80], 30)}`" for name in list(fields)[:_SHOWN_COLUMNS]]
    return ", ".join(names) + (", ..." if len(fields) > _SHOWN_COLUMNS else "") if names else "none"

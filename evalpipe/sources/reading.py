"""A row becomes a Question, or says why it cannot."""

from typing import cast

from evalpipe.core.questions import KINDS, Kind, Question
from evalpipe.core.versions import digest
from evalpipe.sources.choices import letters_of, options_in_column, options_in_letters, pieces_of
from evalpipe.sources.rows import UnreadableRowError, shown, type_name
from evalpipe.sources.shapes import Shape, split_solution
from evalpipe.sources.spec import MAX_ID_LENGTH, DropSpec, IdPattern
from evalpipe.sources.values import (
    is_missing,
    is_number,
    optional_flag,
    optional_text,
    required_text,
    scalar_text,
    target_texts,
    target_values,
)

_ID_DIGITS = 20  # 80 bits: among 10^7 questions the chance of one collision is below 10^-10


def question_of(
    fields: dict[str, object], shape: Shape, spec: DropSpec, pattern: IdPattern | None, row: int
) -> Question:
    """Read one row. `row` is its zero-based place in the drop, for `pattern`.

    Raises: UnreadableRowError: what is wrong and what to do about it.
    """
    text = _question_text(fields, shape)
    options = _options(fields, shape)
    kind = _kind(fields, shape) or ("choice" if options else None)
    targets, solution = _targets(fields, shape, spec, kind, options)
    if kind is None:
        kind = "number" if shape.ends_in_key or (targets and all(map(is_number, targets))) else "text"
    answer_field = _optional(fields, shape.answer_field)
    if pattern is not None:
        question_id = pattern.of(row)
    elif shape.question_id is not None:
        question_id = _delivered_id(fields.get(shape.question_id), shape.question_id)
    else:
        question_id = "q-" + digest(text, kind, options, answer_field)[:_ID_DIGITS]
    return Question(
        question_id=question_id,
        text=text,
        kind=kind,
        targets=targets,
        choices=options,
        subject=_optional(fields, shape.subject),
        cluster=_optional(fields, shape.cluster),
        worked_solution=_optional(fields, shape.worked_solution) or solution,
        answer_field=answer_field,
        trusted=optional_flag(fields.get(shape.trusted), shape.trusted) if shape.trusted else None,
    )


def _question_text(fields: dict[str, object], shape: Shape) -> str:
    if shape.question not in fields:
        raise UnreadableRowError(f"no `{shape.question}`. Write the question's text there.")
    return required_text(fields[shape.question], shape.question)


def _options(fields: dict[str, object], shape: Shape) -> tuple[str, ...]:
    if shape.choices:
        return options_in_column(fields.get(shape.choices), shape.choices)
    return options_in_letters([fields.get(letter) for letter in shape.letters]) if shape.letters else ()


def _kind(fields: dict[str, object], shape: Shape) -> Kind | None:
    """The kind that the row names, otherwise that of its file, otherwise None."""
    value = fields.get(shape.kind_column) if shape.kind_column else None
    if is_missing(value) or value == "":
        return shape.kind
    if not isinstance(value, str) or value.strip() not in KINDS:
        said = shown(value) if isinstance(value, str) else type_name(value)
        known = ", ".join(KINDS)
        reason = f"`{shape.kind_column}` is {said}; known are {known}. Mend it, or set kind in drop.toml."
        raise UnreadableRowError(reason)
    return cast(Kind, value.strip())


def _targets(
    fields: dict[str, object], shape: Shape, spec: DropSpec, kind: Kind | None, options: tuple[str, ...]
) -> tuple[tuple[str, ...], str | None]:
    """The targets, and the worked solution if it stands before them.

    In a file whose answers end in `#### KEY`, an answer that does not has no target: a guess would be scored.
    """
    column = shape.target
    values = target_values(
        fields.get(column), column, kind, may_be_json_list=column == "targets" or kind == "multi_choice"
    )
    if kind == "choice":
        return letters_of(values, column, options, spec), None
    if kind == "multi_choice":
        return letters_of(pieces_of(values, column, options, spec), column, options, spec), None
    if kind == "json" or shape.own or len(values) != 1 or not isinstance(values[0], str):
        return target_texts(values, column, kind), None
    solution, key = split_solution(scalar_text(values[0], column), any_key=shape.ends_in_key)
    if key is None:
        return ((), solution or None) if shape.ends_in_key else ((solution,) if solution else (), None)
    return (key,), solution or None


def _optional(fields: dict[str, object], column: str | None) -> str | None:
    return optional_text(fields.get(column), column) if column else None


def _delivered_id(value: object, column: str) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise UnreadableRowError(f"`{column}` is {type_name(value)}. Write text or a whole number.")
    question_id = scalar_text(value, column)
    if not 1 <= len(question_id) <= MAX_ID_LENGTH:
        reason = f"`{column}` has {len(question_id)} characters. An id has 1 to {MAX_ID_LENGTH}."
        raise UnreadableRowError(reason)
    return question_id

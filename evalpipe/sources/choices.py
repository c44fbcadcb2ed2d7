"""The options of a choice question, and the letters of those that are right."""

import re
from typing import cast

from evalpipe.core.questions import LETTERS
from evalpipe.sources.rows import UnreadableRowError, shown, type_name
from evalpipe.sources.spec import DropSpec
from evalpipe.sources.values import cleaned, is_missing, parsed_json, scalar_text

_LETTER = re.compile(r"\(?([A-Za-z])[).:]?")
_JOINTS = re.compile(r"\s*(?:[,;|/&+、，；]|\band\b|[和与及])\s*|\s+")
_TOGETHER = re.compile(r"[A-Za-z]{2,26}")
_INDEX = re.compile(r"\d{1,2}", re.ASCII)


def options_in_column(value: object, column: str) -> tuple[str, ...]:
    """The options of a list, a JSON list as text, or an object from letters to texts. Null and empty are ().

    Raises: UnreadableRowError: another type, an option that is null, more than 26 options.
    """
    if isinstance(value, str):
        text = cleaned(value, column)
        if text and text[0] not in "[{":
            raise UnreadableRowError(f'`{column}` is text, not a list: {shown(text)}. Write ["a", "b"].')
        value = parsed_json(text, column) if text else None
    if is_missing(value):
        return ()
    if isinstance(value, dict):
        value = _options_of_object(cast(dict[str, object], value), column)
    if not isinstance(value, list):
        raise UnreadableRowError(f'`{column}` is {type_name(value)}, not a list. Write ["a", "b"].')
    return _texts(cast(list[object], value), column)


def options_in_letters(values: list[object]) -> tuple[str, ...]:
    """The options of columns A, B, C...; empty ones at the end are left out."""
    return _texts(_without_empty_end(values), "A, B, C...")


def _options_of_object(options: dict[str, object], column: str) -> list[object]:
    """From {"A": "yes", "B": "no"}, or {"label": ["A", "B"], "text": ["yes", "no"]} as in ARC."""
    labels, texts = options.get("label"), options.get("text")
    if isinstance(labels, list) and isinstance(texts, list) and len(labels) == len(texts):
        options = {str(label): text for label, text in zip(labels, texts, strict=True)}
    upper = {key.strip().upper(): value for key, value in options.items()}
    letters = LETTERS[: len(upper)]
    if len(upper) != len(options) or set(upper) != set(letters):
        raise UnreadableRowError(f"`{column}` is an object whose keys are not A, B, C... Write a list of options.")
    return _without_empty_end([upper[letter] for letter in letters])


def _without_empty_end(values: list[object]) -> list[object]:
    """A table has as many letters as its longest question; a shorter one ends in nulls."""
    while values and (is_missing(values[-1]) or values[-1] == ""):
        values = values[:-1]
    return values


def _texts(values: list[object], column: str) -> tuple[str, ...]:
    if len(values) > len(LETTERS):
        raise UnreadableRowError(f"`{column}` holds {len(values)} options. At most {len(LETTERS)} have a letter.")
    missing = next((at for at, value in enumerate(values) if is_missing(value)), None)
    if missing is not None:
        raise UnreadableRowError(f"`{column}`: option {LETTERS[missing]} is null. Write its text, or leave it out.")
    return tuple(scalar_text(value, column) for value in values)


def pieces_of(values: list[object], column: str, options: tuple[str, ...], spec: DropSpec) -> list[object]:
    """The targets of a question with several right options, one by one: "A,C", "AC", "A and C" and "0, 2" are two.

    A text that is an option stays whole, and so does one that has a piece which is none.
    """
    pieces: list[object] = []
    for value in values:
        text = scalar_text(value, column)
        parts = [text]
        if isinstance(value, str) and not _letters_of_one(value, text, column, options, spec):
            split = [part for part in _JOINTS.split(text.strip("[](){} ")) if part]
            if len(split) == 1 and spec.answer_is in (None, "letter") and _TOGETHER.fullmatch(split[0]):
                split = list(split[0])
            if all(_letters_of_one(part, part, column, options, spec) for part in split):
                parts = split
        pieces += parts if isinstance(value, str) else [value]
    return pieces


def letters_of(values: list[object], column: str, options: tuple[str, ...], spec: DropSpec) -> tuple[str, ...]:
    """The targets as letters of options, each once; what fits no option stays as delivered.

    Raises: UnreadableRowError: two readings name different options, or what is left over would pass for a letter.
    """
    targets: dict[str, None] = {}
    for value in values:
        text = scalar_text(value, column)
        if not text:
            continue
        letters = _letters_of_one(value, text, column, options, spec)
        if not letters and _letter(text, options):
            reason = f"`{column}` is {shown(text)}, which is no {spec.answer_is} of an option. Mend it or `answer_is`."
            raise UnreadableRowError(reason)
        targets.update(dict.fromkeys(letters or [text]))
    return tuple(targets)


def _letters_of_one(value: object, text: str, column: str, options: tuple[str, ...], spec: DropSpec) -> list[str]:
    """An option delivered twice has two letters, and both are right."""
    typed = isinstance(value, (int, float)) and not isinstance(value, bool)
    by_letter = _letter(text, options)
    by_text = [LETTERS[at] for at, option in enumerate(options) if option == text]
    by_index = _index(text, options, spec.index_base)
    if spec.answer_is is not None:
        return {"letter": by_letter, "index": by_index, "text": by_text}[spec.answer_is]
    if typed:
        return by_index
    if by_letter or not (by_text and by_index):
        return by_letter or by_text or by_index
    if by_index[0] in by_text:
        return by_text
    reason = f"`{column}` is ambiguous: {shown(text)} is the text of option {by_text[0]} and the index of {by_index[0]}"
    raise UnreadableRowError(f"{reason}. Set answer_is in drop.toml.")


def _letter(text: str, options: tuple[str, ...]) -> list[str]:
    hit = _LETTER.fullmatch(text)
    letter = hit[1].upper() if hit else ""
    return [letter] if letter and LETTERS.index(letter) < len(options) else []


def _index(text: str, options: tuple[str, ...], base: int) -> list[str]:
    at = int(text) - base if _INDEX.fullmatch(text) else -1
    return [LETTERS[at]] if 0 <= at < len(options) else []

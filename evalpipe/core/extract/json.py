"""A field of the JSON object that a text gives as its answer, fenced or bare, with any text around it.

One rule, `json_field`: the last object that has the field wins. A broken object is not searched for whole
ones inside it: half of an answer is not an answer.
"""

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import cast

from evalpipe.core.extract.decimals import is_writable, plain
from evalpipe.core.scores import Extraction

_MAX_BROKEN = 1000  # openings that turn out to be no object; each costs up to one pass to count lines for its error


def json_field(text: str, field: str) -> Extraction:
    """The field's value: a string as it is, a number plain, true, false, null, an object or a list `canonical`."""
    found: Extraction | None = None
    fields: list[str] = []
    objects, broken = _objects(text)
    for value, start, end in objects:
        fields += [name for name in value if name not in fields][:10]
        if field in value:
            found = _written(value[field], start, end)
    if found:
        return found
    if objects:
        return Extraction(None, "json_field", candidates=tuple(fields[:10]), reason="no object has the field")
    return Extraction(None, reason="the JSON object is broken" if broken else "no JSON object in the answer")


def whole_object(text: str) -> Extraction:
    """The last object of the text, `canonical`: the answer where the object itself is asked for, and no field of it."""
    objects, broken = _objects(text)
    if objects:
        return _written(*objects[-1])
    return Extraction(None, reason="the JSON object is broken" if broken else "no JSON object in the answer")


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object at [start, end) of a text; its numbers are `Decimal`."""

    value: dict[str, object]
    start: int
    end: int


def objects_in(text: str) -> list[FoundObject]:
    """All objects of the text, in order."""
    return [FoundObject(*each) for each in _objects(text)[0]]


def canonical(value: object) -> str | None:
    """Compact JSON with sorted keys and plain numbers, the same for equal values; None when a number is too large.

    Raises: RecursionError: nested about 500 deep.
    """
    if isinstance(value, Decimal):
        return plain(value) if is_writable(value) else None
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        pairs = [(json.dumps(name, ensure_ascii=False), canonical(fields[name])) for name in sorted(fields)]
        return (
            "{" + ",".join(f"{name}:{item}" for name, item in pairs) + "}" if all(item for _, item in pairs) else None
        )
    if isinstance(value, list):
        items = [canonical(item) for item in cast("list[object]", value)]
        return f"[{','.join(item for item in items if item)}]" if all(items) else None
    return json.dumps(value, ensure_ascii=False)


def decoder() -> json.JSONDecoder:
    """Exact numbers, line breaks allowed in strings as models write them, no NaN."""
    return json.JSONDecoder(parse_float=_exact, parse_int=_exact, parse_constant=_refuse, strict=False)


def _exact(digits: str) -> Decimal:
    """NaN, which is not writable, for what no Decimal can hold: the object still parses, and its other fields count."""
    try:
        return Decimal(digits)
    except InvalidOperation:
        return Decimal("NaN")


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


def _objects(text: str) -> tuple[list[tuple[dict[str, object], int, int]], int]:
    """All objects of the text with their spans, and how many openings were no object. Each character is read once."""
    read = decoder()
    objects: list[tuple[dict[str, object], int, int]] = []
    broken = 0
    at = text.find("{")
    while at >= 0 and broken < _MAX_BROKEN:
        try:
            value, end = read.raw_decode(text, at)
        except json.JSONDecodeError as error:
            broken += 1
            end = max(error.pos, at + 1)
        except (ValueError, RecursionError):  # NaN, or nested too deep: where it ends is unknown
            return objects, broken + 1
        else:
            objects.append((value, at, end))
        at = text.find("{", end)
    return objects, broken


def _written(value: object, start: int, end: int) -> Extraction:
    try:
        written = value if isinstance(value, str) else canonical(value)
    except RecursionError:
        written = None
    reason = "" if written is not None else "the field's value is too deep or too large"
    return Extraction(written, "json_field", (start, end), reason=reason)

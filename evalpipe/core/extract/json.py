"""A field of the JSON object that a text gives as its answer, fenced or bare, with any text around it.

The last object that has the field wins, unless the text offers several as alternatives. A field is looked for at the
object's top, under the names asked for, in their order; then, once only, in objects nested in it. How the object had
to be read decides the confidence: as it stands, leniently (comments, single quotes, a comma too many), or only up to
where the text was cut off, where the field was complete.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from evalpipe.core.extract.decimals import is_writable, plain
from evalpipe.core.extract.echoes import is_placeholder
from evalpipe.core.extract.lenient import decoded
from evalpipe.core.extract.objects import How, Object, decoder, members_of, objects_of
from evalpipe.core.extract.rules import Rule, first_decision
from evalpipe.core.scores import Confidence, Extraction

_RULE_OF: dict[How, tuple[str, Confidence]] = {
    "strict": ("json_field", "high"),
    "lenient": ("json_lenient", "medium"),
    "escaped": ("json_escaped", "medium"),
    "cut": ("json_cut", "medium"),
}
_MAX_OBJECTS = 50  # only the last ones are looked at
_MAX_NAMES = 10  # of fields shown where none is the one asked for
_ALTERNATIVE = re.compile(r"\b(?:or|alternatively|option|possibility|either|other)\b|或|方案|选项", re.IGNORECASE)
_EXAMPLE = re.compile(r"\b(?:example|e\.g\.|format|template|schema|sample)\b|例如|示例|格式|模板", re.IGNORECASE)
_NEAR = 80  # characters before an object that may call it an example
_ESCAPED = re.compile(r'\{(?:\s|\\[nrt])*\\"(?:[^"\\]|\\.)*+', re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Field:
    """The field of one object: its value as it is written down, None where it cannot be; `why` says so."""

    value: str | None
    rule: str
    confidence: Confidence
    start: int
    end: int
    of: Object
    why: str = ""


def json_field(text: str, *names: str) -> Extraction:
    """The field's value: a string as it is, a number plain, true, false, null, an object or a list `canonical`."""
    objects, broken = objects_of(text)
    found = first_decision(RULES, text, objects, names)
    if found:
        return found
    fields = [name for each in objects[-_MAX_OBJECTS:] for name in _names(each)]
    if fields:
        shown = tuple(dict.fromkeys(fields))[:_MAX_NAMES]
        return Extraction(None, "json_field", candidates=shown, reason="no object has the field")
    return Extraction(None, reason="the JSON object is broken" if broken or objects else "no JSON object in the answer")


def answer_object(text: str, names: Sequence[str]) -> tuple[Extraction, int] | None:
    """The field of the last object that has it at its top, and where that object ends."""
    objects, _ = objects_of(text)
    found = _at_top(text, objects, names)
    if not found or found.value is None or not found.span:
        return None
    at = found.span[0]
    return found, next(each.end for each in reversed(objects) if each.start <= at)


def whole_object(text: str) -> Extraction:
    """The last object of the text, `canonical`: the answer where the object itself is asked for, and no field of it."""
    objects = objects_in(text)
    if not objects:
        return Extraction(None, reason="no whole JSON object in the answer")
    last = objects[-1]
    try:
        written = canonical(last.value)
    except RecursionError:
        written = None
    rule, confidence = _RULE_OF[last.how]
    reason = "" if written is not None else "the object is too deep or too large"
    read = None if written is None else confidence
    return Extraction(written, rule, (last.start, last.end), reason=reason, confidence=read)


@dataclass(frozen=True, slots=True)
class FoundObject:
    """A whole object at [start, end) of a text; its numbers are `Decimal`."""

    value: dict[str, object]
    start: int
    end: int
    how: How


def objects_in(text: str) -> list[FoundObject]:
    """The last whole objects of the text, in order; what is cut off or cannot be read to its end is none."""
    objects, _ = objects_of(text)
    read = ((each, _value_of(text, each)) for each in objects[-_MAX_OBJECTS:] if each.how != "cut")
    return [FoundObject(value, each.start, each.end, each.how) for each, value in read if value is not None]


def _value_of(text: str, found: Object) -> dict[str, object] | None:
    if found.values is not None:
        return found.values
    try:
        return {each.name: decoded(text[each.start : each.end]) for each in members_of(text, found)}
    except ValueError:
        return None


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


def _names(found: Object) -> list[str]:
    return list(found.values)[:_MAX_NAMES] if found.values is not None else [each.name for each in found.members]


def _at_top(text: str, objects: Sequence[Object], names: Sequence[str]) -> Extraction | None:
    for name in names:
        found = [field for each in objects[-_MAX_OBJECTS:] if (field := _field(text, each, name))]
        if found:
            return _chosen(text, found)
    return None


def _chosen(text: str, found: list[_Field]) -> Extraction:
    """The last one, past examples and templates; none where the text offers alternatives."""
    real = [each for each in found if not (each.value is not None and is_placeholder(each.value))]
    if not real:
        return Extraction(None, found[-1].rule, (found[-1].start, found[-1].end), reason="the field is a placeholder")
    meant = [each for each in real if not _EXAMPLE.search(text, max(0, each.of.start - _NEAR), each.of.start)] or real
    last = meant[-1]
    others = [each.value for each in meant[:-1] if each.value is not None and each.value != last.value]
    candidates = tuple(dict.fromkeys(others))[-5:]
    span = (last.start, last.end)
    before = [each for each in meant[:-1] if each.value != last.value]
    if before and _are_alternatives(text, before[-1].of, last.of):
        reason = "several objects have the field, with different values"
        return Extraction(None, last.rule, span, (*candidates, last.value or ""), reason)
    return Extraction(last.value, last.rule, span, candidates, last.why, last.confidence if not last.why else None)


def _are_alternatives(text: str, one: Object, other: Object) -> bool:
    """Whether two objects stand side by side, as in a list, or with an "or" between them."""
    between = text[one.end : other.start]
    return not between.strip(" \t\r\n,;，`~") or _ALTERNATIVE.search(between[-_NEAR:]) is not None


def _field(text: str, found: Object, name: str) -> _Field | None:
    """The field of this name, or of this name in other letter case where no other has it."""
    if name not in (present := _names_of(found)):
        alike = [each for each in present if each.casefold() == name.casefold()]
        if len(alike) != 1:
            return None
        name = alike[0]
    rule, confidence = _RULE_OF[found.how]
    places = [each for each in members_of(text, found) if each.name == name]
    start, end = (places[-1].start, places[-1].end) if places else (found.start, found.end)
    if len({text[each.start : each.end] for each in places}) > 1:
        return _Field(None, rule, confidence, start, end, found, "the object has the field twice, with two values")
    try:
        value = found.values[name] if found.values is not None else decoded(text[start:end])
        written = value if isinstance(value, str) else canonical(value)
    except ValueError:
        return _Field(None, rule, confidence, start, end, found, "the field's value is no JSON value")
    except RecursionError:
        written = None
    why = "" if written is not None else "the field's value is too deep or too large"
    return _Field(written, rule, confidence, start, end, found, why)


def _names_of(found: Object) -> Sequence[str]:
    return list(found.values) if found.values is not None else [each.name for each in found.members]


def _nested(text: str, objects: Sequence[Object], names: Sequence[str]) -> Extraction | None:
    """The field in an object within the object, where there is one such field only; lists are not searched."""
    for name in names:
        inside = [(each, value) for each in objects[-_MAX_OBJECTS:] for value in _within(each.values, name)]
        if len(inside) == 1:
            of, value = inside[0]
            return Extraction(value, "json_nested", (of.start, of.end))
        if inside:
            values = tuple(dict.fromkeys(value for _, value in inside))
            return Extraction(None, "json_nested", None, values[:5], "several nested objects have the field")
    return None


def _within(value: object, name: str, depth: int = 4) -> list[str]:
    if not isinstance(value, dict) or not depth:
        return []
    found: list[str] = []
    for each in cast("dict[str, object]", value).values():
        if isinstance(each, dict) and name in each:
            inner = cast("dict[str, object]", each)[name]
            written = inner if isinstance(inner, str) else canonical(inner)
            found += [written] if written is not None and not is_placeholder(written) else []
        found += _within(cast(object, each), name, depth - 1)
    return found


def _escaped(text: str, objects: Sequence[Object], names: Sequence[str]) -> Extraction | None:
    r"""An object within a string: {\"answer\": \"x\"}."""
    if any(_names_of(each) for each in objects):
        return None
    hit = _ESCAPED.search(text)
    if not hit:
        return None
    try:
        inner = cast(str, json.JSONDecoder(strict=False).decode(f'"{hit[0]}"'))
    except ValueError:
        return None
    found = _at_top(inner, objects_of(inner)[0], names)
    return found and Extraction(found.value, "json_escaped", hit.span(), found.candidates, found.reason)


RULES = (
    Rule("json_field", "high", "the field of the last object that has it, at its top", _at_top),
    Rule("json_nested", "medium", "the field in an object within the object, where one alone has it", _nested),
    Rule("json_escaped", "medium", 'the field of an object whose quotes are escaped, {\\"answer\\": 5}', _escaped),
)

__all__ = ["RULES", "canonical", "decoder", "json_field"]

"""The named field of a JSON answer against the targets; a target that is an object gives credit field by field."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar, cast

from evalpipe.core.extract import DEFAULT_FIELDS, extract
from evalpipe.core.extract.decimals import is_writable, plain, quantity_of
from evalpipe.core.extract.json import whole_object
from evalpipe.core.extract.objects import decoder
from evalpipe.core.extract.reasoning import without_reasoning
from evalpipe.core.extract.text import normal
from evalpipe.core.questions import Question
from evalpipe.core.scores import Extraction, Score
from evalpipe.scorers.scorer import Comparison

_CODE = re.compile(r"-?0[0-9]")  # "007" is a name, not the number 7
_Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class JsonOptions:
    """`fields`: names of the answer's field to look for, in this order, where the question's own is not there.
    `strict`: a field that an object target does not have counts as one more that is wrong.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}
    fields: tuple[str, ...] = ()
    strict: bool = False


def json_field(options: JsonOptions) -> Comparison:
    return Comparison(lambda question, answer: _score(options, question, answer), json_key)


def _score(options: JsonOptions, question: Question, answer: str) -> Score:
    """The best over the targets. Against a text, number or list: 1.0 if the field equals it, else 0.0.

    Against an object: the share of its fields that are right, nested ones by their path. It is looked for in the
    question's field, and where there is no object, it is the last object of the answer itself.
    """
    objects = [fields for target in question.targets if (fields := _object(target)) is not None]
    found = _found(options, question, answer)
    if objects and (found.value is None or _object(found.value) is None or _is_part(question, options, objects)):
        readable = without_reasoning(answer)
        whole = whole_object(readable) if readable is not None else found
        found = whole if whole.value is not None else found
    if found.value is None:
        return Score(None, None, found.rule, found.reason)
    value = json_key(question, found.value)
    if any(json_key(question, target) == value for target in question.targets):
        return Score(1.0, found.value, found.rule, "equals a target")
    said = _object(found.value)
    if said is None or not objects:
        return Score(0.0, found.value, found.rule, "another value")
    return max((_credit(options, said, target, found) for target in objects), key=lambda score: score.value or 0.0)


def _found(options: JsonOptions, question: Question, answer: str) -> Extraction:
    """What stands in the first field that there is; else why the question's own could not be read."""
    own = extract("json", answer, answer_field=question.answer_field)
    others = (extract("json", answer, answer_field=name) for name in options.fields)
    return own if own.value is not None else next((each for each in others if each.value is not None), own)


def _is_part(question: Question, options: JsonOptions, objects: list[dict[str, Any]]) -> bool:
    """Whether what is looked for is itself a field of a target, so that it is only a part of the answer."""
    names = {*((question.answer_field,) if question.answer_field else DEFAULT_FIELDS), *options.fields}
    return any(names & target.keys() for target in objects)


def _credit(options: JsonOptions, said: dict[str, Any], target: dict[str, Any], found: Extraction) -> Score:
    wanted, there = dict(_leaves(target)), dict(_leaves(said))
    wrong = [path for path, key in wanted.items() if there.get(path) != key]
    extra = [path for path in there if path not in wanted] if options.strict else []
    total = len(wanted) + len(extra)
    right = len(wanted) - len(wrong)
    named = ", ".join(".".join(path) for path in [*wrong, *extra][:3])
    more = ", ..." if len(wrong) + len(extra) > 3 else ""
    reason = f"{right} of {total} fields are right" + (f"; not: {named[:100]}{more}" if named else "")
    return Score(right / total, found.value, found.rule, reason)


def _leaves(value: Any, path: _Path = ()) -> Iterator[tuple[_Path, str]]:  # noqa: ANN401  whatever JSON holds
    """Every value that is no object, and every empty object, by its path, in the form in which it is compared."""
    if isinstance(value, dict) and value:
        for name, each in cast("dict[str, Any]", value).items():
            yield from _leaves(each, (*path, name))
    else:
        yield path, _written(cast("object", value))


def json_key(question: Question, answer: str) -> str:
    """Objects and lists with sorted names, numbers in plain decimal form, all texts in normal form.

    50% is a half, as in `scorers.number`. "$5" and "5 usd" are both 5: were only one of them a number, they would
    differ, and yet both equal "5 USD". An object with more fields than the target has another key, and may still be
    wholly right.
    """
    if answer.lstrip().startswith(("{", "[")) and (value := _decoded(answer)) is not None:
        return _written(value)
    text = normal(answer)
    number = _number(answer, text)
    return text if number is None else plain(number)


def _number(answer: str, text: str) -> Fraction | None:
    if _CODE.match(text):
        return None
    # Currencies are written in capitals, and scales such as `million` are not.
    found = (quantity_of(each) for each in (answer, text, text.upper()))
    return next((each.share for each in found if each is not None), None)


def _object(text: str) -> dict[str, Any] | None:
    """The object that the text is, unless it is empty or none."""
    value = _decoded(text) if text.lstrip().startswith("{") else None
    return cast("dict[str, Any]", value) if isinstance(value, dict) and value else None


def _decoded(text: str) -> object:
    """The object or list that a text is; None when it is none, or cannot be compared."""
    try:
        value = decoder().decode(text.strip())
        _written(value)
    except (ValueError, RecursionError):
        return None
    return value


def _written(value: object) -> str:
    """Raises: ValueError: a number is too large to be written out. RecursionError: nested about 300 deep."""
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        pairs = (f"{json.dumps(name, ensure_ascii=False)}:{_written(fields[name])}" for name in sorted(fields))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return f"[{','.join(_written(each) for each in cast('list[object]', value))}]"
    if isinstance(value, Decimal):
        if not is_writable(value):
            raise ValueError("a number that cannot be written out")
        return plain(value)
    text = value if isinstance(value, str) else json.dumps(value)
    number = _number(text, normal(text))
    return json.dumps(normal(text), ensure_ascii=False) if number is None else plain(number)

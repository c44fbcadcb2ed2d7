"""A single value that is nearly JSON, decoded: 'single quotes', True, [1, 2,], {a: 1}, "a\\(b\\)".

What is no JSON5 (Python's constants, `#` comments, curly quotes, stray backslashes and quotes in a string) is first
written as JSON5, token by token; pyjson5 reads the result and refuses what is still broken (docs/decisions/0008).
"""

import json
import re
from decimal import Decimal
from typing import cast

from evalpipe.core.extract.objects import BLANK, STRING, decoder

_CONSTANTS = {"True": "true", "False": "false", "None": "null"}
_TOKEN = re.compile(
    rf"(?P<string>{STRING.pattern})|(?P<word>(?<![\w$.])[A-Za-z_]\w*+)|(?P<comment>[#/]{BLANK})|(?P<wide>[，：])",
    re.DOTALL,
)
_GOOD_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})')
_STRAY = re.compile(r"\\(?:[\"\\/bfnrt]|u[0-9A-Fa-f]{4})|\\'|[\"\\]")
_NOT_FINITE = re.compile(r"(?<![\w\"'])[-+]?(?:NaN|Infinity)(?![\w\"'])")
_MAX_NESTED = 20_000  # characters; the value of a field that holds an answer is not longer


def decoded(written: str) -> object:
    """The value; numbers are Decimal.

    Raises: ValueError: it is no value, not even leniently.
    """
    try:
        return decoder().decode(written)
    except (ValueError, RecursionError):
        pass
    if STRING.fullmatch(written):
        return _string(written)
    if len(written) > _MAX_NESTED or _NOT_FINITE.search(written):
        raise ValueError("no value")
    import pyjson5  # 20 ms, and most texts are strict

    try:
        return _exact(pyjson5.decode(_TOKEN.sub(_as_json5, written)))
    except (pyjson5.Json5Exception, RecursionError):
        raise ValueError("no value") from None


def _as_json5(token: re.Match[str]) -> str:
    if token["string"]:
        return json.dumps(_string(token["string"]))
    if token["comment"]:
        return " " if token[0][0] == "#" or token[0][:2] in ("//", "/*") else token[0]
    if token["wide"]:
        return "," if token["wide"] == "，" else ":"
    return _CONSTANTS.get(token[0], token[0])


def _string(quoted: str) -> str:
    """The string between its quotes. A backslash that escapes nothing stays: models write TeX so."""
    return cast(str, json.JSONDecoder(strict=False).decode(f'"{_STRAY.sub(_escaped, quoted[1:-1])}"'))


def _escaped(mark: re.Match[str]) -> str:
    if _GOOD_ESCAPE.fullmatch(mark[0]):
        return mark[0]
    return "'" if mark[0] == "\\'" else f"\\{mark[0]}"


def _exact(value: object) -> object:
    if isinstance(value, dict):
        return {name: _exact(each) for name, each in cast("dict[str, object]", value).items()}
    if isinstance(value, list):
        return [_exact(each) for each in cast("list[object]", value)]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Decimal(repr(value))
    return value

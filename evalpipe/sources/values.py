"""Values as files have them, turned into the texts that a Question has."""

import json
import math
import re
from decimal import Decimal

from evalpipe.core.questions import Kind
from evalpipe.sources.rows import UnreadableRowError, shown, type_name

# 70,000 and -0.5, but not $5, 1/2 or 1998-2001: what is only perhaps a number is compared as text.
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:(?<=\d)\.?|\.\d+)", re.ASCII)
MAX_NUMBER_LENGTH = 100  # a longer run of digits is a text
_BYTE_ORDER_MARK = "\ufeff"
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def is_number(text: str) -> bool:
    """Whether a text is one plain number and nothing else."""
    return len(text) <= MAX_NUMBER_LENGTH and _NUMBER.fullmatch(text) is not None


def is_missing(value: object) -> bool:
    """Null, and NaN, which is how pandas writes null."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def cleaned(text: str, column: str) -> str:
    """The text with LF line ends, without byte order mark and outer whitespace; nothing else is changed.

    Raises: UnreadableRowError: a NUL or half a surrogate pair, which no table can hold.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    text = text.strip()
    if text.startswith(_BYTE_ORDER_MARK):
        text = text.lstrip(_BYTE_ORDER_MARK).lstrip()
    if "\x00" in text:
        raise UnreadableRowError(f"`{column}` holds a NUL character. Remove it; or the file is not UTF-8.")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError as error:
            reason = f"`{column}` holds half a character (a lone surrogate) at {error.start + 1}. Write it in full."
            raise UnreadableRowError(reason) from error
    return text


def required_text(value: object, column: str) -> str:
    """A question's text; null is the empty text, which can be read but not scored."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UnreadableRowError(f"`{column}` is {_named(value)}. Write text.")
    return cleaned(value, column)


def optional_text(value: object, column: str) -> str | None:
    """A subject and the like: text, or a number; null and empty are None."""
    if is_missing(value):
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return scalar_text(value, column)
    if not isinstance(value, str):
        raise UnreadableRowError(f"`{column}` is {_named(value)}. Write text, or leave it out.")
    return cleaned(value, column) or None


def optional_flag(value: object, column: str) -> bool | None:
    """Whether something holds: true, 1 or "yes", false, 0 or "no", in any case; null and empty are None.

    Raises: UnreadableRowError: anything else, because a guess would vouch for a label that nobody looked at.
    """
    if is_missing(value):
        return None
    said = scalar_text(value, column).casefold()
    if said and said not in _FLAGS:
        raise UnreadableRowError(f"`{column}` is {shown(said)}. Write true or false, or leave it out.")
    return _FLAGS.get(said)


def scalar_text(value: object, column: str) -> str:
    """A target or an option as text: 18, 18.0 and "18" are the same, 1e3 is "1000", true is "true".

    Raises: UnreadableRowError: a list, an object, an infinite number, a date.
    """
    if isinstance(value, str):
        return cleaned(value, column)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (float, Decimal)):
        exact = Decimal(repr(value)) if isinstance(value, float) else value
        if exact.is_finite():
            text = f"{exact:f}"
            return text.rstrip("0").rstrip(".") if "." in text else text
    raise UnreadableRowError(f"`{column}` holds {_named(value)}. Write text, a number, true or false.")


def json_text(value: object, column: str) -> str:
    """A target of a `json` question: lists and objects as compact JSON with sorted keys, the rest as text."""
    if not isinstance(value, (list, dict)):
        return scalar_text(value, column)
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise UnreadableRowError(f"`{column}` holds what JSON cannot carry (NaN, a date). Write it as text.") from error
    return cleaned(text, column)


def parsed_json(text: str, column: str) -> object:
    """JSON inside a cell, as in `["a", "b"]`."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = f'`{column}` begins like JSON but is not: {shown(text)}. Write ["a", "b"], with double quotes.'
        raise UnreadableRowError(reason) from error


def target_values(value: object, column: str, kind: Kind | None, may_be_json_list: bool) -> list[object]:
    """The delivered targets, typed as delivered, without missing ones. A `json` question's list is one target,
    except in a column that by its name holds all targets (`may_be_json_list`)."""
    if isinstance(value, str) and may_be_json_list and value.lstrip().startswith("["):
        value = parsed_json(value, column)
    several = isinstance(value, list) and (may_be_json_list or kind != "json")
    values: list[object] = list(value) if several else [value]  # type: ignore[arg-type]  `several` says it is a list
    return [one for one in values if not is_missing(one)]


def target_texts(values: list[object], column: str, kind: Kind | None) -> tuple[str, ...]:
    """The targets as texts, each once, none empty."""
    if kind is None and any(isinstance(one, (list, dict)) for one in values):
        raise UnreadableRowError(f'`{column}` holds a list or an object. If that is the answer, set kind = "json".')
    as_text = json_text if kind == "json" else scalar_text
    texts = dict.fromkeys(as_text(one, column) for one in values)
    return tuple(text for text in texts if text)


def _named(value: object) -> str:
    if isinstance(value, (float, Decimal)):
        return f"the number {value}" if not math.isfinite(value) else "a number"
    return type_name(value)

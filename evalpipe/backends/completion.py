"""A chat completion's JSON, read into a `Reply`. Pure; shared by whatever carries it.

Reasoning (`reasoning_content`, parts of type `thinking`) is never read: it is not the answer.
"""

import re
from collections.abc import Mapping, Sequence
from typing import cast

from evalpipe.backends.protocol import TryAgainError
from evalpipe.core.answers import Outcome, Reply
from evalpipe.core.quoting import one_line

# `max_tokens` and `model_length` are what some servers say for the `length` of the protocol.
_CUT_SHORT = frozenset({"length", "max_tokens", "model_length"})
_FILTERED = frozenset({"content_filter", "safety"})
_MOST_TOKENS = 2**31 - 1  # more than this in one reply is nonsense, and would not fit a column
_DEEPEST_ERROR = 4  # servers nest error in error, and Azure an innererror; deeper is mischief
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON may escape half a pair; no table can hold it


def read_reply(payload: object, latency_s: float | None = None) -> Reply:
    """The reply that a chat completion holds; `latency_s` is passed on.

    Raises: TryAgainError: it is not a chat completion, or one that the endpoint itself broke off.
    """
    if not isinstance(payload, dict):
        raise TryAgainError("the reply is not a JSON object", latency_s=latency_s)
    completion = cast("Mapping[str, object]", payload)
    choice = _first_choice(completion, latency_s)
    message = choice.get("message")
    if not isinstance(message, dict):
        raise TryAgainError("the reply's choice has no message", latency_s=latency_s)
    spoken = cast("Mapping[str, object]", message)
    text = _text(spoken.get("content"), latency_s)
    refusal = spoken.get("refusal")
    reason = _reason(choice.get("finish_reason"))
    if reason == "error":
        raise TryAgainError("the endpoint broke the answer off with an error", latency_s=latency_s)
    refused = isinstance(refusal, str) and bool(refusal)
    prompt, completed, cached = _tokens(completion.get("usage"))
    return Reply(
        outcome="refused" if refused else _outcome(reason),
        text=storable(cast("str", refusal)) if refused and not text else text,
        finish_reason=reason,
        prompt_tokens=prompt,
        completion_tokens=completed,
        cached_tokens=cached,
        latency_s=latency_s,
    )


def error_message(payload: object, depth: int = _DEEPEST_ERROR) -> str:
    """What the body of an error says, as it stands: the usual places, else nothing."""
    if isinstance(payload, str):
        return payload
    if not isinstance(payload, dict) or depth == 0:
        return ""
    error = cast("Mapping[str, object]", payload)
    for name in ("error", "message", "detail"):
        said = error.get(name)
        if isinstance(said, str | dict) and said:
            return error_message(cast("object", said), depth - 1)
        if isinstance(said, list) and said:  # FastAPI lists one entry a wrong field, in `msg`
            entries = (error_message(each, depth - 1) for each in cast("list[object]", said)[:5])
            return "; ".join(filter(None, entries))
    said = error.get("msg")
    return said if isinstance(said, str) else ""


def error_codes(payload: object) -> frozenset[str]:
    """Codes and types in the body of an error, in lower case; Azure nests the telling one in `innererror`."""
    found: set[str] = set()
    for _ in range(_DEEPEST_ERROR):
        if not isinstance(payload, dict):
            break
        error = cast("Mapping[str, object]", payload)
        found.update(said.lower() for name in ("code", "type") if isinstance(said := error.get(name), str))
        payload = error.get("error") or error.get("innererror")
    return frozenset(found)


def storable(text: str) -> str:
    """Text with halves of surrogate pairs replaced, so that it can be written as UTF-8."""
    if text.isascii():
        return text
    return _LONE_SURROGATE.sub("\ufffd", text)


def _first_choice(completion: Mapping[str, object], latency_s: float | None) -> Mapping[str, object]:
    choices = completion.get("choices")
    first = cast("list[object]", choices)[0] if isinstance(choices, list) and choices else None
    if isinstance(first, dict):
        return cast("Mapping[str, object]", first)
    said = one_line(error_message(completion), 200)
    raise TryAgainError(f"the reply has no choices{': ' + said if said else ''}", latency_s=latency_s)


def _reason(said: object) -> str | None:
    if said == "stop":  # nearly always; the rest is somebody's text
        return "stop"
    return one_line(said, 40) if isinstance(said, str) else None


def _outcome(finish_reason: str | None) -> Outcome:
    if finish_reason in _CUT_SHORT:
        return "truncated"
    return "refused" if finish_reason in _FILTERED else "answered"


def _text(content: object, latency_s: float | None) -> str | None:
    """None stays None: a model may answer nothing at all. Of a list of parts, the text parts joined."""
    if content is None:
        return None
    if isinstance(content, str):
        return storable(content)
    if isinstance(content, Sequence):
        parts = [cast("Mapping[str, object]", part) for part in cast("Sequence[object]", content) if _is_text(part)]
        return storable("".join(cast("str", part["text"]) for part in parts)) if parts else None
    raise TryAgainError("the reply's content is neither text nor a list of parts", latency_s=latency_s)


def _is_text(part: object) -> bool:
    if not isinstance(part, dict):
        return False
    fields = cast("Mapping[str, object]", part)
    return fields.get("type") == "text" and isinstance(fields.get("text"), str)


def _tokens(usage: object) -> tuple[int | None, int | None, int | None]:
    """Prompt, completion and cached tokens; what is missing or no sensible count is None, not 0."""
    if not isinstance(usage, dict):
        return None, None, None
    counts = cast("Mapping[str, object]", usage)
    details = counts.get("prompt_tokens_details")
    cached = cast("Mapping[str, object]", details).get("cached_tokens") if isinstance(details, dict) else None
    return _count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens")), _count(cached)


def _count(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_TOKENS:
        return value
    return None

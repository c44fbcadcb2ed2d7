"""An HTTP status that is no success, read into what to do next. Pure; shared by whatever carries it."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

from evalpipe.backends.completion import error_codes, error_message
from evalpipe.backends.protocol import NotServedError, TryAgainError
from evalpipe.core.answers import Reply
from evalpipe.core.errors import BackendError
from evalpipe.core.quoting import one_line

ERROR_WIDTH = 200  # characters of what the endpoint says that are kept

_FILTERED = frozenset(
    {"content_filter", "content_policy_violation", "responsibleaipolicyviolation", "moderation_blocked"}
)
_OVERLOAD = frozenset({429, 503})
_BROKEN = frozenset({408, 409, 425})
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached"})  # sent as 429, yet no pause mends it


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What an error names, so that the reader knows which line of the configuration to mend."""

    base_url: str
    model: str
    api_key_env: str | None


def read_status(
    status: int, payload: object, retry_after_s: float | None, latency_s: float | None, endpoint: Endpoint
) -> Reply:
    """The reply that a status of 300 or more stands for: `refused` or `rejected`.

    Args:
        payload: the body's JSON, or its text, already without the key.

    Raises:
        TryAgainError: overload or a fault of the server.
        NotServedError: nothing is served at this address, or for this one request: what it replied before tells.
        BackendError: the endpoint would say the same to each request.
    """
    said = one_line(error_message(payload), ERROR_WIDTH)
    codes = error_codes(payload)
    if status in (400, 403) and codes & _FILTERED:
        return Reply(outcome="refused", finish_reason="content_filter", latency_s=latency_s, error=said or None)
    rejected = Reply(outcome="rejected", latency_s=latency_s, error=one_line(f"HTTP {status}: {said}", ERROR_WIDTH))
    sentence = f"{endpoint.base_url}: HTTP {status}{': ' + said if said else ''}."
    if mend := _hopeless(status, codes, endpoint):
        raise BackendError(f"{sentence} {mend}")
    if mend := _misplaced(status, endpoint):
        raise NotServedError(f"{sentence} {mend}", rejected)
    if status in _OVERLOAD or status in _BROKEN or status >= 500:
        trouble = "overload" if status in _OVERLOAD else "broken" if status in _BROKEN else "fault"
        raise TryAgainError(sentence.removeprefix(f"{endpoint.base_url}: ")[:-1], retry_after_s, latency_s, trouble)
    return rejected


def _hopeless(status: int, codes: frozenset[str], endpoint: Endpoint) -> str | None:
    """What to do where no request of this run can be served, else None."""
    key = f"the key in the environment variable {endpoint.api_key_env}" if endpoint.api_key_env else None
    if status in (401, 403):
        if key:
            return f"The endpoint does not accept {key}. Set the right one."
        return "The endpoint wants a key. Name the environment variable that holds it as `api_key_env`."
    if status == 402 or codes & _NO_CREDIT:
        return f"The account behind {key or 'the endpoint'} has no credit left. Add some, then run again."
    if status < 400:
        return "The endpoint sends requests elsewhere. Put the address where it really is into `base_url`."
    if status == 407:
        return "A proxy before the endpoint wants credentials. Check the proxy settings."
    return None


def _misplaced(status: int, endpoint: Endpoint) -> str | None:
    """What to do where the very first request meets a status that a wrong address gives, else None."""
    if status in (404, 410):
        return (
            f"Either `base_url` is wrong (it ends before /chat/completions, often in /v1), "
            f"or the endpoint has no model {endpoint.model!r}."
        )
    if status == 405:
        return "No chat completion can be asked for here. Check `base_url`."
    return None


def read_retry_after(value: str | None, now_s: float) -> float | None:
    """Seconds to wait by a Retry-After header: a number, or an HTTP date seen from `now_s` (Unix time).

    Source: RFC 9110, 10.2.3.
    """
    if value is None:
        return None
    try:
        pause_s = float(value)
    except ValueError:
        try:
            until = parsedate_to_datetime(value)
        except (ValueError, OverflowError):
            return None
        pause_s = until.replace(tzinfo=until.tzinfo or UTC).timestamp() - now_s
    return max(0.0, pause_s) if math.isfinite(pause_s) else None


# Largest unit first, as OpenAI writes them: `1h2m3.5s`, `6m0s`, `20ms`.
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:([\d.]+)s)?(?:([\d.]+)ms)?")


def read_hold(header: Callable[[str], str | None], now_s: float) -> float | None:
    """Seconds during which the endpoint will serve nothing more, by its `x-ratelimit-*` headers; None: no such word.

    `header` looks a name up; `now_s` is Unix time. Some servers give the reset as a duration, others as seconds, or as
    Unix time.
    """
    holds = [
        hold_s
        for what in ("requests", "tokens")
        if (header(f"x-ratelimit-remaining-{what}") or "").strip() == "0"
        if (hold_s := _duration_s(header(f"x-ratelimit-reset-{what}"), now_s)) is not None
    ]
    return max(holds, default=None)


def _duration_s(value: str | None, now_s: float) -> float | None:
    text = (value or "").strip()
    try:
        seconds = float(text)
    except ValueError:
        found = _DURATION.fullmatch(text)
        if not found or not text:
            return None
        try:
            hours, minutes, rest, thousandths = (float(part or 0) for part in found.groups())
        except ValueError:
            return None
        seconds = 3600 * hours + 60 * minutes + rest + thousandths / 1000
    if seconds > 1e9:  # a point in time, not a duration
        seconds -= now_s
    return max(0.0, seconds) if math.isfinite(seconds) else None

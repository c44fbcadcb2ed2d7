"""Requests, answers and their outcomes."""

from dataclasses import dataclass
from typing import Literal, get_args

Outcome = Literal["answered", "truncated", "refused", "rejected", "failed"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a backend says about one request, before anybody scores it.

    `text` is None for `failed` and `rejected`, and for a recorded null; an empty text is an empty answer.
    `error` is a short reason without any key. `latency_s` is request sent to last byte of the last try.
    `hold_s`: the endpoint said with this reply that nothing more is served for so many seconds.
    """

    outcome: Outcome
    text: str | None = None
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    latency_s: float | None = None
    error: str | None = None
    hold_s: float | None = None

"""One HTTP exchange of a chat completion, whoever carries it: `wire` or `sdk` send bytes and bring bytes back."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

import orjson

from evalpipe import __version__
from evalpipe.backends.protocol import TryAgainError
from evalpipe.backends.secrets import without_key

LARGEST_REPLY_BYTES = 50_000_000  # a model's longest answer is under 1 MB; more is a wrong server
PATH = "/chat/completions"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came back, whatever the status. `header` looks a name up, in any case of its letters."""

    status: int
    header: Callable[[str], str | None]
    content: bytes


class Transport(Protocol):
    """Open connections to one address."""

    async def post(self, content: bytes) -> Exchange:
        """Send it to /chat/completions, follow no redirect, read the whole reply.

        Raises:
            TimeoutError: no whole reply within the time allowed.
            TryAgainError: the connection failed, or the reply is too large or compressed.
        """
        ...


# (base_url, key, timeout_s, how many connections at most)
Opener = Callable[[str, str | None, float, int], AbstractAsyncContextManager[Transport]]


def headers(key: str | None) -> dict[str, str]:
    """All that evalpipe sends beside host and length. A compressed reply could grow a thousandfold: none is taken."""
    ours = {
        "content-type": "application/json",
        "accept": "application/json",
        "accept-encoding": "identity",
        "user-agent": f"evalpipe/{__version__}",
    }
    return ours | ({"authorization": f"Bearer {key}"} if key else {})


def parse_body(content: bytes, key: str | None) -> object:
    """The JSON of a body, else its text; the key is out of both. What is nested too deep to parse stays text."""
    try:
        return without_key(orjson.loads(content), key)
    except orjson.JSONDecodeError:
        pass
    try:  # orjson takes no lone surrogates, NaN or numbers of hundreds of digits; some servers send them
        return without_key(json.loads(content), key)
    except (ValueError, RecursionError):
        return without_key(content.decode("utf-8", "replace"), key)


def too_large() -> TryAgainError:
    return TryAgainError(f"the reply is larger than {LARGEST_REPLY_BYTES // 10**6} MB")


def check_encoding(encoding: str | None) -> None:
    """Raises TryAgainError: the reply is compressed."""
    if (encoding or "identity").lower() != "identity":
        raise TryAgainError("the reply is compressed, though none was asked for")

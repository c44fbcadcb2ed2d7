"""What the engine and a backend say to each other.

A backend makes one try at a time. The engine counts tries, waits, and writes the journal; it knows no protocol.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from evalpipe.core.answers import Reply
from evalpipe.core.questions import Question

Message = Mapping[str, str]
Body = Mapping[str, object]


class TryAgainError(Exception):
    """This try failed for a reason that may pass: overload, a broken connection, an unreadable reply.

    `reason` is short and holds no key. `retry_after_s` is what the endpoint asked for, in seconds.
    """

    def __init__(self, reason: str, retry_after_s: float | None = None, latency_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.latency_s = latency_s


class Backend(Protocol):
    """An endpoint that is open: `body` is exact and pure, `ask` makes one try.

    `identity` is the endpoint's identity in a fingerprint: the same address, weights or file, whatever the port.
    """

    @property
    def identity(self) -> str: ...

    def body(self, question: Question, messages: tuple[Message, ...]) -> Body:
        """Every field that would be sent for this question, in the form that is fingerprinted."""
        ...

    def session(self) -> AbstractAsyncContextManager["Session"]:
        """Open connections, or start the server. Raises BackendError: it cannot be reached or started at all."""
        ...


class Session(Protocol):
    """An open backend."""

    async def ask(self, body: Body) -> Reply:
        """Send one request once.

        Raises:
            TryAgainError: this try failed, the next may not.
            BackendError: no request of this run can be served (wrong key, no such model); the run stops.
        """
        ...

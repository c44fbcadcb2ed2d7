"""What the engine and a backend say to each other.

A backend makes one try at a time. The engine counts tries, waits, and writes the journal; it knows no protocol.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol

from evalpipe.core.answers import Reply
from evalpipe.core.errors import BackendError
from evalpipe.core.questions import Question

Message = Mapping[str, str]

# Why a try may be repeated. `overload` (429, 503) says that the endpoint pushes back; `broken` (connection broken or
# refused, 408, 409, 425) that nothing was answered: both are free, until the question's deadline. A `fault` (another
# 5xx, a time-out, an unreadable reply) uses up one of `max_retries`.
Trouble = Literal["overload", "broken", "fault"]


class TryAgainError(Exception):
    """This try failed for a reason that may pass.

    `reason` is short and holds no key. `retry_after_s` is what the endpoint asked for, in seconds.
    """

    def __init__(
        self,
        reason: str,
        retry_after_s: float | None = None,
        latency_s: float | None = None,
        trouble: Trouble = "fault",
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after_s = retry_after_s
        self.latency_s = latency_s
        self.trouble: Trouble = trouble


class NotServedError(BackendError):
    """A status such as 404. With nothing answered before, the address is wrong and the run stops with this sentence;
    in the midst of answers it is `rejected`, this one request's outcome.
    """

    def __init__(self, sentence: str, rejected: Reply) -> None:
        super().__init__(sentence)
        self.rejected = rejected


class Backend(Protocol):
    """An endpoint that is not open yet: `content` is exact and pure, `sessions` opens it.

    `identity` is the endpoint's identity in a fingerprint: the same address, weights or file, whatever the port.
    """

    @property
    def identity(self) -> str: ...

    def content(self, question: Question, messages: tuple[Message, ...]) -> bytes:
        """Every byte that would be sent for this question: JSON, with its sampling fields in sorted order."""
        ...

    def sessions(self) -> AbstractAsyncContextManager[Sequence["Session"]]:
        """Open connections, or start the server: one session for each place that answers for this model.

        Raises BackendError: it cannot be reached or started at all.
        """
        ...


class Session(Protocol):
    """One open place, such as one `base_url`."""

    async def ask(self, content: bytes) -> Reply:
        """Send one request once.

        Raises:
            TryAgainError: this try failed, the next may not.
            BackendError: no request of this run can be served (wrong key, no such model); the run stops.
        """
        ...

"""What the engine and a backend say to each other.

A backend makes one try at a time. The engine counts tries, waits, and writes the journal; it knows no protocol. A
backend that takes requests by the file (`BatchBackend`) has a course of its own, `answering/batches.py`.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

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


class Addressee(Protocol):
    """Who is asked, and in which words: what a fingerprint is made of. Opens nothing.

    `identity` is the endpoint's identity in a fingerprint: the same address, weights or file, whatever the port.
    """

    @property
    def identity(self) -> str: ...

    def content(self, question: Question, messages: tuple[Message, ...]) -> bytes:
        """Every byte that would be sent for this question: JSON, with its sampling fields in sorted order."""
        ...


class Backend(Addressee, Protocol):
    """An endpoint that is not open yet: `content` is exact and pure, `sessions` opens it."""

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


@dataclass(frozen=True, slots=True)
class BatchState:
    """How far a batch has come. `status` is the provider's word, `files` hold the results of one that ended.

    `refusal`: why it was not taken, so that no request of it was processed. `crowded`: it was not, because the account
    has too much enqueued already.
    """

    batch: str
    status: str
    ended: bool = False
    files: tuple[str, ...] = ()
    refusal: str | None = None
    crowded: bool = False


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of the request `custom_id`. `hopeless`: each request would meet the same, in one sentence."""

    custom_id: str
    reply: Reply
    hopeless: str | None = None


@runtime_checkable
class BatchBackend(Addressee, Protocol):
    """A provider that takes requests by the file and answers within hours.

    One file holds at most `chunk_requests` requests and `chunk_bytes` bytes.
    """

    @property
    def chunk_requests(self) -> int: ...

    @property
    def chunk_bytes(self) -> int: ...

    def batches(self) -> AbstractAsyncContextManager["Batches"]:
        """An open connection. Raises BackendError: the key cannot be used."""
        ...


class Batches(Protocol):
    """An open connection to a provider. Each call is one try.

    Raises, each of them:
        TryAgainError: this try failed, the next may not.
        BackendError: the provider takes no batch of this run.
    """

    async def check(self) -> None:
        """Something that costs nothing, to see whether address and key are right."""
        ...

    async def upload(self, path: Path) -> str:
        """The id of the uploaded file of request lines."""
        ...

    async def create(self, file: str, key: str) -> BatchState:
        """A new batch of the lines of `file`, found again by our own `key`. After TryAgainError it may exist."""
        ...

    async def find(self, key: str) -> BatchState | None:
        """The batch that was created with `key`; None: none was."""
        ...

    async def state(self, batch: str) -> BatchState | None:
        """None: the provider knows no such batch (any more)."""
        ...

    def results(self, file: str) -> AsyncGenerator[list[BatchResult]]:
        """The results in a file, some at a time; lines that tell no request are left out."""
        ...

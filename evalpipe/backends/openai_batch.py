"""A provider's batch API, through the `openai` package: files of requests, answered within hours at half the price.

The package carries the calls, no more: replies are read here, and what is tried again is decided by who calls.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from evalpipe.backends.batch_lines import ENDPOINT, Lines, read_line
from evalpipe.backends.completion import error_codes
from evalpipe.backends.exchange import parse_body
from evalpipe.backends.openai_chat import OpenAIChat
from evalpipe.backends.protocol import BatchResult, BatchState, Message, NotServedError, TryAgainError
from evalpipe.backends.sdk import cause, open_client
from evalpipe.backends.secrets import SHORTEST_SECRET, read_key, without_key
from evalpipe.backends.statuses import ERROR_WIDTH, Endpoint, read_retry_after, read_status
from evalpipe.core.errors import BackendError
from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

KEY_FIELD = "evalpipe_key"  # in a batch's metadata: by it a batch is found whose id we never heard of
PAGE = 100  # batches listed at a time, the most there may be
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_CROWDED = "token_limit_exceeded"  # more tokens enqueued than the account may have; it passes as batches end
# Files go up as forms and come down as bytes; by the last one the package knows that it is to parse nothing.
_ITS_OWN = ("host", "content-length", "transfer-encoding", "content-type", "accept", "x-stainless-raw-response")


@dataclass(frozen=True)
class OpenAIBatch:
    """A model behind /v1/files and /v1/batches. `sampling` is passed on as it stands; `timeout_s` bounds one call, of
    an upload and a download each wait for bytes.

    Raises: ConfigError: the address holds what it must not, or `sampling` is no JSON.
    """

    base_url: str
    model: str
    sampling: Mapping[str, object]
    api_key_env: str | None = None
    completion_window: str = "24h"
    chunk_requests: int = 50_000
    chunk_bytes: int = 200_000_000
    timeout_s: float = 120
    name: str | None = None

    def __post_init__(self) -> None:
        _ = self._wording

    @property
    def identity(self) -> str:
        return f"openai_batch:{self.name or self.base_url.rstrip('/')}"

    def content(self, question: Question, messages: tuple[Message, ...]) -> bytes:
        return self._wording.content(question, messages)

    @cached_property
    def _wording(self) -> OpenAIChat:
        """The same bytes as for the model that answers at once."""
        return OpenAIChat(base_urls=(self.base_url,), model=self.model, sampling=self.sampling)

    @asynccontextmanager
    async def batches(self) -> AsyncIterator["OpenAIBatches"]:
        key = read_key(self.api_key_env, self.base_url)
        async with open_client(self.base_url, key, self.timeout_s, 4, its_own=_ITS_OWN, capped=False) as client:
            yield OpenAIBatches(self, client, key)


@dataclass(frozen=True, slots=True)
class OpenAIBatches:
    """An open connection to the provider."""

    _backend: OpenAIBatch
    _client: "AsyncOpenAI" = field(repr=False)
    _key: str | None = field(repr=False)

    async def upload(self, path: Path) -> str:
        # Opened here: given the path, the package would read the whole file into memory.
        with path.open("rb") as file:
            async with self._heard():
                said = await self._client.files.with_raw_response.create(
                    file=("evalpipe.jsonl", file, "application/jsonl"), purpose="batch"
                )
        return _text_in(parse_body(said.content, self._key), "id")

    async def create(self, file: str, key: str) -> BatchState:
        async with self._heard(self._backend.timeout_s):
            said = await self._client.batches.with_raw_response.create(
                completion_window=cast("Any", self._backend.completion_window),
                endpoint=ENDPOINT,
                input_file_id=file,
                metadata={KEY_FIELD: key},
            )
        return _read_state(parse_body(said.content, self._key))

    async def check(self) -> None:
        await self._page(limit=1)

    async def find(self, key: str) -> BatchState | None:
        after: dict[str, Any] = {}
        while True:
            found, more = await self._page(limit=PAGE, **after)
            for each in found:
                metadata = each.get("metadata") if isinstance(each, dict) else None
                if isinstance(metadata, dict) and metadata.get(KEY_FIELD) == key:
                    return _read_state(each)
            following = {"after": _text_in(found[-1], "id")} if found and more else after
            if following == after:  # the last page, or a server that knows no pages
                return None
            after = following

    async def _page(self, **options: Any) -> tuple[list[Any], bool]:  # noqa: ANN401 - the package's own parameters
        """Batches, latest first, and whether there are more."""
        async with self._heard(self._backend.timeout_s):
            said = await self._client.batches.with_raw_response.list(**options)
        listed = parse_body(said.content, self._key)
        found = cast("Mapping[str, Any]", listed).get("data") if isinstance(listed, dict) else None
        if not isinstance(found, list):
            raise TryAgainError("the reply is not a list of batches")
        return cast("list[Any]", found), bool(cast("Mapping[str, Any]", listed).get("has_more"))

    async def state(self, batch: str) -> BatchState | None:
        try:
            async with self._heard(self._backend.timeout_s):
                said = await self._client.batches.with_raw_response.retrieve(batch)
        except NotServedError:
            return None
        return _read_state(parse_body(said.content, self._key))

    async def results(self, file: str) -> AsyncGenerator[list[BatchResult]]:
        secret = self._key if self._key and len(self._key) >= SHORTEST_SECRET else None
        lines = Lines()
        async with self._heard(), self._client.files.with_streaming_response.content(file) as reply:
            async for some in reply.iter_bytes():
                yield self._read(lines.add(some), secret)
        yield self._read(lines.end(), secret)

    def _read(self, lines: list[bytes], secret: str | None) -> list[BatchResult]:
        read = (read_line(line, secret, self._endpoint) for line in lines)
        return [each for each in read if each is not None]

    @property
    def _endpoint(self) -> Endpoint:
        return Endpoint(self._backend.base_url, self._backend.model, self._backend.api_key_env)

    @asynccontextmanager
    async def _heard(self, limit_s: float | None = None) -> AsyncIterator[None]:
        """What goes wrong in one call, in our words."""
        import httpx2
        import openai

        try:
            async with asyncio.timeout(limit_s):
                yield
        except openai.APIStatusError as error:
            self._refuse(error)
        except (openai.APITimeoutError, httpx2.TimeoutException, TimeoutError):
            raise TryAgainError(f"{self._backend.base_url}: no reply within {self._backend.timeout_s:g} s") from None
        except (openai.APIConnectionError, httpx2.RequestError) as error:
            reason = one_line(str(without_key(f"{self._backend.base_url}: {cause(error)}", self._key)), ERROR_WIDTH)
            raise TryAgainError(reason, trouble="broken") from None

    def _refuse(self, error: "APIStatusError") -> None:
        """Raises what a status stands for; `None` from nowhere, as the package's own words may hold what was sent."""
        response = error.response
        body = parse_body(response.content, self._key)
        pause_s = read_retry_after(response.headers.get("retry-after"), time.time())
        try:
            reply = read_status(response.status_code, body, pause_s, None, self._endpoint)
        except NotServedError as gone:
            sentence = (
                f"{self._backend.base_url}: {gone.rejected.error}. Either `base_url` is wrong (often it ends in /v1), "
                'or the provider has no batch API: then let the model have `backend = "openai_chat"`.'
            )
            raise NotServedError(sentence, gone.rejected) from None
        except (TryAgainError, BackendError) as meant:
            raise meant from None
        raise BackendError(
            f"{self._backend.base_url}: the batch was not taken ({reply.error}). Compare `completion_window`, "
            "`chunk_requests` and `chunk_bytes` with what the provider allows."
        ) from None


def _read_state(payload: object) -> BatchState:
    """Raises TryAgainError: it is no batch."""
    batch, status = _text_in(payload, "id"), _text_in(payload, "status")
    fields = cast("Mapping[str, Any]", payload)
    named = (fields.get("output_file_id"), fields.get("error_file_id"))
    files = tuple(each for each in named if isinstance(each, str) and each)
    ended = status in _ENDED
    if status != "failed" or files:
        return BatchState(batch, one_line(status, 40), ended, files if ended else ())
    listed = (fields.get("errors") or {}).get("data") if isinstance(fields.get("errors"), dict) else None
    errors = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    said = [f"line {each['line']}: {each.get('message')}" for each in errors if each.get("line")]
    said += [str(each.get("message")) for each in errors if not each.get("line")]
    refusal = one_line("; ".join(said[:3]), 2 * ERROR_WIDTH) or "no reason given"
    crowded = any(_CROWDED in error_codes(each) for each in errors)
    return BatchState(batch, status, True, (), refusal, crowded)


def _text_in(payload: object, name: str) -> str:
    value = cast("Mapping[str, object]", payload).get(name) if isinstance(payload, dict) else None
    if not isinstance(value, str) or not value:
        raise TryAgainError(f"the reply holds no `{name}`")
    return value

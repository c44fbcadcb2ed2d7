"""Any server that speaks OpenAI's chat completions, through the `openai` package; its own retries are off.

The package carries bytes, no more: the body goes out as it was fingerprinted, unknown fields included, the headers
are ours (the package reads keys and headers from the environment), and the reply is read by `completion.py`.
"""

import asyncio
import json
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Never
from urllib.parse import urlsplit

from evalpipe import __version__
from evalpipe.backends.completion import read_reply
from evalpipe.backends.protocol import Body, Message, TryAgainError
from evalpipe.backends.secrets import SHORTEST_SECRET, read_key, without_key
from evalpipe.backends.statuses import ERROR_WIDTH, Endpoint, read_retry_after, read_status
from evalpipe.core.answers import Reply
from evalpipe.core.errors import ConfigError
from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

LARGEST_REPLY_BYTES = 50_000_000  # a model's longest answer is under 1 MB; more is a wrong server


@dataclass(frozen=True, slots=True)
class OpenAIChat:
    """An OpenAI-compatible endpoint. `base_url` ends before /chat/completions; `sampling` is passed on as it stands.

    `timeout_s` bounds one try from the first byte sent to the last received.
    Raises: ConfigError: the address holds what it must not, or `sampling` is no JSON.
    """

    base_url: str
    model: str
    sampling: Mapping[str, object]
    api_key_env: str | None = None
    timeout_s: float = 30
    max_connections: int = 64

    def __post_init__(self) -> None:
        _check_address(self.base_url)
        try:
            json.dumps(dict(self.sampling), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"`sampling` of model {self.model!r} cannot be sent as JSON: {error}.") from None

    @property
    def identity(self) -> str:
        return f"openai_chat:{self.base_url.rstrip('/')}"

    def body(self, question: Question, messages: tuple[Message, ...]) -> Body:
        return {**self.sampling, "model": self.model, "messages": [dict(message) for message in messages]}

    @asynccontextmanager
    async def session(self) -> AsyncIterator["ChatSession"]:
        key = read_key(self.api_key_env, self.base_url)
        import httpx2
        from openai import AsyncOpenAI

        async def send_our_headers(request: httpx2.Request) -> None:
            request.headers = httpx2.Headers(_headers(request.headers, key))

        async with httpx2.AsyncClient(
            timeout=self.timeout_s,
            limits=httpx2.Limits(max_connections=self.max_connections, max_keepalive_connections=self.max_connections),
            trust_env=not _is_loopback(self.base_url),  # no proxy stands before this machine itself
            event_hooks={"request": [send_our_headers], "response": [_cap_reply]},
        ) as http:
            client = AsyncOpenAI(
                api_key="unused", base_url=self.base_url, http_client=http, max_retries=0, timeout=self.timeout_s
            )
            yield ChatSession(self, client, key)


@dataclass(frozen=True, slots=True)
class ChatSession:
    """Open connections to the endpoint."""

    _chat: OpenAIChat
    _client: "AsyncOpenAI" = field(repr=False)
    _key: str | None = field(repr=False)

    async def ask(self, body: Body) -> Reply:
        started = time.perf_counter()
        try:
            async with asyncio.timeout(self._chat.timeout_s):
                status, retry_after, content = await self._post(json.dumps(body, allow_nan=False).encode())
        except TimeoutError:
            self._fail(f"no whole reply within {self._chat.timeout_s:g} s", started)
        latency_s = time.perf_counter() - started
        if status < 300:
            secret = self._key if self._key and len(self._key) >= SHORTEST_SECRET else None
            return read_reply(_parse(content, secret), latency_s)
        chat = self._chat
        endpoint = Endpoint(chat.base_url, chat.model, chat.api_key_env)
        pause_s = read_retry_after(retry_after, time.time())
        return read_status(status, _parse(content, self._key), pause_s, latency_s, endpoint)

    async def _post(self, content: bytes) -> tuple[int, str | None, bytes]:
        """Status, Retry-After and body of one exchange, whatever the status."""
        import httpx2
        import openai

        started = time.perf_counter()
        try:
            response = await self._client.post("/chat/completions", content=content, cast_to=httpx2.Response)
        except openai.APIStatusError as error:
            response = error.response
        except openai.APITimeoutError:
            raise TimeoutError from None
        except openai.APIConnectionError as error:
            self._fail(f"{self._chat.base_url}: {_cause(error)}", started)
        except TryAgainError as error:  # from the cap on the reply
            self._fail(error.reason, started)
        return response.status_code, response.headers.get("retry-after"), response.content

    def _fail(self, reason: str, started: float) -> Never:
        reason = one_line(str(without_key(reason, self._key)), ERROR_WIDTH)
        raise TryAgainError(reason, latency_s=time.perf_counter() - started) from None


def _check_address(base_url: str) -> None:
    """Raises ConfigError where an address would carry a secret into tables and logs, or cannot work."""
    try:
        parts = urlsplit(base_url)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise ConfigError("`base_url` is not an address. Write it like https://host/v1.") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(
            f"`base_url` of host {parts.hostname}: leave out name, password, `?` and `#`; "
            "the address is kept with each answer. Put the key into an environment variable, named by `api_key_env`."
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_fits:
        raise ConfigError(f"`base_url` {one_line(base_url)!r} is not an address. Write it like https://host/v1.")
    if parts.path.rstrip("/").endswith("/chat/completions"):
        raise ConfigError(f"`base_url` {one_line(base_url)!r}: leave /chat/completions out, it is added.")


def _is_loopback(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _headers(theirs: Mapping[str, str], key: str | None) -> dict[str, str]:
    ours = {name: theirs[name] for name in ("host", "content-length") if name in theirs}
    ours |= {"content-type": "application/json", "accept": "application/json", "connection": "keep-alive"}
    ours |= {"accept-encoding": "identity", "user-agent": f"evalpipe/{__version__}"}
    return ours | ({"authorization": f"Bearer {key}"} if key else {})


async def _cap_reply(response: "httpx2.Response") -> None:
    """Break a reply off at `LARGEST_REPLY_BYTES`. A compressed one could grow a thousandfold, so none is taken."""
    import httpx2

    if response.headers.get("content-encoding", "identity").lower() != "identity":
        raise TryAgainError("the reply is compressed, though none was asked for")
    stream = response.stream

    class Capped(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncGenerator[bytes]:
            size_bytes = 0
            async for chunk in stream:  # pyright: ignore[reportGeneralTypeIssues]: an async client's stream is async
                size_bytes += len(chunk)
                if size_bytes > LARGEST_REPLY_BYTES:
                    raise TryAgainError(f"the reply is larger than {LARGEST_REPLY_BYTES // 10**6} MB")
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue]

    response.stream = Capped()


def _parse(content: bytes, key: str | None) -> object:
    """The JSON of a body, else its text; the key is out of both. What is nested too deep to parse stays text."""
    try:
        return without_key(json.loads(content), key)
    except (ValueError, RecursionError):
        return without_key(content.decode("utf-8", "replace"), key)


def _cause(error: BaseException) -> str:
    """The innermost reason of a failed connection, e.g. "[Errno 111] Connection refused"."""
    said = type(error).__name__
    for _ in range(8):  # openai, httpx2, httpcore and the socket wrap one another
        said = str(error) or said
        following = error.__cause__ or error.__context__
        if following is None:
            break
        error = following
    return said

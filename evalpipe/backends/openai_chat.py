"""Any server that speaks OpenAI's chat completions: what is sent, and what comes back read into a `Reply`.

Who carries the bytes is a `transport`: `wire` (default) or `sdk`. Both are held to the same contract by the same tests.
"""

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Never
from urllib.parse import urlsplit

import orjson

from evalpipe.backends.completion import read_reply
from evalpipe.backends.exchange import Opener, Transport, parse_body
from evalpipe.backends.protocol import Message, TryAgainError
from evalpipe.backends.sdk import open_sdk
from evalpipe.backends.secrets import SHORTEST_SECRET, read_key, without_key
from evalpipe.backends.statuses import ERROR_WIDTH, Endpoint, read_hold, read_retry_after, read_status
from evalpipe.backends.wire import open_wire
from evalpipe.core.answers import Reply
from evalpipe.core.errors import ConfigError
from evalpipe.core.questions import Question
from evalpipe.core.quoting import one_line

TRANSPORTS: dict[str, Opener] = {"wire": open_wire, "sdk": open_sdk}


@dataclass(frozen=True)
class OpenAIChat:
    """An OpenAI-compatible endpoint. `base_urls` end before /chat/completions: several are replicas of one model.
    `sampling` is passed on as it stands. `name` is the endpoint's identity where it should survive a change of address.

    `timeout_s` bounds one try from the first byte sent to the last received.
    Raises: ConfigError: an address holds what it must not, or `sampling` is no JSON.
    """

    base_urls: tuple[str, ...]
    model: str
    sampling: Mapping[str, object]
    api_key_env: str | None = None
    timeout_s: float = 30
    max_connections: int = 64
    transport: Literal["wire", "sdk"] = "wire"
    name: str | None = None

    def __post_init__(self) -> None:
        for base_url in self.base_urls:
            check_address(base_url)
        try:
            json.dumps(dict(self.sampling), allow_nan=False)
        except (TypeError, ValueError) as error:
            raise ConfigError(f"`sampling` of model {self.model!r} cannot be sent as JSON: {error}.") from None

    @property
    def identity(self) -> str:
        return f"openai_chat:{self.name or ' '.join(sorted(url.rstrip('/') for url in self.base_urls))}"

    def content(self, question: Question, messages: tuple[Message, ...]) -> bytes:
        return self._before + encode(messages) + b"}"

    @cached_property
    def _before(self) -> bytes:
        """Everything up to the messages, which alone differ from question to question."""
        fields = {**self.sampling, "model": self.model}
        return encode(fields, sort=True)[:-1] + b',"messages":'

    @asynccontextmanager
    async def sessions(self) -> AsyncIterator[Sequence["ChatSession"]]:
        key = read_key(self.api_key_env, self.base_urls[0])
        async with AsyncExitStack() as stack:
            opened: list[ChatSession] = []
            for base_url in self.base_urls:
                opener = TRANSPORTS[self.transport](base_url, key, self.timeout_s, self.max_connections)
                endpoint = Endpoint(base_url, self.model, self.api_key_env)
                transport = await stack.enter_async_context(opener)
                opened.append(ChatSession(endpoint, transport, self.timeout_s, key))
            yield opened


@dataclass(frozen=True, slots=True)
class ChatSession:
    """Open connections to one address."""

    _endpoint: Endpoint
    _transport: Transport = field(repr=False)
    _timeout_s: float
    _key: str | None = field(repr=False)

    async def ask(self, content: bytes) -> Reply:
        started = time.perf_counter()
        try:
            exchange = await self._transport.post(content)
        except TimeoutError:
            self._fail(TryAgainError(f"no whole reply within {self._timeout_s:g} s"), started)
        except TryAgainError as error:
            self._fail(error, started)
        latency_s = time.perf_counter() - started
        hold_s = None
        if exchange.header("x-ratelimit-remaining-requests") or exchange.header("x-ratelimit-remaining-tokens"):
            hold_s = read_hold(exchange.header, time.time())
        if exchange.status < 300:
            secret = self._key if self._key and len(self._key) >= SHORTEST_SECRET else None
            reply = read_reply(parse_body(exchange.content, secret), latency_s)
        else:
            pause_s = read_retry_after(exchange.header("retry-after"), time.time()) or hold_s
            reply = read_status(
                exchange.status, parse_body(exchange.content, self._key), pause_s, latency_s, self._endpoint
            )
        return replace(reply, hold_s=hold_s) if hold_s else reply

    def _fail(self, error: TryAgainError, started: float) -> Never:
        reason = error.reason
        if error.trouble == "broken":
            reason = f"{self._endpoint.base_url}: {reason}"
        reason = one_line(str(without_key(reason, self._key)), ERROR_WIDTH)
        raise TryAgainError(reason, latency_s=time.perf_counter() - started, trouble=error.trouble) from None


def encode(value: object, sort: bool = False) -> bytes:
    """JSON as it goes out. Half a surrogate pair, which UTF-8 cannot hold, goes out escaped, as does all around it."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS if sort else None)
    except TypeError:
        return json.dumps(value, sort_keys=sort, separators=(",", ":"), allow_nan=False).encode()


def check_address(base_url: str) -> None:
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

"""The other way to an endpoint: the `openai` package on httpx2, for HTTP proxies, Azure and custom authentication.

The package carries bytes, no more: its own retries are off, the body goes out as it was fingerprinted, the headers are
ours (the package reads keys and headers from the environment), and the reply is read by `completion.py`.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from evalpipe.backends.exchange import LARGEST_REPLY_BYTES, PATH, Exchange, check_encoding, headers, too_large
from evalpipe.backends.protocol import TryAgainError

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI


@asynccontextmanager
async def open_sdk(base_url: str, key: str | None, timeout_s: float, connections: int) -> AsyncIterator["Sdk"]:
    async with open_client(base_url, key, timeout_s, connections) as client:
        yield Sdk(client, timeout_s)


@asynccontextmanager
async def open_client(
    base_url: str,
    key: str | None,
    timeout_s: float,
    connections: int,
    its_own: Sequence[str] = ("host", "content-length"),
    capped: bool = True,
) -> AsyncIterator["AsyncOpenAI"]:
    """The package's client, which sends our headers but for `its_own`; `capped`: no reply beyond the limit."""
    import httpx2
    from openai import AsyncOpenAI

    async def send_our_headers(request: httpx2.Request) -> None:
        kept = {name: request.headers[name] for name in its_own if name in request.headers}
        request.headers = httpx2.Headers({**headers(key), **kept, "connection": "keep-alive"})

    async with httpx2.AsyncClient(
        timeout=timeout_s,
        limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        trust_env=not _is_loopback(base_url),  # no proxy stands before this machine itself
        event_hooks={"request": [send_our_headers], "response": [_cap_reply] if capped else []},
    ) as http:
        yield AsyncOpenAI(api_key="unused", base_url=base_url, http_client=http, max_retries=0, timeout=timeout_s)


class Sdk:
    """Open connections; made by `open_sdk`."""

    __slots__ = ("_client", "_timeout_s")

    def __init__(self, client: "AsyncOpenAI", timeout_s: float) -> None:
        self._client = client
        self._timeout_s = timeout_s

    async def post(self, content: bytes) -> Exchange:
        import httpx2
        import openai

        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._client.post(PATH, content=content, cast_to=httpx2.Response)
        except openai.APIStatusError as error:
            response = error.response
        except openai.APITimeoutError:
            raise TimeoutError from None
        except openai.APIConnectionError as error:
            raise TryAgainError(cause(error), trouble="broken") from None
        return Exchange(response.status_code, response.headers.get, response.content)


def _is_loopback(base_url: str) -> bool:
    host = urlsplit(base_url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


async def _cap_reply(response: "httpx2.Response") -> None:
    """Break a reply off at `LARGEST_REPLY_BYTES`."""
    import httpx2

    check_encoding(response.headers.get("content-encoding"))
    stream = response.stream

    class Capped(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncGenerator[bytes]:
            size_bytes = 0
            async for chunk in stream:  # pyright: ignore[reportGeneralTypeIssues]: an async client's stream is async
                size_bytes += len(chunk)
                if size_bytes > LARGEST_REPLY_BYTES:
                    raise too_large()
                yield chunk

        async def aclose(self) -> None:
            await stream.aclose()  # pyright: ignore[reportAttributeAccessIssue]

    response.stream = Capped()


def cause(error: BaseException) -> str:
    """The innermost reason of a failed connection, e.g. "[Errno 111] Connection refused"."""
    said = type(error).__name__
    for _ in range(8):  # openai, httpx2, httpcore and the socket wrap one another
        said = str(error) or said
        following = error.__cause__ or error.__context__
        if following is None:
            break
        error = following
    return said

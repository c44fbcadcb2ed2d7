"""The fast way to an endpoint: HTTP spoken by reqwest (Rust) in a thread of its own, through `pyreqwest`.

Measured beside aiohttp by `benchmarks/clients.py`; docs/decisions/0005 says why this one. HTTP proxies, Azure and
custom authentication are for `sdk`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from evalpipe.backends.exchange import LARGEST_REPLY_BYTES, PATH, Exchange, check_encoding, headers, too_large
from evalpipe.backends.protocol import TryAgainError

if TYPE_CHECKING:
    from pyreqwest.client import Client
    from pyreqwest.exceptions import DetailedPyreqwestError

# The server of a kept connection may close it just as it is used again; a shorter life here makes that rare.
IDLE_S = 20.0
# Its thread lets go of Python's objects a little later than the client is closed. A process that ended meanwhile was
# aborted (PyGILState_Release): 2 of 100 on a busy machine, none in 500 with this pause.
SETTLE_S = 0.05


@asynccontextmanager
async def open_wire(base_url: str, key: str | None, timeout_s: float, connections: int) -> AsyncIterator["Wire"]:
    from pyreqwest.client import ClientBuilder
    from pyreqwest.exceptions import DetailedPyreqwestError, RequestTimeoutError

    builder = (
        ClientBuilder()
        .default_headers(headers(key))
        .timeout(timedelta(seconds=timeout_s))
        .follow_redirects(False)
        .referer(False)
        .no_proxy()
        .gzip(False)
        .brotli(False)
        .zstd(False)
        .deflate(False)
        .pool_max_idle_per_host(connections)
        .pool_idle_timeout(timedelta(seconds=IDLE_S))
    )
    try:
        async with builder.build() as client:
            yield Wire(client, base_url.rstrip("/") + PATH, RequestTimeoutError, DetailedPyreqwestError)
    finally:
        await asyncio.sleep(SETTLE_S)


class Wire:
    """Open connections; made by `open_wire`."""

    __slots__ = ("_broken", "_client", "_late", "_url")

    def __init__(
        self, client: "Client", url: str, late: type[TimeoutError], broken: "type[DetailedPyreqwestError]"
    ) -> None:
        self._client = client
        self._url = url
        self._late, self._broken = late, broken  # an import at each call would cost as much as the parsing

    async def post(self, content: bytes) -> Exchange:
        try:
            async with self._client.post(self._url).body_bytes(content).build_streamed() as response:
                check_encoding(response.get_header("content-encoding"))
                reader = response.body_reader
                whole = await reader.read_chunk()
                received = b"" if whole is None else whole.to_bytes()
                if received:
                    parts, size_bytes = [received], len(received)
                    # To the end: a reply left half-read costs its connection.
                    while (chunk := await reader.read_chunk()) is not None:
                        parts.append(chunk.to_bytes())
                        size_bytes += len(chunk)
                        if size_bytes > LARGEST_REPLY_BYTES:
                            raise too_large()
                    received = parts[0] if len(parts) == 1 else b"".join(parts)
                return Exchange(response.status, response.get_header, received)
        except self._late:
            raise TimeoutError from None
        except self._broken as error:
            raise TryAgainError(_cause(error), trouble="broken") from None


def _cause(error: "DetailedPyreqwestError") -> str:
    """The innermost reason, e.g. "Connection refused (os error 111)"."""
    causes = error.details.get("causes") or []
    said = [cause["message"] for cause in causes] or [error.message]
    return said[-1]

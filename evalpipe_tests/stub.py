"""A stub of an OpenAI-compatible endpoint: a real socket, scripted answers and faults, every request counted.

    with Stub(lambda body: "Answer: A") as stub:
        ...  # stub.base_url, stub.requests

It runs in a thread of its own; requests may come from other processes.
"""

import asyncio
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

TLS_HANDSHAKE = b"\x16"  # the first byte of what a client of https:// sends


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one request gets. `body` replaces the completion, or the error of a status of 400 or more, byte for byte.

    `reset` closes the connection without a byte; `cut_after` sends that many bytes of the body, then closes;
    `half_closed` ends the sending side only, in place of the reply or after `cut_after`; `drip_s` pauses before each
    byte of the body; `endless` sends the body again and again. `error` holds further fields of the error object.
    """

    text: str | None = "Answer: A"
    status: int = 200
    finish_reason: str = "stop"
    usage: Mapping[str, Any] | None = field(default_factory=lambda: {"prompt_tokens": 20, "completion_tokens": 3})
    message: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay_s: float = 0
    reset: bool = False
    cut_after: int | None = None
    drip_s: float = 0
    half_closed: bool = False
    endless: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came: names of headers in lower case, `content` byte for byte and `body` parsed."""

    path: str
    headers: Mapping[str, str]
    body: Any
    content: bytes = b""


class Stub:
    """Answers with what `answer(body)` returns, on a free loopback port. An exception in `answer` is raised at exit."""

    def __init__(
        self,
        answer: Callable[[Any], str | Reaction] = lambda body: Reaction(),
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.answer = answer
        self.tls = tls
        self.requests: list[Received] = []
        self.connections = 0
        self._errors: list[Exception] = []
        self._socket = socket.create_server(("127.0.0.1", port), backlog=1024)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stub", daemon=True)

    @property
    def port(self) -> int:
        return self._socket.getsockname()[1]

    @property
    def base_url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    @property
    def bodies(self) -> list[Any]:
        return [received.body for received in self.requests]

    def __enter__(self) -> "Stub":
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._socket.close()
        if self._errors and error is None:
            raise self._errors[0]

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, sock=self._socket, ssl=self.tls))
        self._loop.call_soon(self._ready.set)
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                first = await reader.readexactly(1)
                if first == TLS_HANDSHAKE:
                    return
                head = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                path = head[0].split(" ")[1]
                headers = {
                    name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:-2])
                }
                content = await reader.readexactly(int(headers.get("content-length", 0)))
                if not await self._react(self._reaction(path, headers, content), writer):
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client went away, or the stub ends
        finally:
            writer.close()

    def _reaction(self, path: str, headers: Mapping[str, str], content: bytes) -> Reaction:
        body = json.loads(content) if content else None
        if not path.endswith("/chat/completions"):
            return Reaction(status=404, text=f"no such path: {path}")
        self.requests.append(Received(path, headers, body, content))
        try:
            reaction = self.answer(body)
        except Exception as error:  # noqa: BLE001 - a failed assertion of the test, raised again at exit
            self._errors.append(error)
            return Reaction(status=500, text="the stub's answer function raised")
        return Reaction(reaction) if isinstance(reaction, str) else reaction

    async def _react(self, reaction: Reaction, writer: asyncio.StreamWriter) -> bool:
        """Send it; whether the connection stays open."""
        if reaction.delay_s:
            await asyncio.sleep(reaction.delay_s)
        if reaction.reset:
            # Lingering for 0 seconds makes the kernel send RST instead of FIN.
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return False
        body = content_of(reaction)
        size = {"transfer-encoding": "chunked"} if reaction.endless else {"content-length": str(len(body))}
        headers = {"content-type": "application/json", **size, **reaction.headers}
        lines = [f"HTTP/1.1 {reaction.status} Stub", *(f"{name}: {value}" for name, value in headers.items())]
        start = "\r\n".join([*lines, "", ""]).encode("latin-1")
        if reaction.half_closed and reaction.cut_after is None:
            start = body = b""
        if reaction.endless:
            writer.write(start)
            while True:
                writer.write(b"%x\r\n%b\r\n" % (len(body), body))
                await writer.drain()
        elif reaction.drip_s:
            writer.write(start)
            for byte in body:
                await asyncio.sleep(reaction.drip_s)
                writer.write(bytes([byte]))
                await writer.drain()
        else:
            writer.write(start + body[: reaction.cut_after])  # one write: two would wait 40 ms for each other's ACK
            await writer.drain()
        if reaction.half_closed:
            writer.write_eof()
            return True
        return reaction.cut_after is None


def content_of(reaction: Reaction) -> bytes:
    """The bytes of the body."""
    if reaction.body is not None:
        return reaction.body
    if reaction.status >= 400:
        return json.dumps({"error": {"message": reaction.text, **reaction.error}}).encode()
    message = {"role": "assistant", "content": reaction.text, **reaction.message}
    choice = {"index": 0, "message": message, "finish_reason": reaction.finish_reason}
    completion: dict[str, Any] = {"id": "stub", "object": "chat.completion", "choices": [choice]}
    if reaction.usage is not None:
        completion["usage"] = dict(reaction.usage)
    return json.dumps(completion).encode()

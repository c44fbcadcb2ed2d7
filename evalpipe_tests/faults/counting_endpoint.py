"""An endpoint in a process of its own that counts what it is asked and kills some of those who ask.

    python -m evalpipe_tests.faults.counting_endpoint DELAY_S KILL_AT,KILL_AT...

It prints its port. A client's key is `NAME-PID`: the request with one of the numbers `KILL_AT` gets no reply, its
client gets SIGKILL, unless one of that name was killed before; then the next request's client does. An answer is the
hash of the request.
"""

import asyncio
import hashlib
import json
import os
import signal
import sys
from collections import Counter
from contextlib import suppress

SETTLED_S = 0.15  # what the client had received before has been published by then


def answer_to(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=8).hexdigest()


class Endpoint:
    def __init__(self, delay_s: float, kill_at: list[int]) -> None:
        self.delay_s, self.kill_at = delay_s, sorted(kill_at)
        self.asked: Counter[str] = Counter()
        self.killed: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                lines = (line.partition(":") for line in head[1:-2])
                headers = {name.lower(): value.strip() for name, _, value in lines}
                content = await reader.readexactly(int(headers.get("content-length", 0)))
                if head[0].startswith("GET"):
                    body = {"requests": self.asked.total(), "unique": len(self.asked), "killed": self.killed}
                else:
                    body = await self.complete(content, headers["authorization"].removeprefix("Bearer "))
                sent = json.dumps(body).encode()
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(sent), sent))
                await writer.drain()
        writer.close()

    async def complete(self, content: bytes, client: str) -> object:
        self.asked[answer_to(content)] += 1
        name, _, pid = client.rpartition("-")
        if self.kill_at and self.asked.total() >= self.kill_at[0] and name not in self.killed:
            self.kill_at.pop(0)
            self.killed.append(name)
            await asyncio.sleep(SETTLED_S)
            os.kill(int(pid), signal.SIGKILL)
        await asyncio.sleep(self.delay_s)
        message = {"role": "assistant", "content": answer_to(content)}
        return {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


async def main(delay_s: float, kill_at: list[int]) -> None:
    server = await asyncio.start_server(Endpoint(delay_s, kill_at).serve, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]), [int(each) for each in sys.argv[2].split(",")]))

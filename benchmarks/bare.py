"""Bare clients in a loop, nothing kept: what evalpipe is measured beside. Run by answering.py and clients.py.

    python benchmarks/bare.py CLIENT BASE_URL QUESTIONS IN_FLIGHT

CLIENT: pyreqwest, aiohttp (both send the same bytes as evalpipe and parse the reply with orjson), openai,
openai-aiohttp (the package as its users call it). Prints one line of JSON: start-up, CPU, wall time, peak memory.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import orjson
import uvloop
from machine import cpu_s, peak_mb

PATH = "/chat/completions"
WARM = 32  # requests before the clock starts
TIMEOUT_S = 60.0
HEADERS = {
    "authorization": "Bearer benchmark-key",
    "content-type": "application/json",
    "accept": "application/json",
    "accept-encoding": "identity",
    "user-agent": "evalpipe-benchmark",
}

Ask = Callable[[int], Awaitable[str]]


def messages(n: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"What is {n} plus 7?\n\nEnd with a line `Answer: NUMBER`."}]


def body(n: int) -> bytes:
    return orjson.dumps({"max_tokens": 64, "model": "stub", "temperature": 0, "messages": messages(n)})


def text_of(content: bytes) -> str:
    return orjson.loads(content)["choices"][0]["message"]["content"]


@asynccontextmanager
async def pyreqwest(base_url: str, in_flight: int) -> AsyncIterator[Ask]:
    from pyreqwest.client import ClientBuilder

    builder = ClientBuilder().default_headers(HEADERS).timeout(timedelta(seconds=TIMEOUT_S)).no_proxy()
    builder = builder.pool_max_idle_per_host(in_flight).gzip(False).brotli(False).zstd(False).deflate(False)
    async with builder.build() as client:

        async def ask(n: int) -> str:
            response = await client.post(base_url + PATH).body_bytes(body(n)).build().send()
            assert response.status == 200
            return text_of((await response.bytes()).to_bytes())

        yield ask


@asynccontextmanager
async def aiohttp(base_url: str, in_flight: int) -> AsyncIterator[Ask]:
    import aiohttp

    # Everything that costs and that a client of one endpoint does without is off.
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=in_flight),
        headers=HEADERS,
        auto_decompress=False,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
    ) as session:

        async def ask(n: int) -> str:
            async with session.post(base_url + PATH, data=body(n), allow_redirects=False) as response:
                assert response.status == 200
                return text_of(await response.read())

        yield ask


@asynccontextmanager
async def openai(base_url: str, in_flight: int, on_aiohttp: bool = False) -> AsyncIterator[Ask]:
    import httpx2
    from openai import AsyncOpenAI, DefaultAioHttpClient, DefaultAsyncHttpxClient

    made = DefaultAioHttpClient if on_aiohttp else DefaultAsyncHttpxClient
    limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    async with AsyncOpenAI(
        api_key="benchmark-key", base_url=base_url, max_retries=3, timeout=TIMEOUT_S, http_client=made(limits=limits)
    ) as client:

        async def ask(n: int) -> str:
            completion = await client.chat.completions.create(
                model="stub", temperature=0, max_tokens=64, messages=messages(n)
            )
            return completion.choices[0].message.content

        yield ask


CLIENTS = {
    "pyreqwest": pyreqwest,
    "aiohttp": aiohttp,
    "openai": openai,
    "openai-aiohttp": lambda base_url, in_flight: openai(base_url, in_flight, on_aiohttp=True),
}


async def measure(client: str, base_url: str, questions: int, in_flight: int) -> dict[str, float]:
    async def ask_all(count: int) -> None:
        numbers = iter(range(count))
        async with CLIENTS[client](base_url, in_flight) as ask:

            async def work() -> None:
                for n in numbers:
                    assert await ask(n)

            await asyncio.gather(*(work() for _ in range(min(count, in_flight))))

    await ask_all(WARM)
    start_s, began = cpu_s(), time.perf_counter()
    await ask_all(questions)
    return {
        "start_cpu_s": start_s,
        "cpu_s": cpu_s() - start_s,
        "wall_s": time.perf_counter() - began,
        "peak_mb": peak_mb(),
        "answers": questions,
    }


if __name__ == "__main__":
    client, base_url, questions, in_flight = sys.argv[1:]
    print(json.dumps(uvloop.run(measure(client, base_url, int(questions), int(in_flight)))))

"""The asking loop: bounded concurrency, retries with full jitter, each reply handed on before it counts.

Plain on purpose; the fast engine has an issue of its own.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from evalpipe.answering.requests import Request
from evalpipe.backends.protocol import Backend, Session, TryAgainError
from evalpipe.core.answers import Reply

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0  # an endpoint may ask for more with Retry-After; nobody waits longer than this for one try


async def ask_all(
    backend: Backend,
    requests: Iterable[Request],
    receive: Callable[[Request, Reply], None],
    *,
    max_in_flight: int,
    max_retries: int,
) -> None:
    """Ask each request, at most `max_in_flight` at a time; `receive` is called once per request, in order of arrival.

    A try that may succeed later is repeated at most `max_retries` times; then the outcome is `failed`.

    Raises: BackendError: no request can be served; what was received so far was handed on.
    """
    waiting = iter(requests)
    async with backend.session() as session:
        workers = [
            asyncio.create_task(_work(session, waiting, receive, max_retries=max_retries)) for _ in range(max_in_flight)
        ]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)


async def _work(
    session: Session, waiting: Iterator[Request], receive: Callable[[Request, Reply], None], *, max_retries: int
) -> None:
    for request in waiting:
        receive(request, await ask(session, request, max_retries=max_retries))


async def ask(session: Session, request: Request, *, max_retries: int) -> Reply:
    """One request with its retries. `attempts` of the reply counts the tries."""
    attempt = 0
    while True:
        attempt += 1
        started = time.perf_counter()
        try:
            reply = await session.ask(request.body)
        except TryAgainError as error:
            if attempt > max_retries:
                latency_s = error.latency_s or time.perf_counter() - started
                return Reply(outcome="failed", error=error.reason, attempts=attempt, latency_s=latency_s)
            await asyncio.sleep(_pause(attempt, error.retry_after_s))
        else:
            return replace(reply, attempts=attempt)


def _pause(attempt: int, asked_for_s: float | None) -> float:
    """Seconds before the next try: what the endpoint asked for, and a random part so that not all come back at once.

    Source: Brooker 2015, "Exponential Backoff And Jitter" (full jitter).
    """
    jitter = random.uniform(0, min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**attempt))
    return min(LONGEST_PAUSE_S, asked_for_s + jitter / 4) if asked_for_s else jitter

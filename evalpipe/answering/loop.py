"""The event loop that the engine runs in, and how a signal ends it: in order, and then as if nothing had caught it."""

import asyncio
import signal
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from evalpipe.core.errors import Stopped

_T = TypeVar("_T")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_until_signalled(work: Coroutine[Any, Any, _T]) -> _T:
    """`asyncio.run` on uvloop. SIGINT and SIGTERM cancel the work, which flushes and closes what it holds; then the
    signal goes to whoever handled it before: Python, Dagster, the command line.
    """
    caught: list[int] = []

    async def main() -> _T:
        if threading.current_thread() is not threading.main_thread():
            return await work  # only the main thread may handle signals
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None

        def stop(number: int) -> None:
            caught.append(number)
            task.cancel()

        before = {number: signal.getsignal(number) for number in _SIGNALS}
        for number in _SIGNALS:
            loop.add_signal_handler(number, stop, number)
        try:
            return await work
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(main())
    except asyncio.CancelledError:
        if not caught:
            raise
    signal.raise_signal(caught[0])
    raise Stopped  # whoever handled it only took note


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop halves the client's work for a request; it does not exist for Windows."""
    if sys.platform == "win32":
        return None
    import uvloop

    return uvloop.new_event_loop

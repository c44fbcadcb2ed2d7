"""Threads that take turns, whatever kind of lease keeps them apart."""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager


def most_at_once(hold: Callable[[], AbstractContextManager[object]]) -> int:
    """How many of three threads were within `hold()` at the same time, at the most."""
    inside, most = 0, 0

    def work() -> None:
        nonlocal inside, most
        with hold():
            inside += 1
            most = max(most, inside)
            time.sleep(0.05)
            inside -= 1

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return most

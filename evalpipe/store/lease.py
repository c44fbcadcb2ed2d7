"""One writer at a time: of a cell, of a drop. A file lock, which the operating system gives back when its holder dies."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from evalpipe.store.lake import Lake

POLL_S = 0.5


@contextmanager
def lease(lake: Lake, *keys: str, on_wait: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold the lease named by `keys` (`model, shard` or `drop`); waits for its holder, telling `on_wait` once."""
    path = lake.root.joinpath("_leases", *keys[:-1], f"{keys[-1]}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        on_wait(f"another run works on {' / '.join(keys)}; waiting for it")
        lock.acquire(poll_interval=POLL_S)
    try:
        yield
    finally:
        lock.release()

"""One writer at a time: of a cell, of a drop. A file lock: the operating system frees it when its holder dies."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from evalpipe.core.errors import LakeError
from evalpipe.store.lake import Lake

POLL_S = 0.5


@contextmanager
def lease(lake: Lake, *keys: str, on_wait: Callable[[str], None] = lambda _: None) -> Iterator[None]:
    """Hold the lease named by `keys` (`model, shard` or `drop`); waits for its holder, telling `on_wait` once.

    Raises: LakeError: the lake is not writable.
    """
    path = lake.root.joinpath("_leases", *keys[:-1], f"{keys[-1]}.lock")
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        on_wait(f"another run works on {' / '.join(keys)}; waiting for it")
        lock.acquire(poll_interval=POLL_S)
    except OSError as error:
        raise LakeError(f"{path}: the lock file cannot be made ({error}). Check that the lake is writable.") from error
    try:
        yield
    finally:
        lock.release()

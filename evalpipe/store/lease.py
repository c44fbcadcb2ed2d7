"""One writer at a time: of a cell, of a drop.

On a local lake a file lock, which the operating system frees when its holder dies. On S3 an object that runs out:
`lease_objects`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from evalpipe.core.errors import LakeError
from evalpipe.store.lake import Lake
from evalpipe.store.lease_objects import object_lease
from evalpipe.store.objects import Objects
from evalpipe.store.probe import require_conditional_puts
from evalpipe.store.s3_place import S3Place

POLL_S = 0.5


class Lease(Protocol):
    """A lease that is held."""

    def check(self) -> None:
        """Ask before a commit. Raises LakeError: the lease may have run out, and another run may hold it."""
        ...


@dataclass(frozen=True, slots=True)
class LocalLease:
    """A file lock: who holds it holds it until he lets go or dies."""

    def check(self) -> None:
        """Never raises."""


@contextmanager
def lease(lake: Lake, *keys: str, on_wait: Callable[[str], None] = lambda _: None) -> Iterator[Lease]:
    """Hold the lease named by `keys` (`model, shard` or `drop`); waits for its holder, telling `on_wait` once.

    Raises: LakeError: the lake is not writable, or its server ignores conditional puts.
    """

    def waiting() -> None:
        on_wait(f"another run works on {' / '.join(keys)}; waiting for it")

    if isinstance(lake.place, S3Place):
        require_conditional_puts(lake.place)
        with object_lease(Objects(lake.place), "/".join(("_leases", *keys)) + ".json", waiting) as held:
            yield held
        return
    with _file_lock(lake.place.joinpath("_leases", *keys[:-1], f"{keys[-1]}.lock"), waiting):
        yield LocalLease()


@contextmanager
def _file_lock(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        waiting()
        lock.acquire(poll_interval=POLL_S)
    except OSError as error:
        raise LakeError(f"{path}: the lock file cannot be made ({error}). Check that the lake is writable.") from error
    try:
        yield
    finally:
        lock.release()

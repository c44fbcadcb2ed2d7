"""The lease on S3: an object that is renewed while its holder lives, and taken over when it no longer is.

Whether it has run out is told by one clock, the server's: an object's Last-Modified against the Date of the reply that
brings it. So machines whose clocks differ by minutes agree, and no time of a client is ever written down. Both count
whole seconds, which is why a second is added.

Every change is a conditional put on the etag that was seen, so of several takers one wins. A lease that was given back
stays as an object that nobody holds: its token goes on from there, and is never used twice.
"""

import json
import os
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from uuid import uuid4

from evalpipe.core.errors import LakeError
from evalpipe.store.objects import Fetched, Objects

LIFE_S = 30.0  # the longest wait for the cell of a run that was killed; renewed three times in it
POLL_S = 1.0
RELEASE_S = 2.0  # a renewal under way may end; on a server that hangs nobody waits, and the lease runs out
CLOCK_STEP_S = 1.0  # Last-Modified and Date are cut to whole seconds


@dataclass(frozen=True, slots=True)
class Holding:
    """What the object says. `owner` is empty where nobody holds it; `turn` makes each etag another one."""

    owner: str
    token: int
    life_s: float
    turn: int = 0

    def body(self) -> bytes:
        return json.dumps(asdict(self)).encode()


class ObjectLease:
    """A lease that is held, and renewed by a thread until `release`. `token` is larger than any holder's before."""

    def __init__(self, objects: Objects, name: str, holding: Holding, etag: str, renewed_at: float) -> None:
        self._objects, self._name = objects, name
        self._holding, self._etag = holding, etag
        self._renewed_at = renewed_at
        self._lost = False
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_left, name=f"lease {name}", daemon=True)
        self._thread.start()

    @property
    def token(self) -> int:
        return self._holding.token

    def check(self) -> None:
        """Ask before what only the holder may do. Raises LakeError: another run may hold the lease by now."""
        if self._lost or time.monotonic() - self._renewed_at >= self._holding.life_s:
            raise LakeError(
                f"{self._objects.place / self._name}: this run's lease was not renewed for {self._holding.life_s:g} s, "
                "so another run may work on the same. It stops here; what is in the journal is kept. Run again."
            )

    def release(self) -> None:
        """Give it back. Where that fails it runs out by itself: no finished run fails for it."""
        self._leaving.set()
        self._thread.join(RELEASE_S)
        if not self._lost and not self._thread.is_alive():
            freed = replace(self._holding, owner="", turn=self._holding.turn + 1)
            with suppress(LakeError):
                self._objects.put_over(self._name, freed.body(), self._etag)

    def _renew_until_left(self) -> None:
        pause_s = self._holding.life_s / 3
        while not self._leaving.wait(pause_s):
            try:
                self._lost = not self._renew()
            except LakeError:  # the server may be back in time; until then `check` watches the clock
                pause_s = self._holding.life_s / 12
                continue
            if self._lost:
                return
            pause_s = self._holding.life_s / 3

    def _renew(self) -> bool:
        """Whether it is still ours."""
        sent_at = time.monotonic()
        next_turn = replace(self._holding, turn=self._holding.turn + 1)
        etag = self._objects.put_over(self._name, next_turn.body(), self._etag)
        if etag is not None:
            self._holding, self._etag, self._renewed_at = next_turn, etag, sent_at
            return True
        # Taken over; or it is our own put of a moment ago, whose reply was lost.
        found = self._objects.get(self._name)
        seen = _holding(self._objects, self._name, found)
        if found is None or seen is None or seen.owner != self._holding.owner:
            return False
        self._holding, self._etag, self._renewed_at = seen, found.etag, _put_after(sent_at, found)
        return True


@contextmanager
def object_lease(
    objects: Objects, name: str, on_wait: Callable[[], None], *, life_s: float = LIFE_S, poll_s: float = POLL_S
) -> Iterator[ObjectLease]:
    """Hold the lease of that name; waits for its holder to release it or to die, telling `on_wait` once.

    Raises: LakeError: the server cannot be used.
    """
    held = _acquired(objects, name, on_wait, life_s, poll_s)
    try:
        yield held
    finally:
        held.release()


def _acquired(objects: Objects, name: str, on_wait: Callable[[], None], life_s: float, poll_s: float) -> ObjectLease:
    owner, told = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex}", False
    while True:
        asked_at = time.monotonic()
        found = objects.get(name)
        seen = _holding(objects, name, found)
        wanted = Holding(owner, seen.token + 1 if seen else 1, life_s)
        etag = None
        if found is None or seen is None:
            etag = objects.put_new(name, wanted.body())
        elif seen.owner == owner:  # our own put, whose reply was lost
            return ObjectLease(objects, name, seen, found.etag, _put_after(asked_at, found))
        elif not seen.owner or _age_s(found) >= seen.life_s + CLOCK_STEP_S:
            etag = objects.put_over(name, wanted.body(), found.etag)
        elif not told:
            on_wait()
            told = True
        if etag is not None:
            return ObjectLease(objects, name, wanted, etag, asked_at)
        time.sleep(poll_s * random.uniform(0.5, 1.0))


def _age_s(found: Fetched) -> float:
    return (found.read_at - found.modified).total_seconds()


def _put_after(asked_at: float, found: Fetched) -> float:
    """A moment of this machine's monotonic clock before which the object was not put; `asked_at` is before the read."""
    return asked_at - _age_s(found) - CLOCK_STEP_S


def _holding(objects: Objects, name: str, found: Fetched | None) -> Holding | None:
    """What the object says, None where there is none. Raises LakeError: it is no lease, or one of a later version."""
    if found is None:
        return None
    try:
        said = json.loads(found.body)
        return Holding(str(said["owner"]), int(said["token"]), float(said["life_s"]), int(said["turn"]))
    except (ValueError, TypeError, KeyError):
        raise LakeError(
            f"{objects.place / name}: this is no lease that this version can read. Delete the object when no run is at "
            "work on this lake, and run again."
        ) from None

"""The Redis servers behind the shared cache: who keeps which key, and many commands in one round trip.

redis-py's own cluster client asks a dead node again for every single command of a pipeline, one wait after the other.
Here all nodes are written to first and then read; a node that does not answer costs one wait, and its commands alone.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from evalpipe.core.errors import CacheError
from evalpipe.store.shared_access import Access, Address

if TYPE_CHECKING:
    from redis.connection import Connection

Part = bytes | str | int | float


class Command(NamedTuple):
    """`key` decides where it goes."""

    key: bytes
    parts: Sequence[Part]


class Servers:
    """Connections to all masters, opened when they are needed. For one thread at a time.

    Each wait for a connection or a reply ends after `access.wait_s`; nothing is tried twice.
    """

    def __init__(self, access: Access) -> None:
        import redis.crc  # all of redis, 0.25 s; before the first call, which is not to wait for it

        self._access = access
        self._slot_of = redis.crc.key_slot
        self._start = access.addresses()
        self._connections: dict[Address, Connection] = {}
        self._slots: list[Address | None] = []  # of a cluster: the master of each slot; else all the same
        self._stale = True
        self.is_cluster = False
        self.replies = 0
        """Read so far, by which another thread sees that there is life."""

    def open(self) -> None:
        """Find out who keeps what, where that is not known or may have changed. Raises: CacheError: nobody says."""
        from redis.exceptions import RedisError

        if not self._stale:
            return
        known = [*dict.fromkeys([*self._start, *(address for address in self._slots if address)])]
        random.shuffle(known)  # not all processes ask the same one
        said: RedisError | OSError | None = None
        for address in known:
            try:
                self._discover(address)
            except (RedisError, OSError) as error:
                self._close(address)
                said = said or error
                continue
            self._stale = False
            return
        raise self.trouble(said) from None

    def masters(self) -> list[Address]:
        self.open()
        return [*dict.fromkeys(address for address in self._slots if address)]

    def check(self) -> None:
        """Ask anew who keeps what, and each of them for a sign of life. Raises: CacheError: one gives none."""
        self._stale = True
        masters = self.masters()
        replies: list[object] = [None] * len(masters)
        commands = [Command(b"", ("PING",))] * len(masters)
        self._exchange(commands, {master: [index] for index, master in enumerate(masters)}, replies)
        for reply in replies:
            if isinstance(reply, Exception):
                self._stale = True
                raise self.trouble(reply) from None

    def ask(self, address: Address, *parts: Part) -> object:
        """One command to one server. Raises: CacheError: no reply, or an error."""
        from redis.exceptions import RedisError

        try:
            return self._ask(address, *parts)
        except (RedisError, OSError) as error:
            self._close(address)
            raise self.trouble(error) from None

    def run(self, commands: Sequence[Command]) -> list[object]:
        """The reply to each command, in order, or redis's error. Commands that a cluster moved are sent once more.

        Raises: CacheError: no server says who keeps what.
        """
        from redis.exceptions import AskError, MovedError

        self.open()
        replies: list[object] = [None] * len(commands)
        places: dict[Address | None, list[int]] = {}
        for index, command in enumerate(commands):
            places.setdefault(self._place(command.key), []).append(index)
        self._exchange(commands, places, replies)
        moved: dict[Address | None, list[int]] = {}
        asking: set[int] = set()
        for index, reply in enumerate(replies):
            if isinstance(reply, MovedError | AskError):
                moved.setdefault(Address(reply.host, reply.port), []).append(index)
            if isinstance(reply, AskError):
                asking.add(index)
        if moved:
            self._exchange(commands, moved, replies, asking)
        self._stale = bool(moved) or any(self._tells_of_change(reply) for reply in replies)
        return replies

    def close(self) -> None:
        for address in [*self._connections]:
            self._close(address)
        self._stale = True

    def trouble(self, error: object) -> CacheError:
        said = self._access.scrubbed(str(error) or type(error).__name__)
        return CacheError(f"{', '.join(self._access.urls)}: {said}")

    def _place(self, key: bytes) -> Address | None:
        return self._slots[self._slot_of(key) if self.is_cluster else 0]

    def _exchange(
        self,
        commands: Sequence[Command],
        places: Mapping[Address | None, Sequence[int]],
        replies: list[object],
        asking: AbstractSet[int] = frozenset(),
    ) -> None:
        """Write to all places, then read from all. `asking`: those whose part of the keys is just moving in there."""
        from redis.exceptions import ClusterDownError, RedisError, ResponseError

        written: list[tuple[Address, Connection, Sequence[int]]] = []
        for address, indexes in places.items():
            if address is None:
                _fill(replies, indexes, ClusterDownError("no server keeps this part of the keys"))
                continue
            try:
                connection = self._connection(address)
                words: list[Sequence[Part]] = []
                for index in indexes:
                    if index in asking:
                        words.append(("ASKING",))
                    words.append(commands[index].parts)
                connection.send_packed_command(connection.pack_commands(words), check_health=False)
                written.append((address, connection, indexes))
            except (RedisError, OSError) as error:
                self._close(address)
                _fill(replies, indexes, error)
        for address, connection, indexes in written:
            for done, index in enumerate(indexes):
                try:
                    if index in asking:
                        with suppress(ResponseError):  # the command's own reply says what follows from it
                            connection.read_response(disable_decoding=True)
                    replies[index] = connection.read_response(disable_decoding=True)
                except ResponseError as error:
                    replies[index] = error
                except (RedisError, OSError) as error:
                    self._close(address)
                    _fill(replies, indexes[done:], error)
                    break
                self.replies += 1

    def _connection(self, address: Address) -> "Connection":
        connection = self._connections.get(address)
        if connection is None:
            connection = self._connections[address] = self._access.connection(address)
        if connection.is_connected and _ended(connection):
            connection.disconnect()
        connection.connect()
        return connection

    def _close(self, address: Address) -> None:
        connection = self._connections.pop(address, None)
        if connection is not None:
            connection.disconnect()

    def _ask(self, address: Address, *parts: Part) -> object:
        connection = self._connection(address)
        connection.send_packed_command(connection.pack_command(*parts), check_health=False)
        return connection.read_response(disable_decoding=True)

    def _discover(self, asked: Address) -> None:
        self.is_cluster = self._keeps_a_part(asked)
        if not self.is_cluster:
            self._slots = [asked]
            return
        slots: list[Address | None] = [None] * 16384
        parts = self._ask(asked, "CLUSTER", "SLOTS")
        assert isinstance(parts, list)
        for first, last, (host, port, *_), *_ in parts:
            address = Address((host or b"").decode() or asked.host, port)
            slots[first : last + 1] = [address] * (last + 1 - first)
        self._slots = slots
        for gone in self._connections.keys() - {*slots}:
            self._close(gone)

    def _keeps_a_part(self, asked: Address) -> bool:
        """Whether it is a node of a cluster; where the user may not ask, several addresses mean one."""
        from redis.exceptions import NoPermissionError

        try:
            said = self._ask(asked, "INFO", "cluster")
        except NoPermissionError:
            return len(self._start) > 1
        return isinstance(said, bytes) and b"cluster_enabled:1" in said

    @staticmethod
    def _tells_of_change(reply: object) -> bool:
        from redis.exceptions import ClusterDownError, ReadOnlyError, RedisError, ResponseError

        changed = isinstance(reply, ClusterDownError | ReadOnlyError)
        return changed or (isinstance(reply, RedisError | OSError) and not isinstance(reply, ResponseError))


def _ended(connection: "Connection") -> bool:
    """Whether the server closed it while nobody looked, or sent what nobody asked for."""
    from redis.exceptions import RedisError

    try:
        return connection.can_read(timeout=0)
    except (RedisError, OSError):
        return True


def _fill(replies: list[object], indexes: Iterable[int], error: Exception) -> None:
    for index in indexes:
        replies[index] = error

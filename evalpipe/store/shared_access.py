"""The way to the Redis servers of the shared cache: addresses, user, password, TLS, and how long to wait."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from evalpipe.core.quoting import one_line

if TYPE_CHECKING:
    from redis.connection import Connection


class Address(NamedTuple):
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class Access:
    """Where the cache is and how to get in. `urls`: `redis://host:port/db` or `rediss://`, start nodes of a cluster.

    `wait_s` bounds the wait for a connection and for each reply.
    """

    urls: tuple[str, ...]
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_ca: Path | None = None
    wait_s: float = 0.05

    def addresses(self) -> list[Address]:
        return [Address(url.hostname or "localhost", url.port or 6379) for url in map(urlsplit, self.urls)]

    def scrubbed(self, text: str) -> str:
        """One line without the password: Redis repeats the words of a command that it does not know, AUTH too."""
        return one_line(text.replace(self.password, "[password]") if self.password else text, 200)

    def connection(self, address: Address) -> "Connection":
        """A connection that is not open yet, and tries nothing twice."""
        from redis.backoff import NoBackoff
        from redis.connection import Connection, SSLConnection
        from redis.retry import Retry

        url = urlsplit(self.urls[0])
        options: dict[str, Any] = {
            "host": address.host,
            "port": address.port,
            "db": int(url.path.strip("/") or 0),
            "username": self.username,
            "password": self.password,
            "socket_timeout": self.wait_s,
            "socket_connect_timeout": self.wait_s,
            "retry": Retry(NoBackoff(), 0),
            "protocol": 2,
            "driver_info": None,
        }
        if url.scheme != "rediss":
            return Connection(**options)
        return SSLConnection(ssl_ca_certs=str(self.tls_ca) if self.tls_ca else None, **options)

"""The shared cache: what processes on many machines tell each other about requests, through Redis.

One key a request. It holds the answer, or a lease of the process that is asking for it, so one script in one round trip
says which: here is the answer, you ask, or somebody asks already. The first answer to a request stays; a holder whose
lease another took over changes nothing any more.
"""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, NamedTuple, TypeVar

from evalpipe.core.errors import CacheError
from evalpipe.store.shared_access import Access
from evalpipe.store.shared_scripts import CLAIM, PUBLISH, RENEW, SETTLE, TAKE, Script
from evalpipe.store.shared_servers import Command, Part, Servers
from evalpipe.store.shared_values import ANSWER, Key, Values, key_name

_T = TypeVar("_T")

LEASE_S = 15.0  # longer than most answers take; a holder that needs more renews
MAX_VALUE_BYTES = 1_000_000
GRACE_MS = 60_000  # an ended lease stays so long as a mark: by then its late holder's answer harms nobody
KEYS_A_CALL = 256  # half a millisecond of the server, in which it serves nobody else
BYTES_A_CALL = 1_000_000


class Unshared(Enum):
    """The cache says nothing about a request: whoever wants its answer asks for it."""

    UNSHARED = "unshared"


UNSHARED: Final = Unshared.UNSHARED


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to ask for an answer, until it ends. A later lease of the same key has a greater token."""

    key: Key
    token: int
    owner: str


Claimed = bytes | Lease | Literal[Unshared.UNSHARED] | None


class Publication(NamedTuple):
    """An answer and how long it is kept. `lease` is None where it was asked for without one."""

    key: Key
    lease: Lease | None
    answer: bytes
    ttl_s: float


@dataclass(frozen=True, slots=True)
class Rates:
    """What an endpoint allows; None is no limit. At rest, so many seconds' worth may go at once."""

    requests_per_s: float | None = None
    tokens_per_s: float | None = None
    burst_s: float = 1.0


class Grant(NamedTuple):
    """So many requests may go now; the next one in `wait_s` seconds, if nobody else takes it. 0 where all may go."""

    requests: int
    wait_s: float


class PartlyError(CacheError):
    """Some of the servers did not answer. `outcomes` is what the call would have returned, with what is known."""

    def __init__(self, said: str, outcomes: list[object]) -> None:
        super().__init__(said)
        self.outcomes = outcomes


class SharedCache:
    """All operations work on batches and raise CacheError where Redis cannot be used. For one thread at a time."""

    def __init__(self, access: Access, *, lease_s: float = LEASE_S, max_value_bytes: int = MAX_VALUE_BYTES) -> None:
        self.servers = Servers(access)
        self._lease_ms = max(1, round(lease_s * 1000))
        self._values = Values(max_value_bytes)
        self._owner = os.urandom(8).hex()

    def claim(self, keys: Sequence[Key]) -> list[Claimed]:
        """For each key its answer, a lease, or None: another process holds it. A key twice holds itself."""
        outcomes: list[Claimed] = [UNSHARED] * len(keys)
        seen: dict[int, str] = dict.fromkeys(range(len(keys)), "")
        error: object = None
        for _ in range(2):  # a damaged value takes a second round, in which it counts as nothing
            names = {index: key_name(keys[index]) for index in seen}
            fixed = (self._owner, self._lease_ms, GRACE_MS, self._values.max_value_bytes)
            replies = self._run(CLAIM, fixed, [(names[index], (digest,)) for index, digest in seen.items()])
            pending, seen = [*seen], {}
            for index, reply in zip(pending, replies, strict=True):
                if isinstance(reply, Exception):
                    error = error or reply
                elif not isinstance(reply, bytes):
                    outcomes[index] = None
                elif not reply.startswith(ANSWER):
                    outcomes[index] = Lease(keys[index], int(reply[1:]), self._owner)
                elif (answer := self._values.decode(names[index], reply)) is not None:
                    outcomes[index] = answer
                else:
                    seen[index] = _digest(reply)
            if not seen:
                break
        return self._whole(outcomes, error)

    def get_many(self, keys: Sequence[Key]) -> list[bytes | None]:
        """For each key its answer, or None. Claims nothing."""
        from redis.exceptions import ResponseError

        self.servers.open()
        names = [key_name(key) for key in keys]
        replies: list[object] = []
        if self.servers.is_cluster:
            replies = self.servers.run([Command(name, ("GET", name)) for name in names])
        else:
            calls = [names[at : at + KEYS_A_CALL] for at in range(0, len(names), KEYS_A_CALL)]
            for call, reply in zip(calls, self._run_calls([("MGET", *call) for call in calls], calls), strict=True):
                replies += reply if isinstance(reply, list) else [reply] * len(call)
        decode = self._values.decode
        found = [
            decode(name, reply) if isinstance(reply, bytes) else None
            for name, reply in zip(names, replies, strict=True)
        ]
        failed = (reply for reply in replies if isinstance(reply, Exception))
        # WRONGTYPE: somebody else's value under our key is no trouble, only no answer.
        error = next((e for e in failed if not (isinstance(e, ResponseError) and "WRONGTYPE" in str(e))), None)
        return self._whole(found, error)

    def publish(self, items: Sequence[Publication]) -> list[bytes | None]:
        """Store each answer, where none is. One that is there already stays and is returned, to be adopted.

        An answer too large for the cache gives its lease back. One whose lease was taken over is not stored.
        """
        sent: dict[int, tuple[bytes, bytes, str]] = {}
        for index, item in enumerate(items):
            name = key_name(item.key)
            sent[index] = name, self._values.encode(name, item.answer) or b"", ""
        there: list[bytes | None] = [None] * len(items)
        error: object = None
        for _ in range(2):
            each = [
                (name, (*_token(items[index].lease), value, max(1, round(items[index].ttl_s * 1000)), digest))
                for index, (name, value, digest) in sent.items()
            ]
            replies = self._publish(each)
            pending, sent = sent, {}
            for (index, (name, value, _)), reply in zip(pending.items(), replies, strict=True):
                if isinstance(reply, Exception):
                    error = error or reply
                elif isinstance(reply, bytes) and (first := self._values.decode(name, reply)) is not None:
                    there[index] = first
                elif isinstance(reply, bytes):
                    sent[index] = name, value, _digest(reply)
            if not sent:
                break
        return self._whole(there, error)

    def renew(self, leases: Sequence[Lease]) -> list[bool]:
        """Hold each lease for its whole time again. False: it is no longer held, or the answer is there."""
        fixed = (self._lease_ms, GRACE_MS, self._values.max_value_bytes)
        replies = self._run(RENEW, fixed, [(key_name(lease.key), _token(lease)) for lease in leases])
        error = next((reply for reply in replies if isinstance(reply, Exception)), None)
        return self._whole([reply == 1 or isinstance(reply, Exception) for reply in replies], error)

    def release(self, leases: Sequence[Lease]) -> None:
        """Give leases back without an answer; one that was taken over stays with its new holder."""
        replies = self._publish([(key_name(lease.key), (*_token(lease), b"", 0, "")) for lease in leases])
        self._whole([], next((reply for reply in replies if isinstance(reply, Exception)), None))

    def take(self, bucket: str, rates: Rates, wanted: int, tokens_each: float = 0) -> Grant:
        """How many of `wanted` requests, of about so many tokens each, may go now: the rates hold for all processes."""
        limits: list[float] = []
        for rate in (rates.requests_per_s, rates.tokens_per_s):
            limits += [rate or 0, max(1.0, (rate or 0) * rates.burst_s)]
        (reply,) = self._run(TAKE, (*limits, wanted, tokens_each), [(_bucket(bucket), ())], per_key=False)
        if isinstance(reply, Exception):
            raise self.servers.trouble(reply) from None
        assert isinstance(reply, list)
        return Grant(int(reply[0]), float(reply[1]))

    def settle(self, bucket: str, tokens_delta: float) -> None:
        """Correct an estimate: so many tokens more than estimated were used, or fewer if negative."""
        (reply,) = self._run(SETTLE, (-tokens_delta,), [(_bucket(bucket), ())], per_key=False)
        self._whole([], reply if isinstance(reply, Exception) else None)

    def close(self) -> None:
        self.servers.close()

    def _publish(self, each: Sequence[tuple[bytes, Sequence[Part]]]) -> list[object]:
        return self._run(PUBLISH, (GRACE_MS, self._values.max_value_bytes), each)

    def _run(
        self,
        script: Script,
        fixed: Sequence[Part],
        each: Sequence[tuple[bytes, Sequence[Part]]],
        per_key: bool = True,
    ) -> list[object]:
        """The script's reply for every key; redis's error for each key of a call that failed."""
        from redis.exceptions import NoScriptError

        self.servers.open()
        calls = [*_calls(each, 1 if self.servers.is_cluster else KEYS_A_CALL)]
        names = [[name for name, _ in call] for call in calls]
        words = [
            (len(call), *name, *fixed, *(part for _, parts in call for part in parts))
            for call, name in zip(calls, names, strict=True)
        ]
        replies = self._run_calls([("EVALSHA", script.sha, *word) for word in words], names)
        # A server that was restarted, flushed or has taken over knows no script: the text is sent, and kept there.
        new = [at for at, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
        if new:
            texts = [("EVAL", script.text, *words[at]) for at in new]
            for at, reply in zip(new, self._run_calls(texts, [names[at] for at in new]), strict=True):
                replies[at] = reply
        if not per_key:
            return replies
        out: list[object] = []
        for call, reply in zip(calls, replies, strict=True):
            out += reply if isinstance(reply, list) else [reply] * len(call)
        return out

    def _run_calls(self, words: Sequence[Sequence[Part]], names: Sequence[Sequence[bytes]]) -> list[object]:
        return self.servers.run([Command(name[0], word) for word, name in zip(words, names, strict=True)])

    def _whole(self, outcomes: list[_T], error: object) -> list[_T]:
        if error is not None:
            raise PartlyError(str(self.servers.trouble(error)), list[object](outcomes)) from None
        return outcomes


def _calls(each: Sequence[tuple[bytes, Sequence[Part]]], most: int) -> Iterator[Sequence[tuple[bytes, Sequence[Part]]]]:
    """The keys in calls of at most `most` and about a megabyte."""
    start = size = 0
    for at, (_, parts) in enumerate(each):
        size += sum(len(part) for part in parts if isinstance(part, bytes))
        if at + 1 - start == most or size > BYTES_A_CALL:
            yield each[start : at + 1]
            start, size = at + 1, 0
    if start < len(each):
        yield each[start:]


def _token(lease: Lease | None) -> tuple[Part, Part]:
    return ("", "") if lease is None else (lease.token, lease.owner)


def _bucket(bucket: str) -> bytes:
    return b"evalpipe:{bucket:%b}" % bucket.encode()


def _digest(value: bytes) -> str:
    return hashlib.sha1(value, usedforsecurity=False).hexdigest()

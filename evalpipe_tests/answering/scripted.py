"""A backend whose replies a test writes down, the requests for it, and what a run of the engine brought."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from evalpipe.answering.budget import SharedBucket
from evalpipe.answering.engine import Terms, ask_all
from evalpipe.answering.requests import Request
from evalpipe.answering.tally import Arrival, Tally
from evalpipe.backends.protocol import TryAgainError
from evalpipe.core.answers import Reply
from evalpipe.store.bounded_cache import BoundedCache

Act = Callable[[int, int], "Reply | Exception | float"]


def plain(number: int) -> Reply:
    """The one answer to request `number`."""
    return Reply("answered", f"answer {number}", "stop", 20, 3, latency_s=0.001)


def overload(retry_after_s: float | None = None) -> TryAgainError:
    return TryAgainError("HTTP 429", retry_after_s, 0.001, "overload")


def broken() -> TryAgainError:
    return TryAgainError("connection reset", latency_s=0.001, trouble="broken")


def fault() -> TryAgainError:
    return TryAgainError("HTTP 500", latency_s=0.5)


def requests(numbers: Iterable[int], mark: str = "f") -> list[Request]:
    """Request n sends `n` and nothing else; `mark` keeps those of one test apart from another's in a shared cache."""
    return [Request(str(n), b"%d" % n, f"{mark}{n:07x}") for n in numbers]


class Scripted:
    """`act(n, attempt)` says what request n gets: a reply, an error, or seconds to wait before a plain reply.

    It is its own session; `places` gives several that act alike, or each by an `act` of its own.
    """

    identity = "scripted"

    def __init__(self, *acts: Act) -> None:
        self.places = [Place(act) for act in acts]
        self.closed = False

    @property
    def asked(self) -> list[int]:
        return [number for place in self.places for number in place.asked]

    @property
    def open(self) -> int:
        return sum(place.open for place in self.places)

    @property
    def most_open(self) -> int:
        return max(place.most_open for place in self.places)

    def content(self, question, messages) -> bytes:
        raise NotImplementedError

    @asynccontextmanager
    async def sessions(self) -> AsyncIterator[Sequence["Place"]]:
        try:
            yield self.places
        finally:
            self.closed = self.open == 0


@dataclass(slots=True)
class Place:
    act: Act
    asked: list[int] = field(default_factory=list)
    open: int = 0
    most_open: int = 0

    async def ask(self, content: bytes) -> Reply:
        number = int(content)
        self.asked.append(number)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            outcome = self.act(number, self.asked.count(number))
            await asyncio.sleep(outcome if isinstance(outcome, float) else 0)
        finally:
            self.open -= 1
        if isinstance(outcome, Exception):
            raise outcome
        return outcome if isinstance(outcome, Reply) else plain(number)


@dataclass(slots=True)
class Run:
    """What came of a run; `receive` refuses the same request twice. `error` ended it, or nothing."""

    arrivals: dict[int, Arrival] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    error: BaseException | None = None

    @property
    def replies(self) -> dict[int, Reply]:
        return {number: arrival.reply for number, arrival in self.arrivals.items()}

    @property
    def outcomes(self) -> dict[int, str]:
        return {number: arrival.reply.outcome for number, arrival in self.arrivals.items()}

    def receive(self, arrivals: Sequence[Arrival]) -> None:
        for arrival in arrivals:
            number = int(arrival.request.content)
            assert number not in self.arrivals, "received twice"
            self.arrivals[number] = arrival


async def go(
    backend: Scripted,
    wanted: int | Iterable[Sequence[Request]],
    cache: BoundedCache | None = None,
    bucket: SharedBucket | None = None,
    run: Run | None = None,
    **terms,
) -> Run:
    """Ask requests 0 to n-1, or those of the batches. An error that ends the run is kept, not raised."""
    run = run or Run()
    batches = [requests(range(wanted))] if isinstance(wanted, int) else wanted
    try:
        run.tally = await ask_all(backend, batches, run.receive, Terms(**terms), cache, bucket)
    except Exception as error:  # noqa: BLE001  it is what the test looks at
        run.error = error
    return run


def ask(backend: Scripted, wanted: int | Iterable[Sequence[Request]], **more) -> Run:
    """The same, in a loop of its own, within half a minute."""
    return asyncio.run(asyncio.wait_for(go(backend, wanted, **more), 30))

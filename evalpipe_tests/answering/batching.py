"""Runs of the batch course against a stub, with a journal in memory that survives them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from evalpipe.answering.batch_records import unfinished
from evalpipe.answering.batches import ask_batches
from evalpipe.answering.requests import Request
from evalpipe.answering.tally import Arrival, Tally
from evalpipe.backends.openai_batch import OpenAIBatch
from evalpipe_tests.batch_stub import BatchStub


class KilledError(Exception):
    """Stands for `kill -9`: nothing of ours catches it."""


def echo(body: Any) -> str:
    """The answer to a request of `requests`: its number."""
    return body["messages"][0]["content"]


def requests(numbers: Sequence[int], samples: int = 1) -> list[Request]:
    content = b'{"model":"m","messages":[{"role":"user","content":"%d"}]}'
    return [Request(f"q{n}", content % n, f"f{n}", sample) for n in numbers for sample in range(samples)]


@dataclass
class Runs:
    """Runs one after another. `kill(event, n)` is asked before each event: `note`, `receive`, `sleep`."""

    stub: BatchStub
    options: Mapping[str, Any] = field(default_factory=dict)
    journal: list[dict[str, Any]] = field(default_factory=list)
    received: list[Arrival] = field(default_factory=list)
    kill: Callable[[str, int], bool] = lambda event, n: False
    pauses_s: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    events: dict[str, int] = field(default_factory=dict)

    def run(self, wanted: Sequence[Request], patience_s: float = 600) -> Tally:
        """One run, which asks what the journal lacks."""
        answers = (each for each in self.journal if each.get("outcome", "failed") != "failed")
        known = {(each["fingerprint"], each["sample"]) for each in answers}
        missing = [each for each in wanted if each.key not in known]
        left = unfinished(self.journal)
        backend = OpenAIBatch(self.stub.base_url, "m", {}, **self.options)
        asked = [missing[at : at + 3] for at in range(0, len(missing), 3)]
        how = {"poll_s": 30, "patience_s": patience_s, "sleep": self._sleep, "say": self.said.append}
        return asyncio.run(ask_batches(backend, asked, self._receive, self._note, left, **how))

    def run_until_done(self, wanted: Sequence[Request]) -> int:
        """Runs until one is not killed; how many were."""
        for killed in range(1_000):
            try:
                self.run(wanted)
            except KilledError:
                continue
            return killed
        raise AssertionError("it never ends")

    @property
    def outcomes(self) -> dict[str, tuple[str, str | None]]:
        """What each question got; nothing came twice."""
        found = {f"{each.request.question_id}.{each.request.sample}": each.reply for each in self.received}
        assert len(found) == len(self.received)
        return {name: (reply.outcome, reply.text) for name, reply in found.items()}

    def _note(self, record: Mapping[str, object]) -> None:
        self._happens("note")
        self.journal.append(dict(record))

    def _receive(self, arrivals: Sequence[Arrival]) -> None:
        self._happens("receive")
        for each in arrivals:
            named = {"fingerprint": each.request.fingerprint, "sample": each.request.sample}
            self.journal.append({**named, "outcome": each.reply.outcome})
        self.received += arrivals

    async def _sleep(self, pause_s: float) -> None:
        self._happens("sleep")
        self.pauses_s.append(pause_s)

    def _happens(self, event: str) -> None:
        self.events[event] = self.events.get(event, 0) + 1
        if self.kill(event, self.events[event]):
            raise KilledError

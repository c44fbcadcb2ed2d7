"""What the journal holds of batches: enough to find each again, whenever a run dies. Pure.

Before a batch is created its intent is noted, `{"key": ..., "batch": null, "keys": [custom ids]}`; then its id, with
the same key. `{"key": ..., "over": true}` says that nothing more comes of it. A batch is unfinished while the journal
lacks the answer of one of its requests.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast


@dataclass(frozen=True, slots=True)
class UnfinishedBatch:
    """A batch of an earlier run. `batch`: its id, None where the run died before it heard of one."""

    key: str
    batch: str | None
    custom_ids: tuple[str, ...]

    def as_record(self) -> dict[str, object]:
        return intent(self.key, self.custom_ids) | {"batch": self.batch}


def custom_id(fingerprint: str, sample: int) -> str:
    """A request's name within a batch."""
    return f"{fingerprint}:{sample}"


def intent(key: str, custom_ids: Iterable[str]) -> dict[str, object]:
    return {"key": key, "batch": None, "keys": list(custom_ids)}


def submitted(key: str, batch: str) -> dict[str, object]:
    return {"key": key, "batch": batch}


def over(key: str) -> dict[str, object]:
    return {"key": key, "over": True}


def unfinished(records: Iterable[Mapping[str, object]]) -> list[UnfinishedBatch]:
    """The batches of a journal's records, answers among them, of which something may still come."""
    waiting: dict[str, set[str]] = {}
    batches: dict[str, str] = {}
    ended: set[str] = set()
    answered: set[str] = set()
    for record in records:
        if "fingerprint" in record:
            answered.add(custom_id(str(record["fingerprint"]), cast("int", record.get("sample", 0))))
        elif "key" in record:
            key = str(record["key"])
            waiting.setdefault(key, set()).update(cast("list[str]", record.get("keys") or ()))
            if record.get("batch"):
                batches[key] = str(record["batch"])
            if record.get("over"):
                ended.add(key)
    return [
        UnfinishedBatch(key, batches.get(key), tuple(sorted(left)))
        for key, custom_ids in waiting.items()
        if key not in ended and (left := custom_ids - answered)
    ]

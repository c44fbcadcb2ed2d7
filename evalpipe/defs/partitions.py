"""How work is keyed: ingest by drop, answering by cell. No asset here, only keys."""

from collections.abc import Iterable
from dataclasses import dataclass

import dagster as dg

DROPS = "drops"
SHARDS = "shards"
REGISTERED_AT_ONCE = 1_000  # adding 300,000 dynamic keys in one call breaks SQLite

drops = dg.DynamicPartitionsDefinition(name=DROPS)
shards = dg.DynamicPartitionsDefinition(name=SHARDS)


def cells(models: Iterable[str]) -> dg.MultiPartitionsDefinition:
    """model x shard, for the models of the configuration."""
    return dg.MultiPartitionsDefinition({"model": dg.StaticPartitionsDefinition(sorted(models)), "shard": shards})


@dataclass(frozen=True, slots=True)
class Cell:
    model: str
    shard: str

    @property
    def partition(self) -> dg.MultiPartitionKey:
        return dg.MultiPartitionKey({"model": self.model, "shard": self.shard})


def cell_of(partition_key: str) -> Cell:
    """The cell of a partition key `model|shard`; neither part can hold a bar."""
    model, _, shard = partition_key.partition("|")
    return Cell(model, shard)


def seats(members: Iterable[str]) -> dg.MultiPartitionsDefinition:
    """member x drop, for the committee. Dagster writes a key's dimensions in the order of their names: this first one
    is called `committee` so that keys read `member|drop`.
    """
    return dg.MultiPartitionsDefinition({"committee": dg.StaticPartitionsDefinition(sorted(members)), "drop": drops})


@dataclass(frozen=True, slots=True)
class Seat:
    """A member of the committee and a drop."""

    member: str
    drop: str

    @property
    def partition(self) -> dg.MultiPartitionKey:
        return dg.MultiPartitionKey({"committee": self.member, "drop": self.drop})


def seat_of(partition_key: str) -> Seat:
    """The seat of a partition key `member|drop`; neither part can hold a bar."""
    member, _, drop = partition_key.partition("|")
    return Seat(member, drop)


def register(instance: dg.DagsterInstance, name: str, keys: list[str]) -> int:
    """Add the keys that are missing; returns how many were."""
    known = set(instance.get_dynamic_partitions(name))
    new = [key for key in keys if key not in known]
    for start in range(0, len(new), REGISTERED_AT_ONCE):
        instance.add_dynamic_partitions(name, new[start : start + REGISTERED_AT_ONCE])
    return len(new)

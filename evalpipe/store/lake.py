"""The lake: one folder a Delta table, on disk or on S3. Opens, reads, appends, replaces; knows not what rows mean."""

import random
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction, WriterProperties, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from evalpipe.core.errors import EvalpipeError, LakeError
from evalpipe.core.quoting import one_line
from evalpipe.store.s3_place import S3Place, without_reply
from evalpipe.store.tables import TABLES, TableSpec

if TYPE_CHECKING:
    from arro3.core import RecordBatch, RecordBatchReader

_T = TypeVar("_T")

Place = Path | S3Place

COMMIT_TRIES = 12  # with the pauses below about 20 s: 16 writers on one table needed at most 6 tries
ROW_GROUP_ROWS = 8_192  # two shards of the default size, so that reading one shard skips the rest of its drop


@dataclass(frozen=True, slots=True)
class Lake:
    """All tables under one folder, local or on S3. Safe for many processes: Delta's log decides who committed.

    `moment`: the tables are read as they were then, and cannot be written; see `as_of`.
    """

    place: Place
    moment: datetime | None = None

    @property
    def root(self) -> Path:
        """The folder of a local lake. Raises ValueError: it lies on S3, where there is no folder."""
        if isinstance(self.place, S3Place):
            raise ValueError(f"{self.place} is no local folder")
        return self.place

    def path(self, table: str) -> Place:
        return self.place / TABLES[table].name

    def as_of(self, moment: datetime) -> "Lake":
        """The same lake as it was at a moment (with its time zone), for reading."""
        return replace(self, moment=moment)

    def written_at(self, table: str, version: int) -> datetime:
        """When this Delta version of a table was committed. Raises LakeError: the table has no such version."""
        opened = self.open(table)
        for entry in opened.history() if opened else ():
            if entry["version"] == version:
                return datetime.fromtimestamp(entry["timestamp"] / 1000, UTC)
        newest = f"its newest is {opened.version()}" if opened else "nothing was written yet"
        raise LakeError(f"{self.path(table)}: there is no version {version}; {newest}.")

    def open(self, table: str) -> DeltaTable | None:
        """The table as it is now, or at the lake's moment; None where nothing was written yet."""
        path = self.path(table)
        try:
            opened = DeltaTable(_uri(path), storage_options=_options(path))
            return opened if self.moment is None else _as_of(opened, self.moment)
        except TableNotFoundError:
            return None
        except (DeltaError, OSError) as error:
            raise _unusable(path, error) from _cause(path, error)

    def scan(self, table: str) -> pl.LazyFrame:
        """All rows, lazily, with exactly the columns of the table's specification.

        A column that the specification gained after the table was written is null in the rows from before.
        """
        spec, opened = TABLES[table], self.open(table)
        if opened is None or not opened.file_uris():
            return spec.empty().lazy()
        there = _columns(opened)
        return pl.scan_delta(opened).select(
            (pl.col(name) if name in there else pl.lit(None).alias(name)).cast(kind)
            for name, kind in spec.columns.items()
        )

    def read(self, table: str, where: pl.Expr | None = None, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows for which `where` holds."""
        rows = self.scan(table)
        if where is not None:
            rows = rows.filter(where)
        if columns is not None:
            rows = rows.select(columns)
        try:
            return rows.collect()
        except (pl.exceptions.ComputeError, OSError) as error:
            raise _unusable(self.path(table), error) from _cause(self.path(table), error)

    def batches(
        self, table: str, where: pl.Expr, columns: Sequence[str] | None = None, rows: int = 20_000
    ) -> Iterator[pl.DataFrame]:
        """The same in frames of about `rows` rows, in stored order; memory holds a few frames at a time."""
        found = self.scan(table).filter(where)
        if columns is not None:
            found = found.select(columns)
        try:
            yield from found.collect_batches(chunk_size=rows, maintain_order=True)
        except (pl.exceptions.ComputeError, OSError) as error:
            raise _unusable(self.path(table), error) from _cause(self.path(table), error)

    def append(self, table: str, frame: pl.DataFrame, transaction: str | None = None) -> bool:
        """Add rows. With `transaction`, at most once for ever: False says that it was there already."""
        return self.append_stream(table, lambda: [frame], transaction)

    def append_stream(
        self, table: str, frames: Callable[[], Iterable[pl.DataFrame]], transaction: str | None = None
    ) -> bool:
        """The same from a stream of frames, in one transaction; called again when another writer came between.

        Returns: whether rows were added. What `frames` raises comes out as it is, and nothing is committed.
        """
        spec = TABLES[table]

        def commit() -> bool:
            opened = self._created(spec)
            if transaction and opened.transaction_version(transaction) is not None:
                return False
            properties = CommitProperties(app_transactions=[Transaction(transaction, 1)]) if transaction else None
            return self._streamed(opened, spec, frames, mode="append", commit_properties=properties)

        return self._retried(spec, commit)

    def replace(self, table: str, frame: pl.DataFrame, **keys: str) -> None:
        """Put `frame` in the place of the rows whose columns equal `keys`; `replace(t, f, drop="d")`."""
        self.replace_stream(table, lambda: [frame], **keys)

    def replace_stream(self, table: str, frames: Callable[[], Iterable[pl.DataFrame]], **keys: str) -> None:
        """The same from a stream of frames, in one transaction; called again when another writer came between.

        What `frames` raises comes out as it is, and nothing is committed.
        """
        if not keys:
            raise ValueError("replace needs keys: without any it would replace the whole table")
        spec = TABLES[table]
        predicate = " AND ".join(f"{column} = '{_checked(key)}'" for column, key in keys.items())

        def commit() -> None:
            opened = self._created(spec)
            if not self._streamed(opened, spec, frames, mode="overwrite", predicate=predicate):
                opened.delete(predicate)

        self._retried(spec, commit)

    def _streamed(
        self,
        opened: DeltaTable,
        spec: TableSpec,
        frames: Callable[[], Iterable[pl.DataFrame]],
        **how: Any,  # noqa: ANN401  the mode, predicate and properties of write_deltalake
    ) -> bool:
        """Write the frames in one commit; False: they hold no row, and nothing was written."""
        raised: list[BaseException] = []
        some = (frame for frame in frames() if not frame.is_empty())
        first = next(some, None)
        if first is None:
            return False
        try:
            write_deltalake(
                opened,
                _reader(spec, first, some, raised),
                schema_mode=_schema_mode(opened, spec),
                writer_properties=_WRITER,
                **how,
            )
        except (DeltaError, OSError):
            if raised:  # it went through the Arrow stream, which turned it into a text
                raise raised[0] from None
            raise
        return True

    def _created(self, spec: TableSpec) -> DeltaTable:
        """The table, made first where it is missing: of several writers that make it at once, one wins."""
        opened = self.open(spec.name)
        if opened is not None:
            return opened
        from arro3.core import Table

        path = self.path(spec.name)
        if isinstance(path, Path):
            path.mkdir(parents=True, exist_ok=True)
        return DeltaTable.create(
            _uri(path),
            schema=Table.from_arrow(spec.empty()).schema,
            mode="ignore",
            partition_by=list(spec.partition_by) or None,
            storage_options=_options(path),
        )

    def _retried(self, spec: TableSpec, commit: Callable[[], _T]) -> _T:
        if self.moment is not None:
            raise ValueError(f"table {spec.name} as of {self.moment} is past: it can be read, and no more")
        path = self.path(spec.name)
        for tried in range(COMMIT_TRIES):
            try:
                return commit()
            except CommitFailedError as error:
                if tried == COMMIT_TRIES - 1:
                    raise _unusable(path, error) from _cause(path, error)
                time.sleep(random.uniform(0.01, 0.05) * 2 ** min(tried, 6))
            except (DeltaError, OSError) as error:
                # Two writers that create the table at once collide with a plain DeltaError on its version 0.
                if "already exists" in str(error) and tried < COMMIT_TRIES - 1:
                    time.sleep(random.uniform(0.01, 0.05))
                    continue
                raise _unusable(path, error) from _cause(path, error)
        raise AssertionError("unreachable")


def _as_of(opened: DeltaTable, moment: datetime) -> DeltaTable | None:
    first = min(opened.history(), key=lambda entry: entry["version"])
    # Before the first commit that it knows, Delta would give that one, in which there may be rows already.
    if first["timestamp"] > moment.timestamp() * 1000:
        if first["version"] == 0:
            return None
        raise LakeError(f"{opened.table_uri}: its log does not reach back to {moment}. Name a later moment.")
    opened.load_as_version(moment)
    return opened


_WRITER = WriterProperties(max_row_group_size=ROW_GROUP_ROWS, compression="ZSTD")


def _columns(opened: DeltaTable) -> set[str]:
    return {field.name for field in opened.schema().fields}


def _schema_mode(opened: DeltaTable, spec: TableSpec) -> Literal["merge"] | None:
    """`merge` where a version of evalpipe with other columns wrote the table: columns are added, none is lost."""
    return None if _columns(opened) == set(spec.columns) else "merge"


def _fitted(frame: pl.DataFrame, spec: TableSpec) -> pl.DataFrame:
    return frame.select(pl.col(name).cast(kind) for name, kind in spec.columns.items())


def _reader(
    spec: TableSpec, first: pl.DataFrame, rest: Iterable[pl.DataFrame], raised: list[BaseException]
) -> "RecordBatchReader":
    from arro3.core import RecordBatchReader, Table

    def record_batches() -> Iterator["RecordBatch"]:
        try:
            for frame in chain([first], rest):
                # In pieces, because the writer holds several batches at a time whatever their size.
                for piece in _fitted(frame, spec).iter_slices(ROW_GROUP_ROWS):
                    yield from Table.from_arrow(piece).to_batches()
        except (EvalpipeError, pl.exceptions.PolarsError, OSError, KeyboardInterrupt) as error:
            raised.append(error)
            raise

    return RecordBatchReader.from_batches(Table.from_arrow(spec.empty()).schema, record_batches())


def _checked(key: str) -> str:
    """A key as it may stand between quotes of a predicate; anything else is a fault of ours, not of the data."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+", key):
        raise ValueError(f"{key!r} is not a key; escape it with core.keys.to_key")
    return key


def _uri(path: Place) -> str | Path:
    return path if isinstance(path, Path) else str(path)


def _options(path: Place) -> dict[str, str] | None:
    return None if isinstance(path, Path) else path.options()


def _unusable(path: Place, error: Exception) -> LakeError:
    said = f"{path}: the table cannot be read or written ({type(error).__name__}: "
    if isinstance(path, S3Place):
        return LakeError(
            f"{said}{one_line(without_reply(str(error)), 200)}). Check bucket, `[lake] endpoint_url` and the AWS_ "
            "variables of the environment; `evalpipe doctor` tries them."
        )
    return LakeError(
        f"{said}{one_line(str(error), 200)}). "
        "Check that the folder exists, is writable and has space; `evalpipe doctor` looks at all three."
    )


def _cause(path: Place, error: Exception) -> Exception | None:
    """What a LakeError is chained to; nothing on S3, where a server's reply can repeat a session token."""
    return error if isinstance(path, Path) else None

"""raw_questions: a drop is read once, typed, cleaned, given ids, versions and shards.

What cannot be read goes to `rejects`, what cannot be scored to `quarantine`, the rest to `raw_questions`, sorted by
shard. Memory holds one bucket of the drop at a time: rows are staged in Parquet first, because how many shards there
are, and which ids repeat, is known only at the end of the drop.
"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from evalpipe.core.errors import DropError
from evalpipe.core.keys import from_key, shard_count
from evalpipe.core.questions import label_version, question_version
from evalpipe.core.versions import fraction
from evalpipe.labels.structure import unscorable
from evalpipe.line.drops import drop_state, write_state
from evalpipe.line.project import MadeBy, Project, now
from evalpipe.sources import Delivered, DropSpec, Reject, load_spec, nothing_readable, read_drop
from evalpipe.store.lease import lease
from evalpipe.store.tables import TABLES
from evalpipe.telemetry.progress import Progress

STAGED_ROWS = 20_000
BUCKET_BYTES = 100_000_000  # sorted in memory at once; Arrow's copies make it some 400 MB

REPEATED = "repeated_id"


@dataclass(frozen=True, slots=True)
class IngestSummary:
    """Counts of one drop. `raw_rows` = `questions` + `quarantined` + `rejected`."""

    drop: str
    bank: str
    raw_rows: int
    questions: int
    quarantined: int
    rejected: int
    shards: int


def ingest_drop(project: Project, drop: str, made: MadeBy, progress: Progress) -> IngestSummary:
    """Read a drop of the landing place into the lake. The same drop again gives the same rows.

    Raises:
        DropError: still being uploaded, changed after its ingest or while it was read, or nothing readable in it.
        ConfigError: its drop.toml does not fit.
    """
    with lease(project.lake, "drops", drop):
        signature = project.landing.signature(drop)
        content = _taken(project, drop)
        spec = load_spec(project.landing.folder(drop), default_bank=project.config.bank_of(drop))
        with tempfile.TemporaryDirectory(prefix="evalpipe-ingest-") as staging:
            staged = _stage(project, drop, spec, Path(staging), progress)
            if project.landing.signature(drop) != signature:
                raise DropError(f"drop {from_key(drop)!r} changed while it was read. Run it again when it is whole.")
            return _commit(project, drop, spec, staged, (signature, content), made)


def _taken(project: Project, drop: str) -> str:
    """The content's digest, once it is sure that the drop may be taken."""
    settle_s = project.config.file.landing.settle_s
    if not project.landing.ready(drop, settle_s):
        raise DropError(
            f"drop {from_key(drop)!r} is still being uploaded: it changed within the last {settle_s:g} s and holds no "
            "`_SUCCESS`. Put an empty file of that name into it when it is whole, or wait."
        )
    content, state = project.landing.content_digest(drop), drop_state(project, drop)
    if state and state["content_digest"] != content:
        raise DropError(
            f"drop {from_key(drop)!r} changed after its ingest, and a drop never changes. Restore its files, and "
            "publish the new ones as a drop of another name; questions with the same id then supersede the old ones."
        )
    return content


@dataclass(frozen=True, slots=True)
class _Staged:
    """Parquet parts of the rows that could be read, and what is known of the whole drop."""

    folder: Path
    keys: pl.DataFrame  # row, question_id, said (hash of its versions), scorable; of every row that could be read
    rejects: pl.DataFrame
    raw_rows: int
    size_bytes: int


def _stage(project: Project, drop: str, spec: DropSpec, folder: Path, progress: Progress) -> _Staged:
    progress.start(f"reading {from_key(drop)}", None)
    rows: list[dict[str, object]] = []
    rejects: list[pl.DataFrame] = []
    rejected: list[dict[str, object]] = []
    keys: list[pl.DataFrame] = []
    raw_rows = size_bytes = 0

    def flush() -> None:
        nonlocal size_bytes
        if rows:
            part = pl.DataFrame(rows, schema=_STAGED)
            part.write_parquet(folder / f"{len(keys):06}.parquet", compression="lz4")
            keys.append(part.select(_KEYS))
            size_bytes += part.estimated_size()
            rows.clear()
        if rejected:
            rejects.append(pl.DataFrame(rejected, schema=TABLES["rejects"].columns))
            rejected.clear()

    for raw_rows, each in enumerate(read_drop(project.landing.folder(drop), spec), start=1):  # noqa: B007  the count
        if isinstance(each, Reject):
            rejected.append({"drop": drop, "file": each.file, "line": each.line, "reason": each.reason})
        else:
            rows.append(_staged_row(drop, spec.bank, each))
        if len(rows) + len(rejected) >= STAGED_ROWS:
            progress.advance(len(rows) + len(rejected))
            flush()
    progress.advance(len(rows) + len(rejected))
    flush()
    progress.finish()
    empty_keys = pl.DataFrame(schema=_STAGED).select(_KEYS)
    every_reject = pl.concat([TABLES["rejects"].empty(), *rejects])
    return _Staged(folder, pl.concat([empty_keys, *keys]), every_reject, raw_rows, size_bytes)


# What is held of every row at once: 2 million rows have to fit beside everything else.
_KEYS = (
    pl.col("row"),
    pl.col("question_id"),
    pl.struct("question_version", "label_version").hash().alias("said"),
    pl.col("code").is_null().alias("scorable"),
)
_STAGED = {
    **TABLES["quarantine"].columns,
    "row": pl.Int64(),
    "place": pl.Float64(),  # where the question falls in [0, 1); its shard once their number is known
}


def _staged_row(drop: str, bank: str, each: Delivered) -> dict[str, object]:
    question = each.question
    fault = unscorable(question)
    return {
        "bank": bank,
        "question_id": question.question_id,
        "drop": drop,
        "file": each.file,
        "line": each.line,
        "text": question.text,
        "kind": question.kind,
        "choices": list(question.choices),
        "targets": list(question.targets),
        "subject": question.subject,
        "cluster": question.cluster,
        "worked_solution": question.worked_solution,
        "answer_field": question.answer_field,
        "trusted": question.trusted,
        "question_version": question_version(question),
        "label_version": label_version(question.targets),
        "code": fault.code if fault else None,
        "reason": fault.reason if fault else None,
        "row": each.row,
        "place": fraction("shard", question.question_id),
    }


def _commit(
    project: Project, drop: str, spec: DropSpec, staged: _Staged, versions: tuple[str, str], made: MadeBy
) -> IngestSummary:
    repeats = _repeats(staged.keys)
    rejects = pl.concat([staged.rejects, _same_again(staged, drop, repeats)])
    project.lake.replace("rejects", rejects, drop=drop)
    if staged.keys.is_empty():
        raise DropError(nothing_readable(from_key(drop), _first_rejects(rejects)))
    state = drop_state(project, drop)
    # Kept from the first ingest: another shard size in the configuration must not move questions of an old drop.
    shards = state["n_shards"] if state else shard_count(staged.raw_rows, project.config.file.shards.size)
    assert isinstance(shards, int)
    quarantined = staged.keys.filter(~pl.col("scorable")).height + _conflicting(repeats).height
    summary = IngestSummary(
        drop=drop,
        bank=spec.bank,
        raw_rows=staged.raw_rows,
        questions=staged.keys.height - quarantined - (repeats.height - _conflicting(repeats).height),
        quarantined=quarantined,
        rejected=rejects.height,
        shards=shards,
    )
    columns = list(TABLES["raw_questions"].columns)
    project.lake.replace_stream("quarantine", lambda: _quarantine(staged, repeats, drop, shards), drop=drop)
    project.lake.replace_stream(
        "raw_questions",
        lambda: (part.select(columns) for part in _by_shard(staged, repeats, drop, shards)),
        drop=drop,
    )
    changes: dict[str, object] = {
        "bank": spec.bank,
        "source": spec.source,
        "licence": spec.licence,
        "revision": spec.revision,
        "signature": versions[0],
        "content_digest": versions[1],
        "raw_rows": summary.raw_rows,
        "n_rejected": summary.rejected,
        "n_quarantined": summary.quarantined,
        "n_questions": summary.questions,
        "n_shards": shards,
        "ingested_at": state["ingested_at"] if state else now(),
    }
    write_state(project, drop, changes, made)
    return summary


def _first_rejects(rejects: pl.DataFrame) -> list[Reject]:
    return [Reject(*row) for row in rejects.head(1_000).select("file", "line", "reason").iter_rows()]


def _repeats(keys: pl.DataFrame) -> pl.DataFrame:
    """Scorable rows whose id an earlier one has: `row`, `first` (that row), `conflict` (they say different things)."""
    scorable = keys.filter("scorable")  # in the order of the rows
    again = scorable.filter(~pl.col("question_id").is_first_distinct())
    firsts = scorable.filter(pl.col("question_id").is_first_distinct()).join(again, on="question_id", how="semi")
    return again.join(firsts, on="question_id", suffix="_first", maintain_order="left").select(
        "row", first="row_first", conflict=pl.col("said") != pl.col("said_first")
    )


def _conflicting(repeats: pl.DataFrame) -> pl.DataFrame:
    return repeats.filter(pl.col("conflict"))


def _same_again(staged: _Staged, drop: str, repeats: pl.DataFrame) -> pl.DataFrame:
    """Rows that say again, word for word, what an earlier row of the same id says: counted once, shown as rejects."""
    same = repeats.filter(~pl.col("conflict"))
    if same.is_empty():
        return TABLES["rejects"].empty()
    rows = _parts(staged).select("row", "file", "line").join(same.lazy(), on="row").collect()
    firsts = _parts(staged).select(first="row", first_file="file", first_line="line").collect()
    return rows.join(firsts, on="first").select(
        drop=pl.lit(drop),
        file="file",
        line="line",
        reason=pl.format(
            "repeats {}:{} word for word, with the same id; it counts once",
            "first_file",
            "first_line",
        ),
    )


def _quarantine(staged: _Staged, repeats: pl.DataFrame, drop: str, shards: int) -> Iterator[pl.DataFrame]:
    """The unscorable, and the rows that use an id again for something else."""
    conflicting = _conflicting(repeats).select("row", again=pl.lit(True)).lazy()
    said = (
        "another row of this drop with the same question_id comes first and says something else; "
        "give each question an id of its own, or drop the outdated row"
    )
    found = (
        _parts(staged)
        .join(conflicting, on="row", how="left")
        .filter(pl.col("code").is_not_null() | pl.col("again").fill_null(False))
        .with_columns(
            code=pl.when(pl.col("again").fill_null(False)).then(pl.lit(REPEATED)).otherwise(pl.col("code")),
            reason=pl.when(pl.col("again").fill_null(False)).then(pl.lit(said)).otherwise(pl.col("reason")),
            shard=_shard(drop, shards),
        )
    )
    yield from found.collect_batches(chunk_size=STAGED_ROWS, maintain_order=True)


def _by_shard(staged: _Staged, repeats: pl.DataFrame, drop: str, shards: int) -> Iterator[pl.DataFrame]:
    """The good rows, a bucket of shards at a time, sorted by shard and then as they came."""
    buckets = 1 + staged.size_bytes // BUCKET_BYTES
    for bucket in range(buckets):
        yield (
            _parts(staged)
            .filter(pl.col("code").is_null(), (pl.col("place") * buckets).floor() == bucket)
            .join(repeats.select("row").lazy(), on="row", how="anti")
            .with_columns(shard=_shard(drop, shards))
            .collect()
            .sort("shard", "row")
        )


def _shard(drop: str, shards: int) -> pl.Expr:
    """As `core.keys.shard_key`, for a column of places."""
    number = (pl.col("place") * shards).floor().cast(pl.Int64).cast(pl.String).str.zfill(4)
    return pl.concat_str(pl.lit(f"{drop}."), number)


def _parts(staged: _Staged) -> pl.LazyFrame:
    return pl.scan_parquet(staged.folder / "*.parquet")

"""The places: lake, landing place, Dagster's home. Each is proved by really writing there, and cleaned up."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import polars as pl

from evalpipe.core.errors import LakeError
from evalpipe.line.health.finding import Finding, bad, ok, warning
from evalpipe.line.project import Project
from evalpipe.store.lake import Lake
from evalpipe.store.lease import lease
from evalpipe.store.objects import Objects
from evalpipe.store.probe import require_conditional_puts
from evalpipe.store.s3_place import S3Place
from evalpipe.store.tables import TABLES

LAKE, LANDING, DISK, HOME = "lake", "landing place", "disk", "dagster home"

FULL_BYTES = 200_000_000  # less than the journal and the commit of one cell of 4,096 long answers need
LOW_BYTES = 2_000_000_000  # two rewrites of 150,000 rows without vacuum triple the disk
FEW_INODES = 1_000  # a small run makes some hundred files

# defs.home decides so as well; it imports Dagster, which this folder must not.
HOME_VARIABLE, HOME_FOLDER = "DAGSTER_HOME", ".dagster"


def lake(project: Project) -> list[Finding]:
    """Whether a Delta table can be made, written, read and locked there, and every table that is there be opened."""
    root = project.lake.place
    if isinstance(root, S3Place):
        return _lake_on_s3(root)
    folder = _existing(root)
    if not folder.is_dir():
        return [bad(LAKE, f"{folder} is a file, not a folder", "Move it away, or give `[lake] uri` another path.")]
    try:
        with _probe(folder) as probe:
            _commit(Lake(probe))
    except (OSError, NotImplementedError, LakeError) as error:
        mend = (
            f"Give this user the right to write to {folder}, or let `[lake] uri` name a local folder that takes "
            "writes, locks and hard links."
        )
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            mend = f"Make room on the disk of {folder}, or let `[lake] uri` name a folder on a larger one."
        return [bad(LAKE, f"{root}: cannot be written ({_reason(error)})", mend)]
    broken = _broken_tables(project.lake)
    there = "writable" if root.exists() else "not there yet, will be made"
    return broken or [ok(LAKE, f"{root}: {there}")]


def _lake_on_s3(place: S3Place) -> list[Finding]:
    """The same in a prefix beside the tables; first that the server keeps the conditions that commits rest on."""
    beside = place / f"_doctor-{uuid4().hex[:12]}"
    try:
        require_conditional_puts(place)
        try:
            _commit(Lake(beside))
        finally:
            there = Objects(beside)
            there.delete([each.name for each in there.list()])
    except LakeError as error:
        return [bad(LAKE, str(error), "Mend that, or let `[lake] uri` name a local folder.")]
    return _broken_tables(Lake(place)) or [ok(LAKE, f"{place}: writable, conditional puts are kept")]


def landing_place(project: Project) -> list[Finding]:
    """Whether it is a folder apart from the lake that can be listed and written."""
    root, lake_root = project.landing.root, project.lake.place
    if isinstance(lake_root, Path) and lake_root.resolve().is_relative_to(root.resolve()):
        return [
            bad(
                LANDING,
                f"the lake {lake_root} lies in the landing place {root}: its tables would be taken for drops",
                "Give `[landing] uri` and `[lake] uri` two folders side by side.",
            )
        ]
    folder = _existing(root)
    if not folder.is_dir():
        return [
            bad(
                LANDING,
                f"{folder} is a file, not a folder",
                "Move it away, or give `[landing] uri` another path.",
            )
        ]
    if not root.exists():
        return [
            warning(
                LANDING,
                f"{root}: there is no such folder, so no drop is seen",
                f"`evalpipe ingest PATH` makes it, or: mkdir -p {root}. If drops lie elsewhere, correct `uri`.",
            )
        ]
    try:
        drops = project.landing.drops()
    except OSError as error:
        return [bad(LANDING, f"{root}: cannot be read ({_reason(error)})", f"Let this user read it: chmod u+rx {root}")]
    try:
        with _probe(root):
            pass
    except OSError as error:
        return [
            warning(
                LANDING,
                f"{root}: cannot be written ({_reason(error)}); drops are read, `evalpipe ingest` fails",
                f"Give this user the right to write to {root}, or let others bring the drops.",
            )
        ]
    misnamed = [
        warning(LANDING, f"{root / name}: the name is too long for a drop, so it is none", "Rename the folder.")
        for name in project.landing.misnamed()
    ]
    return misnamed or [ok(LANDING, f"{root}: {len(drops)} drops")]


def disk(project: Project) -> list[Finding]:
    """Space and file entries left where something will be written, once for each file system."""
    here = {LAKE: project.lake.place} if isinstance(project.lake.place, Path) else {}
    places = {
        **here,
        LANDING: project.landing.root,
        HOME: home_folder(project.config.path.parent),
        "temporary folder": Path(tempfile.gettempdir()),
    }
    shared: dict[int, tuple[Path, list[str]]] = {}
    for name, place in places.items():
        folder = _existing(place)
        shared.setdefault(folder.stat().st_dev, (folder, []))[1].append(name)
    return [_space(folder, ", ".join(names)) for folder, names in shared.values()]


def dagster_home(beside: Path) -> list[Finding]:
    """Whether Dagster's storage can live where it is looked for; `beside` is the configuration's folder."""
    named = os.environ.get(HOME_VARIABLE)
    mend = f"Type `export {HOME_VARIABLE}=/an/absolute/folder`, or unset it: then it is {HOME_FOLDER} beside the file."
    if named and not Path(named).expanduser().is_absolute():
        what = f"{HOME_VARIABLE} = {named!r} is relative: Dagster refuses it, and it would be another folder elsewhere"
        return [bad(HOME, what, mend)]
    home = home_folder(beside)
    folder = _existing(home)
    if not folder.is_dir():
        return [bad(HOME, f"{folder} is a file, not a folder", mend)]
    try:
        with _probe(folder):
            pass
    except OSError as error:
        return [bad(HOME, f"{home}: cannot be written ({_reason(error)})", mend)]
    return [ok(HOME, f"{home}: {'writable' if home.exists() else 'not there yet, will be made'}")]


def home_folder(beside: Path) -> Path:
    return Path(os.environ.get(HOME_VARIABLE) or beside / HOME_FOLDER).expanduser().absolute()


def _space(folder: Path, names: str) -> Finding:
    free = shutil.disk_usage(folder).free
    inodes = os.statvfs(folder)
    few = inodes.f_files > 0 and inodes.f_favail < FEW_INODES  # some file systems count none, and say 0 of 0
    left = f"{free / 1e9:.1f} GB free for {names} ({folder})"
    mend = "Delete what is not needed, or move `[lake] uri` to a larger disk; a run that fills the disk fails half-way."
    if free < FULL_BYTES:
        return bad(DISK, f"the disk is full: {free / 1e6:.0f} MB free for {names} ({folder})", mend)
    if few:
        return bad(DISK, f"the disk is full: {inodes.f_favail} files can still be made for {names} ({folder})", mend)
    return warning(DISK, left, mend) if free < LOW_BYTES else ok(DISK, left)


def _broken_tables(there: Lake) -> list[Finding]:
    """What is wrong with the tables of the lake that are there."""
    found: list[Finding] = []
    for name in TABLES:
        mend = f"Restore {there.path(name)} from a backup; if it cannot be restored, move it away and run again."
        try:
            there.open(name)
        except LakeError as error:
            found.append(bad(LAKE, str(error), mend))
    return found


def _commit(there: Lake) -> None:
    """What every run does to a lake: lock, make a table, commit, read."""
    row = {"drop": "probe", "decision": "probe", "by": "doctor", "why": "probe", "at": datetime.now(UTC)}
    with lease(there, "probe"):
        there.append("decisions", pl.DataFrame([row], schema=TABLES["decisions"].columns))
    if there.read("decisions").height != 1:
        raise LakeError("what was written there cannot be read back")


@contextmanager
def _probe(folder: Path) -> Iterator[Path]:
    """A hidden folder with a file of some bytes in it, gone on the way out. Raises OSError: it cannot be written."""
    with tempfile.TemporaryDirectory(prefix=".evalpipe-doctor-", dir=folder) as made:
        with Path(made, "probe").open("wb") as file:
            file.write(b"\0" * 4096)  # a file system may promise an empty file and have no block for its bytes
            file.flush()
            os.fsync(file.fileno())
        yield Path(made)


def _existing(path: Path) -> Path:
    """The path itself, or the nearest folder or file above it that is there."""
    return next(each for each in (path, *path.absolute().parents) if os.path.lexists(each))


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__

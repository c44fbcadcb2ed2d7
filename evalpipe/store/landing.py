"""The landing place: a folder of drops. Says which are ready, whether one changed, and copies new ones in."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from uuid import uuid4

from evalpipe.core.errors import DropError, LakeError, UsageError
from evalpipe.core.keys import fits_key, from_key, to_key
from evalpipe.core.versions import DIGEST_BYTES, digest

SUCCESS = "_SUCCESS"
REVIEWS = "reviews"  # the one folder of the landing place that is not a drop


@dataclass(frozen=True, slots=True)
class Landing:
    """Drops are known by key (`core.keys`); the folder's name is the key unescaped."""

    root: Path

    def drops(self) -> list[str]:
        """Keys of the folders that are drops, ready or not, in sorted order. Hidden ones are being copied in."""
        return sorted(to_key(name) for name in self._names() if fits_key(name))

    def misnamed(self) -> list[str]:
        """Folders whose names are too long to be keys: they are no drops until somebody renames them."""
        return sorted(name for name in self._names() if not fits_key(name))

    def _names(self) -> list[str]:
        if not self.root.is_dir():
            return []
        return [entry.name for entry in self.root.iterdir() if _may_be_drop(entry.name) and entry.is_dir()]

    def folder(self, drop: str) -> Path:
        """Raises DropError: no such folder."""
        folder = self.root / from_key(drop)
        if not _may_be_drop(from_key(drop)) or not folder.is_dir():
            known = ", ".join(self.drops()) or "none"
            raise DropError(f"{folder}: no such drop. In the landing place: {known}. `evalpipe ingest PATH` adds one.")
        return folder

    def ready(self, drop: str, settle_s: float) -> bool:
        """Whether the drop is whole: it holds `_SUCCESS`, or nothing in it changed for `settle_s` seconds.

        The time is the inode's change time, which a copy that keeps modification times cannot set back.
        """
        folder = self.folder(drop)
        if (folder / SUCCESS).exists():
            return True
        changes: list[float] = []
        try:
            for path in (folder, *folder.rglob("*")):
                changes.append(path.lstat().st_ctime)
        except FileNotFoundError:  # an uploader renamed or deleted it just now
            return False
        return len(changes) > 1 and time.time() - max(changes) >= settle_s

    def signature(self, drop: str) -> str:
        """Cheap: changes whenever a file is written, added or taken away (names, sizes, modification times)."""
        return digest(
            [(name, stat.st_size, stat.st_mtime_ns) for name, path in self._files(drop) for stat in (path.stat(),)]
        )

    def content_digest(self, drop: str) -> str:
        """Exact: changes when and only when a name or a byte changes."""
        whole = blake2b(digest_size=DIGEST_BYTES)
        for name, path in self._files(drop):
            with path.open("rb") as file:
                whole.update(name.encode("utf-8", "surrogateescape") + b"\0")
                whole.update(path.stat().st_size.to_bytes(8, "big"))
                while block := file.read(1 << 20):
                    whole.update(block)
        return whole.hexdigest()

    def copy_in(self, source: Path, name: str | None = None) -> str:
        """Copy a file or folder in as a drop, atomically; returns its key.

        Raises:
            UsageError: nothing to copy, or a drop of this name is there already.
            LakeError: a file cannot be read, or the landing place cannot be written.
        """
        if not source.exists():
            raise UsageError(f"{source}: no such file or folder.")
        if self.root.resolve().is_relative_to(source.resolve()):
            raise UsageError(f"{source}: the landing place lies in it. Name the folder that holds the drop's files.")
        named = source.absolute().name  # `.` has no name of its own
        drop = to_key(name or (named if source.is_dir() else named.split(".")[0] or named))
        final = self.root / from_key(drop)
        if not _may_be_drop(from_key(drop)):
            raise UsageError(
                f"{from_key(drop)!r}: a drop's name is a plain folder name that starts with no dot or underscore and "
                f"is not `{REVIEWS}`. Choose another --name."
            )
        taken = UsageError(f"{final}: there is a drop of this name. Drops never change: choose another --name.")
        if final.exists():
            raise taken
        arriving = self.root / f".arriving-{uuid4().hex}"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            _copy(source, arriving)
            if not any(path.is_file() and path.name != SUCCESS for path in arriving.rglob("*")):
                raise UsageError(f"{source}: holds no file to take in.")
            (arriving / SUCCESS).touch()
            arriving.rename(final)
        except (OSError, shutil.Error) as error:
            if final.exists():  # somebody else brought one in meanwhile
                raise taken from error
            raise LakeError(f"{source}: cannot be copied to {final} ({_cause(error)}).") from error
        finally:
            shutil.rmtree(arriving, ignore_errors=True)
        return drop

    def review_files(self, settle_s: float = 0.0) -> list[Path]:
        """Verdict files that are whole, in sorted order: they end as one does, or are unchanged for `settle_s` seconds.

        Half a line would be a bad line, or worse, a good one that says something else.
        """
        folder = self.root / REVIEWS
        files = folder.iterdir() if folder.is_dir() else ()
        return sorted(
            path
            for path in files
            if path.suffix in _WHOLE_END and not path.name.startswith((".", "_")) and _is_whole(path, settle_s)
        )

    def _files(self, drop: str) -> Iterator[tuple[str, Path]]:
        folder = self.folder(drop)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith((".", "_")):
                yield str(path.relative_to(folder)), path


# What a whole verdict file ends with; of JSON the white space after it does not count.
_WHOLE_END = {".csv": (b"\n",), ".jsonl": (b"\n",), ".json": (b"]", b"}")}


def _is_whole(path: Path, settle_s: float) -> bool:
    try:
        if not path.is_file():
            return False
        if time.time() - path.stat().st_ctime >= settle_s:
            return True
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 64))
            end = file.read()
    except OSError:  # an uploader renamed or deleted it just now
        return False
    return (end.rstrip() if path.suffix == ".json" else end).endswith(_WHOLE_END[path.suffix])


def _may_be_drop(name: str) -> bool:
    """A plain folder name; nothing that would lead out of the landing place."""
    return name != REVIEWS and not name.startswith((".", "_")) and "/" not in name and "\0" not in name


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*"))
        target.chmod(0o755)  # the source's own mode may forbid the `_SUCCESS` that follows
    else:
        target.mkdir()
        shutil.copy2(source, target / source.name)


def _cause(error: OSError) -> str:
    """What was wrong with the first file: `shutil.Error` carries a list of (from, to, why)."""
    if isinstance(error, shutil.Error) and error.args and isinstance(error.args[0], list):
        return "; ".join(str(why) for _, _, why in error.args[0][:1])
    return str(error)

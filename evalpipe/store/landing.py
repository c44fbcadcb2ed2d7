"""The landing place: a folder of drops. Says which are ready, whether one changed, and copies new ones in."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from evalpipe.core.errors import DropError, UsageError
from evalpipe.core.keys import from_key, to_key
from evalpipe.core.versions import DIGEST_BYTES, digest

SUCCESS = "_SUCCESS"
REVIEWS = "reviews"  # the one folder of the landing place that is not a drop


@dataclass(frozen=True, slots=True)
class Landing:
    """Drops are known by key (`core.keys`); the folder's name is the key unescaped."""

    root: Path

    def drops(self) -> list[str]:
        """Keys of the folders that are drops, ready or not, in sorted order. Hidden ones are being copied in."""
        if not self.root.is_dir():
            return []
        return sorted(
            to_key(entry.name)
            for entry in self.root.iterdir()
            if entry.is_dir() and not entry.name.startswith((".", "_")) and entry.name != REVIEWS
        )

    def folder(self, drop: str) -> Path:
        """Raises DropError: no such folder."""
        folder = self.root / from_key(drop)
        if not folder.is_dir():
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
        paths = [folder, *folder.rglob("*")]
        newest = max((path.stat().st_ctime for path in paths if path.exists()), default=time.time())
        return len(paths) > 1 and time.time() - newest >= settle_s

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

        Raises: UsageError: nothing to copy, or a drop of this name is there already.
        """
        if not source.exists():
            raise UsageError(f"{source}: no such file or folder.")
        drop = to_key(name or (source.name if source.is_dir() else source.name.split(".")[0]))
        final = self.root / from_key(drop)
        if from_key(drop) in (REVIEWS, ".", "..") or "/" in from_key(drop) or from_key(drop).startswith((".", "_")):
            raise UsageError(f"--name {name!r}: a drop's name is a plain folder name that is not `{REVIEWS}`.")
        if final.exists():
            raise UsageError(f"{final}: there is a drop of this name. Drops never change: choose another --name.")
        self.root.mkdir(parents=True, exist_ok=True)
        arriving = self.root / f".arriving-{os.getpid()}-{from_key(drop)}"
        try:
            if source.is_dir():
                shutil.copytree(source, arriving, ignore=shutil.ignore_patterns(".*"))
            else:
                arriving.mkdir()
                shutil.copy2(source, arriving / source.name)
            if not any(path.is_file() and path.name != SUCCESS for path in arriving.rglob("*")):
                raise UsageError(f"{source}: holds no file to take in.")
            (arriving / SUCCESS).touch()
            arriving.rename(final)
        finally:
            shutil.rmtree(arriving, ignore_errors=True)
        return drop

    def review_files(self) -> list[Path]:
        """Verdict files, in sorted order."""
        folder = self.root / REVIEWS
        files = folder.iterdir() if folder.is_dir() else ()
        return sorted(
            path for path in files if path.suffix in (".csv", ".jsonl") and not path.name.startswith((".", "_"))
        )

    def _files(self, drop: str) -> Iterator[tuple[str, Path]]:
        folder = self.folder(drop)
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.name != SUCCESS:
                yield str(path.relative_to(folder)), path

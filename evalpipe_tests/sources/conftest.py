"""A drop made of a few files, read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from evalpipe.sources import Delivered, Reject, load_spec, read_drop

Read = Callable[..., list[Delivered | Reject]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """`read({"a.jsonl": text or bytes}, toml)`: everything that the drop yields."""

    def read_files(files: dict[str, str | bytes], toml: str | None = None) -> list[Delivered | Reject]:
        folder = tmp_path / "drop"
        folder.mkdir(exist_ok=True)
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        if toml is not None:
            (folder / "drop.toml").write_text(toml)
        return list(read_drop(folder, load_spec(folder, "bank")))

    return read_files

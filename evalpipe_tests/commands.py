"""The commands a user types, in processes of their own, in a project's folder."""

import os
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[1]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a user who has set nothing up. Imports are cached, or each process would compile them anew."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "CI")}
    home = {"EVALPIPE_CONFIG": str(folder / "evalpipe.toml"), "DAGSTER_HOME": str(folder / ".dagster")}
    return {**kept, **home, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **more}


def evalpipe(folder: Path, *words: str, **more: str) -> "subprocess.CompletedProcess[str]":
    """`evalpipe WORDS`, to its end."""
    return subprocess.run(
        evalpipe_words(*words), cwd=folder, env=environment(folder, **more), capture_output=True, text=True, timeout=300
    )


def evalpipe_words(*words: str) -> list[str]:
    return [sys.executable, "-c", "from evalpipe.cli.main import main; main()", *words]


def tool(folder: Path, name: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """A console script of the virtual environment (`dagster`, `dg`), in the checkout, on the project in `folder`."""
    return subprocess.run(
        [str(BIN / name), *words], cwd=ROOT, env=environment(folder), capture_output=True, text=True, timeout=300
    )

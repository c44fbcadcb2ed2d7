"""The packages: what evalpipe asks for against what is installed."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import evalpipe
from evalpipe.line.health.finding import Finding, bad, ok

PACKAGES = "packages"
_MEND = "Install what is pinned, in the virtual environment: `make demo` does, or pip install -r requirements.lock"
_NAME, _PIN = re.compile(r"[A-Za-z0-9._-]+"), re.compile(r"==\s*([^\s,]+)")


def packages() -> list[Finding]:
    """Each required package is there, and those that are pinned exactly have that version."""
    findings: list[Finding] = []
    required = _required()
    for name, pinned in required.items():
        try:
            there = metadata.version(name)
        except metadata.PackageNotFoundError:
            findings.append(bad(PACKAGES, f"{name} is not installed", _MEND))
            continue
        if pinned and there != pinned:
            findings.append(bad(PACKAGES, f"{name} is {there}, evalpipe needs exactly {pinned}", _MEND))
    return findings or [ok(PACKAGES, f"{len(required)} packages as required, evalpipe {evalpipe.__version__}")]


def _required() -> dict[str, str | None]:
    """Package to its exact version, None where a range will do. A checkout's file is newer than its metadata."""
    checkout = Path(evalpipe.__file__).parents[1] / "pyproject.toml"
    if checkout.exists():
        lines: list[str] = tomllib.loads(checkout.read_text(encoding="utf-8"))["project"]["dependencies"]
    else:
        lines = metadata.requires("evalpipe") or []
    found: dict[str, str | None] = {}
    for line in lines:
        asked, _, marker = line.partition(";")
        name, pin = _NAME.match(asked.strip()), _PIN.search(asked)
        if name and "extra" not in marker:
            found[name[0]] = pin[1] if pin else None
    return found

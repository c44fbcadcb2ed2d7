"""A project that is misconfigured for real, and what one check of the doctor says of it; nobody is asked."""

import pytest

from evalpipe.line.health import examine


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    for name in ("EVALPIPE_CONFIG", "DAGSTER_HOME", "KEY_OF_M", "OTHER_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def look(tmp_path):
    """`look(toml, check)`: what that check finds in a project with this configuration and these files."""

    def run(toml: str, check: str, **files: str):
        (tmp_path / "evalpipe.toml").write_text(toml)
        for name, text in files.items():
            (tmp_path / name.replace("_", ".")).write_text(text)
        return [each for each in examine(tmp_path / "evalpipe.toml", offline=True) if each.check == check]

    return run

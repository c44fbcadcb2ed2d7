"""The command line in this process: what it prints, and the exit code that a shell would see."""

import sys
from dataclasses import dataclass

import pytest

from evalpipe.cli.main import main


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@pytest.fixture
def command(monkeypatch, capsys, tmp_path):
    """`command(project, "leaderboard", "--json")`, as if typed in the project's folder."""

    def run(project, *words: str) -> Said:
        monkeypatch.setenv("EVALPIPE_CONFIG", str(project.config.path))
        monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster-home"))
        monkeypatch.setattr(sys, "argv", ["evalpipe", *words])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return run

"""`load(toml)` writes a configuration into a folder of its own and loads it; `refused(toml)` returns what it says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from evalpipe.config import Config, load_config
from evalpipe.core.errors import ConfigError

CHAT = '[models.m]\nbackend = "openai_chat"\nbase_url = "https://host/v1"\nmodel = "m-1"\nbanks = ["*"]\n'
EMBEDDED = '[models.m]\nbackend = "embedded"\nbanks = ["*"]\n'
RECORDED = '[models.m]\nbackend = "recorded"\nbanks = ["*"]\npath = "answers.jsonl"\n'


@pytest.fixture
def load(tmp_path: Path) -> Callable[[str], Config]:
    def write_and_load(toml: str) -> Config:
        (tmp_path / "evalpipe.toml").write_text(toml, encoding="utf-8")
        return load_config(tmp_path / "evalpipe.toml")

    return write_and_load


@pytest.fixture
def refused(load, tmp_path: Path) -> Callable[[str], str]:
    """The message, which always begins with the file's path."""

    def say(toml: str) -> str:
        with pytest.raises(ConfigError) as caught:
            load(toml)
        message = str(caught.value)
        assert all(line.startswith(str(tmp_path / "evalpipe.toml")) for line in message.splitlines()), message
        return message

    return say

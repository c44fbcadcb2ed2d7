"""evalpipe.toml: its schema, and loading it."""

from evalpipe.config.load import Config, load_config

__all__ = ["Config", "load_config"]

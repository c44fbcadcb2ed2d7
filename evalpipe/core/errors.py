"""What evalpipe raises on purpose. Each message says where, what, and what to do.

EvalpipeError
├── ConfigError      evalpipe.toml, drop.toml or the environment does not fit
├── DropError        a drop cannot be taken: unreadable, changed after its ingest, empty
├── LakeError        the lake or the landing place cannot be read or written
├── CacheError       the shared cache cannot be used now; a run goes on without it
├── BackendError     an endpoint cannot serve this run at all (wrong key, server dead, no weights)
└── UsageError       a command was called with something that does not exist (question, drop, model)
"""


class EvalpipeError(Exception):
    """Base of all that evalpipe raises on purpose; its text is safe to show a user."""


class ConfigError(EvalpipeError):
    """A configuration file or the environment does not fit. Names file, key and what is allowed."""


class DropError(EvalpipeError):
    """A drop cannot be taken. Names the drop and how to mend or republish it."""


class LakeError(EvalpipeError):
    """The lake or the landing place cannot be read or written."""


class CacheError(EvalpipeError):
    """The shared cache cannot be used now. A run goes on without it."""


class BackendError(EvalpipeError):
    """An endpoint cannot serve this run at all; asking on would waste every further request."""


class UsageError(EvalpipeError):
    """A command names something that does not exist; lists what does."""


class Stopped(BaseException):
    """SIGINT or SIGTERM came. Not an `Exception`, so that nothing on the way takes it for a failure of its own."""

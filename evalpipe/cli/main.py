"""The command `evalpipe`: its verbs, and the one place where an error becomes a sentence and an exit code."""

import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

import typer

from evalpipe.cli.terminal import say
from evalpipe.core.errors import ConfigError, EvalpipeError, Stopped, UsageError

FAILED, WRONG_USE, STOPPED = 1, 2, 130

# Each has an `add_to(app)`. A verb that needs no project is imported alone: 0.3 s of start-up instead of 1.3 s.
_MODULES = (
    "run",
    "bring",
    "leaderboard",
    "compare",
    "power",
    "gate",
    "look",
    "again",
    "extract",
    "labels",
    "operate",
    "doctor",
)
_ALONE = ("extract",)


def verbs(words: Sequence[str] = ()) -> typer.Typer:
    """The command with all its verbs; for words that begin with a verb that stands alone, with that one only."""
    app = typer.Typer(name="evalpipe", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(evalpipe)
    for name in [each for each in _ALONE if [each] == list(words[:1])] or _MODULES:
        import_module(f"evalpipe.cli.{name}").add_to(app)
    return app


def evalpipe() -> None:  # without a callback typer takes a lone verb for the whole command
    """Drops of questions in, a leaderboard to trust out. Exit codes: 0 fine, 1 failed, 2 wrong use, 130 stopped."""


def main() -> None:
    """The console script."""
    # A question may hold any character, whatever the terminal's locale.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        verbs(sys.argv[1:])()
    except (ConfigError, UsageError) as error:
        say(str(error))
        sys.exit(WRONG_USE)
    except EvalpipeError as error:
        say(str(error))
        sys.exit(FAILED)
    except Stopped:
        say("Stopped. What was answered is kept; the same command goes on from here.")
        sys.exit(STOPPED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)


def _stop(number: int, frame: object) -> None:
    raise Stopped

"""The command `evalpipe`: its verbs, and the one place where an error becomes a sentence and an exit code."""

import io
import os
import signal
import sys

import typer

from evalpipe.cli import bring, doctor, labels, look, operate, run
from evalpipe.cli.terminal import say
from evalpipe.core.errors import ConfigError, EvalpipeError, UsageError

FAILED, WRONG_USE = 1, 2

app = typer.Typer(
    name="evalpipe",
    help="Drops of questions in, a leaderboard one can trust out. Exit codes: 0 fine, 1 failed, 2 wrong use.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for module in (run, bring, look, operate, doctor):
    module.add_to(app)
app.add_typer(labels.app, name="labels")


def main() -> None:
    """The console script."""
    # A question may hold any character, whatever the terminal's locale.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    signal.signal(signal.SIGTERM, _terminate)
    try:
        app()
    except (ConfigError, UsageError) as error:
        say(str(error))
        sys.exit(WRONG_USE)
    except EvalpipeError as error:
        say(str(error))
        sys.exit(FAILED)
    except KeyboardInterrupt as interrupt:
        say("Stopped. What was answered is kept; the same command goes on from here.")
        sys.exit(128 + (signal.SIGTERM if isinstance(interrupt, _Terminated) else signal.SIGINT))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)


class _Terminated(KeyboardInterrupt):
    """SIGTERM: as Ctrl-C, with an exit code of its own."""


def _terminate(number: int, frame: object) -> None:
    raise _Terminated

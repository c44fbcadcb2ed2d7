"""The command `evalpipe`: its verbs, and the one place where an error becomes a sentence and an exit code."""

import io
import os
import signal
import sys

import typer

from evalpipe.cli import again, bring, compare, doctor, gate, labels, leaderboard, look, operate, power, run
from evalpipe.cli.terminal import say
from evalpipe.core.errors import ConfigError, EvalpipeError, Stopped, UsageError

FAILED, WRONG_USE, STOPPED = 1, 2, 130

app = typer.Typer(
    name="evalpipe",
    help="Drops of questions in, a leaderboard to trust out. Exit codes: 0 fine, 1 failed, 2 wrong use, 130 stopped.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for module in (run, bring, leaderboard, compare, power, gate, look, again, operate, doctor):
    module.add_to(app)
app.add_typer(labels.app, name="labels")


def main() -> None:
    """The console script."""
    # A question may hold any character, whatever the terminal's locale.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    try:
        app()
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

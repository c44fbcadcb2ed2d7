"""The verb doctor: what is misconfigured, each fault with its mend."""

import math
from collections import Counter
from typing import Annotated

import typer
from rich.text import Text

from evalpipe.cli.terminal import JsonFlag, out, print_json, say
from evalpipe.core.errors import UsageError
from evalpipe.line.health import WAIT_S, examine

FAILED = 1
_STYLES = {"ok": "green", "warning": "yellow", "bad": "bold red"}


def add_to(app: typer.Typer) -> None:
    app.command()(doctor)


def doctor(
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no endpoint, and do not start the embedded model.")
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds that one endpoint may take to answer.")] = WAIT_S,
    as_json: JsonFlag = False,
) -> None:
    """Look for what is misconfigured or broken, and say how to mend it.

    Sends ONE short chat completion to the endpoint of each openai_chat model (it may cost a fraction of a cent),
    lists the batches of each openai_batch model, and starts the embedded model for one token; --offline leaves all of
    that out. Writes to the lake, the landing place and
    Dagster's home to see whether that works, and leaves nothing there. Exit code 1 if anything is bad; warnings
    alone are fine.
    """
    if not (0 < wait <= 3600 and math.isfinite(wait)):
        raise UsageError("--wait takes seconds: more than 0, at most 3600.")
    findings = examine(offline=offline, wait_s=wait, remark=say)
    count = Counter(each.level for each in findings)
    if as_json:
        print_json(
            {
                "healthy": not count["bad"],
                "bad": count["bad"],
                "warnings": count["warning"],
                "findings": [
                    {"check": each.check, "level": each.level, "what": each.what, "mend": each.mend or None}
                    for each in findings
                ],
            }
        )
    else:
        for each in findings:
            line = Text.assemble((f"{each.level:<8}", _STYLES[each.level]), (f"{each.check}: ", "bold"), each.what)
            out.print(line, soft_wrap=True)
            if each.mend:
                out.print(Text(f"        → {each.mend}"), soft_wrap=True)
        out.print(f"{count['bad']} bad, {count['warning']} warnings, {count['ok']} fine")
    if count["bad"]:
        raise typer.Exit(FAILED)

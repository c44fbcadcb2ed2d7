"""The verb that shows how a reply is read: rule, span, candidates. It reads standard input and touches no project."""

import json
import sys
from typing import Annotated

import typer
from rich.text import Text

from evalpipe.cli.terminal import out, print_table, say
from evalpipe.core.errors import UsageError
from evalpipe.core.extract import Explained, explained
from evalpipe.core.questions import KINDS, LETTERS, Kind
from evalpipe.core.quoting import one_line, printable
from evalpipe.core.scores import Extraction

_AROUND = 400  # characters shown on either side of what was read


def add_to(app: typer.Typer) -> None:
    app.command()(extract)


def extract(
    kind: Annotated[str, typer.Option(help=f"The question's kind: {', '.join(KINDS)}.")],
    choices: Annotated[
        list[str] | None, typer.Option(help="An option's text; once for each option, in order. The first is A.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="The field of a JSON answer; again for a fallback, in order.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Every rule that was tried, and what it said.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead.")] = False,
) -> None:
    """How a model's reply on standard input is read: the answer, the rule, the span, what else stood there.

    `evalpipe extract --kind choice --choices Paris --choices Rome < reply.txt`. The exit code is 0 also where no answer
    can be read (`extracted` is null): that is a result. It is 2 for wrong use.
    """
    known = _kind(kind)
    options = choices or []
    if "choice" in kind and not options:
        raise UsageError(f"--kind {kind} needs the options: --choices TEXT, once for each, in order.")
    if len(options) > len(LETTERS):
        raise UsageError(f"{len(options)} choices; there are letters for {len(LETTERS)}, A to Z.")
    text = _reply()
    read = explained(known, text, choices=options, answer_fields=field or ())
    if as_json:
        sys.stdout.write(json.dumps(_as_json(read, explain), ensure_ascii=False) + "\n")
        return
    _print(read.found, text)
    if explain:
        rows = [(each.rule, _said(each.found)) for each in read.tried]
        print_table("rules, in the order they were tried", ("rule", "said"), rows, width=100)


def _kind(kind: str) -> Kind:
    for known in KINDS:
        if kind == known:
            return known  # pyright: ignore[reportReturnType]  KINDS are the members of Kind
    raise UsageError(f"--kind {one_line(kind, 40)}: no such kind. Kinds: {', '.join(KINDS)}.")


def _reply() -> str:
    """Standard input as text: UTF-8, what is none replaced; line ends as they came, so that spans count them."""
    if sys.stdin is None or sys.stdin.isatty():  # pyright: ignore[reportUnnecessaryComparison]  None: closed, `<&-`
        raise UsageError(
            "the reply is read from standard input: evalpipe extract --kind number < reply.txt, or pipe it in."
        )
    return sys.stdin.buffer.read().decode("utf-8", errors="replace")


def _as_json(read: Explained, explain: bool) -> dict[str, object]:
    found = read.found
    shown: dict[str, object] = {
        "extracted": found.value,
        "rule": found.rule,
        "span": list(found.span) if found.span else None,
        "candidates": list(found.candidates),
        "confidence": found.confidence,
        "reason": found.reason,
    }
    return shown | ({"tried": [[each.rule, _said(each.found)] for each in read.tried]} if explain else {})


def _said(found: Extraction | None) -> str:
    if found is None:
        return "passed on"
    return f"read {found.value}" if found.value is not None else f"none: {found.reason}"


def _print(found: Extraction, text: str) -> None:
    if found.value is None:
        out.print(Text("unparsed", style="bold red"), Text(f" ({found.reason})"), sep="", soft_wrap=True)
    else:
        out.print(Text(printable(found.value), style="bold green"), soft_wrap=True)
    span = f"{found.span[0]} to {found.span[1]}" if found.span else None
    facts = {"rule": found.rule, "span": span, "confidence": found.confidence}
    facts |= {"candidates": ", ".join(found.candidates) or None}
    for name, value in facts.items():
        if value is not None:
            out.print(Text(f"{name}: {one_line(value, 200)}"), soft_wrap=True)
    if found.span:
        out.print()
        out.print(_marked(text, *found.span), soft_wrap=True)
    if not text.strip():
        say("Standard input was empty.")


def _marked(text: str, start: int, end: int) -> Text:
    """The text around the span, which stands reversed; without colours, between ▶ and ◀."""
    before, behind = text[max(0, start - _AROUND) : start], text[end : end + _AROUND]
    left = "…" if start > _AROUND else ""
    right = "…" if end + _AROUND < len(text) else ""
    marked = Text(f"{left}{printable(before)}▶")
    marked.append(printable(text[start:end]), style="reverse")
    marked.append(f"◀{printable(behind)}{right}")
    return marked

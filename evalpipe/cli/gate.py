"""The verb for continuous integration: a policy in, PASS, FAIL or INCONCLUSIVE out, as exit code and as a report."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from evalpipe.cli.terminal import JsonFlag, out, print_json, print_table, say
from evalpipe.config.policy import DropRule, Rule, load_policy
from evalpipe.core.errors import UsageError
from evalpipe.core.quoting import markdown_code
from evalpipe.line.gate import FAIL, INCONCLUSIVE, PASS, GateReport, Ruling, judge_policy
from evalpipe.line.gate.drop import baseline_name
from evalpipe.line.project import open_project

EXIT_CODES = {PASS: 0, FAIL: 1, INCONCLUSIVE: 3}


def add_to(app: typer.Typer) -> None:
    app.command()(gate)


def gate(
    policy: Annotated[Path, typer.Argument(help="A TOML file with tables `rules`; docs/comparison.md has one.")],
    markdown: Annotated[Path | None, typer.Option(help="Write the report for a pull request to this file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Judge the scores by a policy. Exit codes: 0 PASS, 1 FAIL, 3 INCONCLUSIVE, 2 wrong use or configuration."""
    rules = load_policy(policy)
    report = judge_policy(open_project(), rules)
    if markdown is not None:
        try:
            markdown.write_text(as_markdown(report), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{markdown}: cannot be written ({error.strerror}).") from None
    if as_json:
        print_json({"verdict": report.verdict, "rules": [_as_json(rule, ruling) for rule, ruling in report.rulings]})
    else:
        rows = [[ruling.verdict, *_words(rule), ruling.message] for rule, ruling in report.rulings]
        print_table("gate", ["verdict", "rule", "wanted", "found"], rows, width=300)
        out.print(Text(report.verdict, style="bold"))
    if markdown is not None:
        say(f"{markdown}: report written.")
    if report.verdict != PASS:
        raise typer.Exit(EXIT_CODES[report.verdict])


def _words(rule: Rule) -> tuple[str, str]:
    """The rule's name, by default what it is about, and what it wants."""
    fields = rule.model_dump()
    parts = [fields.get("model"), fields["bank"], fields.get("subject")]
    about = rule.name or f"{fields['kind']}: {' / '.join(each for each in parts if each)}"
    if isinstance(rule, DropRule):
        return about, f"less than {100 * rule.margin:.2f} points below {baseline_name(rule)}"
    if "at_least" in fields:
        by = fields.get("by", "interval")
        return about, f"at least {fields['at_least']:.2%}, by its {'95% ' * (by == 'interval')}{by}"
    return about, f"at most {fields['at_most']:.2%}"


def _as_json(rule: Rule, ruling: Ruling) -> dict[str, Any]:
    interval = None if ruling.low is None else [ruling.low, ruling.high]
    return {
        "verdict": ruling.verdict,
        **rule.model_dump(mode="json", exclude_none=True),
        "found": ruling.found,
        "interval": interval,
        "limit": ruling.limit,
        "n": ruling.n,
        "needed": ruling.needed,
        "message": ruling.message,
    }


def as_markdown(report: GateReport) -> str:
    """The report as Markdown; every text that could be hostile is a code span."""
    lines = [
        f"### evalpipe gate: {report.verdict}",
        "",
        "| verdict | rule | wanted | found |",
        "| --- | --- | --- | --- |",
    ]
    for rule, ruling in report.rulings:
        cells = (markdown_code(each, 400) for each in (*_words(rule), ruling.message))
        verdict = ruling.verdict if ruling.verdict == PASS else f"**{ruling.verdict}**"
        lines.append(f"| {verdict} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"

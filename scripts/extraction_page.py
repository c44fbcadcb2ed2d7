"""Writes what docs/extraction.md says about rules and the corpus, from the code and the corpus of today.

PYTHONPATH=. python scripts/extraction_page.py
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from evalpipe.core.extract import RULES_OF
from evalpipe.core.extract.reading import LABEL_RULES
from evalpipe.core.quoting import markdown_cell
from evalpipe_tests.conformance import Case, cases, held_out, held_out_verdicts

PAGE = Path(__file__).parents[1] / "docs" / "extraction.md"
OUTCOMES = ("right", "wrong", "invented", "missed")
RULINGS = ("right", "passed", "failed", "lost")


def filled(page: str) -> str:
    """The page with the generated parts written anew; all else as it stands."""
    for name, lines in (
        ("rules", rules()),
        ("table", table()),
        ("held out", held_out_table()),
        ("verdicts", verdicts_table()),
    ):
        head, rest = page.split(f"<!-- {name} -->\n")
        page = (
            f"{head}<!-- {name} -->\n"
            + "\n".join(lines)
            + f"\n<!-- end of {name} -->"
            + rest.split(f"<!-- end of {name} -->")[1]
        )
    return page


def rules() -> Iterator[str]:
    read: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for case in cases():
        found = case.read()
        if found.rule and found.value is not None:
            read[case.kind, found.rule][found.confidence or "unset"] += 1
    yield "| kind | rule, in order | confidence | reads |"
    yield "| --- | --- | --- | --- |"
    for kind, listed in RULES_OF.items():
        for rule in listed:
            yield f"| {kind} | `{rule.name}` | {rule.confidence} | {markdown_cell(rule.about, 200)} |"
    yield ""
    yield "A label's rule is named after the label:"
    yield ""
    yield "| rule | label |"
    yield "| --- | --- |"
    for name, about in LABEL_RULES.items():
        yield f"| `{name}` | {about} |"
    yield ""
    yield "What read the answers of the corpus, by kind:"
    yield ""
    yield "| kind | rule | confidence | replies |"
    yield "| --- | --- | --- | --- |"
    for (kind, rule), counts in sorted(read.items(), key=lambda each: (each[0][0], -each[1].total(), each[0][1])):
        yield f"| {kind} | `{rule}` | {', '.join(sorted(counts))} | {counts.total()} |"


def table() -> Iterator[str]:
    outcomes = {case.id: case.outcome(case.read()) for case in cases()}

    def row(name: str, of: Sequence[Case]) -> str:
        counts = Counter(outcomes[case.id] for case in of)
        nothing = sum(case.answer is None for case in of)
        return f"| {name} | {len(of)} | {nothing} | " + " | ".join(str(counts[each]) for each in OUTCOMES) + " |"

    yield "| replies | cases | without an answer | right | wrong | invented | missed |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    yield row("**all**", cases())
    for kind in sorted({case.kind for case in cases()}):
        of_kind = [case for case in cases() if case.kind == kind]
        yield row(f"**{kind}**", of_kind)
        for lang in sorted({case.lang for case in of_kind}):
            yield row(f"{kind}, {lang}", [case for case in of_kind if case.lang == lang])
        for family in sorted({case.family for case in of_kind}):
            yield row(f"{kind}: {markdown_cell(family)}", [case for case in of_kind if case.family == family])
    yield ""
    failing = [case for case in cases() if outcomes[case.id] != "right"]
    yield "Read wrong today, each by name:" if failing else "No case is read wrong today."
    for case in failing:
        yield f"- `{case.id}`, {outcomes[case.id]}: {markdown_cell(case.known_failure or 'not explained', 300)}"


def held_out_table() -> Iterator[str]:
    yield "| replies | cases | without an answer | | right | wrong | invented | missed |"
    yield "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |"
    sets = dict.fromkeys((each.kind, each.set) for each in held_out())
    for kind, name in sets:
        these = [each for each in held_out() if (each.kind, each.set) == (kind, name)]
        first, today = Counter(each.first_sight for each in these), Counter(each.today() for each in these)
        nothing = sum(each.answer is None for each in these)
        for label, counts in (("first sight", first), ("today", today)):
            shown = f"{kind}, {name} set | {len(these)} | {nothing}" if counts is first else " | | "
            yield f"| {shown} | {label} | " + " | ".join(str(counts[each]) for each in OUTCOMES) + " |"


def verdicts_table() -> Iterator[str]:
    yield "| verdicts on replies | cases | to let pass | | right | passed wrongly | failed wrongly | null wrongly |"
    yield "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: |"
    for kind, name in dict.fromkeys((each.kind, each.set) for each in held_out_verdicts()):
        these = [each for each in held_out_verdicts() if (each.kind, each.set) == (kind, name)]
        first, today = Counter(each.first_sight for each in these), Counter(each.today() for each in these)
        for label, counts in (("first sight", first), ("today", today)):
            shown = (
                f"{kind}, {name} set | {len(these)} | {sum(each.right for each in these)}"
                if counts is first
                else " | | "
            )
            yield f"| {shown} | {label} | " + " | ".join(str(counts[each]) for each in RULINGS) + " |"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

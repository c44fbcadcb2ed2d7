"""The verb that compares models: who is better, by how much, by which test, and on which questions they part."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.text import Text

from evalpipe.cli.forest import differences_svg, refuse_other_kinds, write_plot
from evalpipe.cli.terminal import JsonFlag, out, print_json, print_table
from evalpipe.core.comparison import CORRECTIONS, Correction
from evalpipe.core.errors import UsageError
from evalpipe.core.keys import from_key
from evalpipe.core.quoting import one_line
from evalpipe.line.compare import Compared, Wanted, compare_models, counted, flipped
from evalpipe.line.project import Project, open_project

_CORRECTED = {"holm": "Holm", "bh": "Benjamini-Hochberg", "none": "none"}


def add_to(app: typer.Typer) -> None:
    app.command()(compare)


def compare(
    models: Annotated[list[str], typer.Argument(help="Two models or more; each is compared with each.")],
    bank: Annotated[list[str] | None, typer.Option(help="Only this bank; may be repeated.")] = None,
    drop: Annotated[list[str] | None, typer.Option(help="Only questions of this drop; may be repeated.")] = None,
    subject: Annotated[list[str] | None, typer.Option(help="Only this subject; may be repeated.")] = None,
    subjects: Annotated[bool, typer.Option("--subjects", help="A row per subject too, corrected together.")] = False,
    margin: Annotated[float, typer.Option(help="A difference below this, a fraction, does not matter.")] = 0.01,
    alpha: Annotated[float, typer.Option(help="The level at which a difference is significant.")] = 0.05,
    correction: Annotated[str, typer.Option(help="For several comparisons: holm, bh or none.")] = "holm",
    flips: Annotated[int, typer.Option(help="So many flipped questions are shown; --json has all.")] = 10,
    plot: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="Draw the differences with their intervals into this file.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Models on the questions that both answered: difference, interval, p, verdict, the questions that flipped.

    A pair is one question in one version. Unparsed, truncated, refused and rejected answers count as not right, failed
    and excluded ones are left out. Each bank is compared by itself. What a run can find beforehand: evalpipe power.
    """
    if not (0 <= margin <= 1 and 0 < alpha < 0.5):
        raise UsageError(f"--margin lies between 0 and 1 and --alpha between 0 and 0.5, not at {margin} and {alpha}.")
    refuse_other_kinds(plot)
    project = open_project()
    keys = tuple(dict.fromkeys(project.model_key(name) for name in models))
    banks, drops, named = (tuple(each or ()) for each in (bank, drop, subject))
    wanted = Wanted(keys, banks, drops, named, subjects, margin, alpha, _correction(correction))
    compared = compare_models(project, wanted)
    if plot is not None:
        write_plot(plot, differences_svg(compared))
    if as_json:
        print_json([_as_json(project, each, wanted) for each in compared])
        return
    whole = [each for each in compared if each.subject is None]
    _print(whole, wanted)
    if subjects:
        _print_table("by subject", [each for each in compared if each.subject is not None], wanted)
    for each in whole:
        _print_flips(project, each, flips)


def _correction(name: str) -> Correction:
    for each in CORRECTIONS:
        if each == name:
            return each
    raise UsageError(f"--correction {one_line(name, 40)}: there are {', '.join(CORRECTIONS)}.")


def _print(compared: Sequence[Compared], wanted: Wanted) -> None:
    _print_table("comparison", compared, wanted)
    for each in compared:
        found = each.judged.comparison
        out.print(sentence(each), soft_wrap=True)
        out.print(Text(f"  {found.test}, as {found.why}. {_left_out(each)}"), soft_wrap=True)
    banks = sorted({each.bank for each in compared})
    if len(banks) > 1:
        out.print(Text(f"{len(banks)} banks are compared each by itself; they are not pooled."))


def sentence(each: Compared) -> Text:
    """The verdict in words, its own word in bold."""
    found, judged = each.judged.comparison, each.judged
    a, b = (one_line(from_key(key), 60) for key in (each.a, each.b))
    place = f" on {one_line(each.bank, 60)}"
    text = Text()
    match judged.verdict:
        case "better" | "worse":
            text.append(f"{a} is ").append(judged.verdict, style="bold")
            text.append(f" than {b}{place}, by {_points(abs(found.difference))} points")
            text.append(f"; negligible: surely below {_points(found.margin)}." if judged.negligible else ".")
        case "equivalent":
            text.append(f"{a} and {b} are ").append("equivalent", style="bold")
            text.append(f"{place}: the difference is surely below {_points(found.margin)} points.")
        case "cannot tell":
            text.append("cannot tell", style="bold").append(f" {a} from {b}{place}")
            least = judged.detectable
            finds = f": such a run finds {_points(least)} points or more" if least else ""
            text.append(f"{finds}. More pairs would settle it: evalpipe power --help.")
    return text


def _points(fraction: float) -> str:
    return f"{100 * fraction:.2f}"


def _left_out(each: Compared) -> str:
    pairing = each.pairing
    if not pairing.left_out:
        return f"All {pairing.n_questions:,} questions are paired."
    lacking = [
        f"{one_line(from_key(key), 60)}: {counted(counts)}"
        for key, counts in ((each.a, pairing.lacking_a), (each.b, pairing.lacking_b))
        if counts
    ]
    unlike = [counted(pairing.unlike)] if pairing.unlike else []
    return f"{pairing.left_out:,} of {pairing.n_questions:,} questions are left out ({'; '.join([*lacking, *unlike])})."


def _print_table(title: str, compared: Sequence[Compared], wanted: Wanted) -> None:
    several = len(compared) > 1
    by_subject = any(each.subject is not None for each in compared)
    header = [
        "bank",
        *(["subject"] if by_subject else []),
        "A",
        "B",
        "pairs",
        "acc. A",
        "acc. B",
        "A - B",
        "95% interval",
    ]
    header += ["A only", "B only", "p", *(["corrected"] if several else []), "verdict", "finds"]
    rows: list[list[object]] = []
    for each in compared:
        found = each.judged.comparison
        ci = f"{100 * found.ci.low:+.2f} to {100 * found.ci.high:+.2f}"
        difference = f"{100 * found.difference:+.2f}"
        rows.append(
            [
                *(each.bank, *([each.subject] if by_subject else []), from_key(each.a), from_key(each.b)),
                *(found.n, found.mean_a, found.mean_b, difference, ci, found.only_a, found.only_b, _p(found.p)),
                *([_p(each.judged.p_adjusted)] if several else []),
                each.judged.verdict + (" (negligible)" if each.judged.negligible else ""),
                None if each.judged.detectable is None else _points(each.judged.detectable),
            ]
        )
    corrected = f", {len(compared)} comparisons corrected by {_CORRECTED[wanted.correction]}" if several else ""
    margin = f"in points; margin {_points(wanted.margin)}, alpha {wanted.alpha:g}{corrected}"
    print_table(f"{title} ({margin})", header, rows)


def _p(p: float) -> str:
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def _print_flips(project: Project, each: Compared, most: int) -> None:
    flips = flipped(project, each)
    if flips.is_empty() or most <= 0:
        return
    # As many of either direction as there is room for: one side alone would look like a verdict.
    ahead, behind = (
        flips.filter(side) for side in (pl.col("score_a") > pl.col("score_b"), pl.col("score_a") < pl.col("score_b"))
    )
    half = max(most - behind.height, (most + 1) // 2)
    shown = pl.concat([ahead.head(half), behind.head(most - min(half, ahead.height))])
    a, b = (one_line(from_key(key), 40) for key in (each.a, each.b))
    rows = [
        [id_, "A" if one > other else "B", said, said_other, ", ".join(targets or [])]
        for id_, one, other, said, said_other, targets in shown.iter_rows()
    ]
    of = f"{shown.height:,} of {flips.height:,} flipped questions of {one_line(each.bank, 40)}"
    print_table(f"{of}; A is {a}, B is {b}", ["question", "ahead", "A said", "B said", "targets"], rows)


def _as_json(project: Project, each: Compared, wanted: Wanted) -> dict[str, Any]:
    found, judged, pairing = each.judged.comparison, each.judged, each.pairing
    facts = {
        "a": from_key(each.a),
        "b": from_key(each.b),
        "bank": each.bank,
        "subject": each.subject,
        "verdict": judged.verdict,
        "negligible": judged.negligible,
        "pairs": found.n,
        "clusters": found.clusters,
        "accuracy_a": found.mean_a,
        "accuracy_b": found.mean_b,
        "difference": found.difference,
        "stderr": found.stderr,
        "ci95": [found.ci.low, found.ci.high],
        "test": found.test,
        "why": found.why,
        "p": found.p,
        "p_adjusted": judged.p_adjusted,
        "p_exact": found.p_exact,
        "p_mid": found.p_mid,
        "only_a": found.only_a,
        "only_b": found.only_b,
        "discordant": found.discordant,
        "design_effect": found.effect,
        "alpha": wanted.alpha,
        "correction": wanted.correction,
        "margin": wanted.margin,
        "ci_equivalence": [found.ci_equivalence.low, found.ci_equivalence.high],
        "p_equivalent": found.p_equivalent,
        "p_equivalent_adjusted": judged.p_equivalent_adjusted,
        "minimum_detectable_difference": judged.detectable,
    }
    if each.subject is not None:
        return facts
    left_out = {
        "questions": pairing.n_questions,
        "total": pairing.left_out,
        "a": dict(pairing.lacking_a),
        "b": dict(pairing.lacking_b),
        "unlike": dict(pairing.unlike),
    }
    return {**facts, "left_out": left_out, "flips": flipped(project, each).to_dicts()}

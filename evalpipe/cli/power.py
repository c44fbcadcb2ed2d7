"""The verb to type before a run: what difference it will find, or how many questions a difference needs."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer
from rich.text import Text

from evalpipe.cli.terminal import JsonFlag, out, print_json
from evalpipe.core.comparison import design_effect, minimum_detectable_difference, pairs_needed
from evalpipe.core.errors import UsageError
from evalpipe.core.quoting import one_line
from evalpipe.line.disagreement import measured
from evalpipe.line.project import open_project


def add_to(app: typer.Typer) -> None:
    app.command()(power)


def power(
    models: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Two models like those to come: how often they disagree is measured, with clusters."),
    ] = None,
    bank: Annotated[str | None, typer.Option(help="With --models: the bank on which they are compared.")] = None,
    discordant: Annotated[
        float | None, typer.Option(help="Share of questions on which one model alone is right: 0.1, say.")
    ] = None,
    pairs: Annotated[int | None, typer.Option(help="Questions that both models will answer.")] = None,
    difference: Annotated[float | None, typer.Option(help="A fraction to find: how many pairs does it need?")] = None,
    alpha: Annotated[float, typer.Option(help="The level at which a difference is significant.")] = 0.05,
    wanted: Annotated[float, typer.Option("--power", help="The chance that the difference is found.")] = 0.80,
    one_sided: Annotated[bool, typer.Option("--one-sided", help="Only `better`, or only `worse`, is asked.")] = False,
    clusters: Annotated[int | None, typer.Option(help="Passages or templates that the pairs come from.")] = None,
    per_cluster: Annotated[float, typer.Option(help="With --difference: questions per cluster.")] = 1.0,
    icc: Annotated[float, typer.Option(help="How alike the models' differences within a cluster are, 0 to 1.")] = 0.0,
    as_json: JsonFlag = False,
) -> None:
    """Before a run: the smallest difference it finds (--pairs), or the pairs that a difference needs (--difference).

    `evalpipe power --pairs 150000 --discordant 0.10 --one-sided` says 0.20 points. How often models disagree is assumed
    (--discordant, --clusters, --icc), or measured on two of a kind: `evalpipe power --models A B --bank X`, where
    --pairs is by default what they have been compared on.
    """
    assumed = _Assumed(discordant, clusters, per_cluster, icc)
    level = _Level(alpha, wanted, one_sided)
    if models is None:
        if (pairs is None) == (difference is None) or discordant is None:
            raise UsageError(
                "give --discordant or --models, and --pairs (what does such a run find?) or --difference (how many "
                "pairs does it need?)."
            )
        told = _told(assumed, pairs, difference, level)
    else:
        if assumed != _Assumed(None, None, 1.0, 0.0) or (pairs is not None and difference is not None):
            raise UsageError(
                "--models measures what --discordant, --clusters, --per-cluster and --icc assume: leave them out, and "
                "give --pairs or --difference, not both."
            )
        found = measured(open_project(), models, bank)
        sought = found.pairs if pairs is None and difference is None else pairs
        told = _told(_Assumed(found.discordant, None, found.per_cluster, found.icc), sought, difference, level)
        told |= {"measured_on": found.pairs, "bank": found.bank}
    if as_json:
        print_json(told)
        return
    out.print(Text(_sentence(told)), soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Assumed:
    discordant: float | None
    clusters: int | None
    per_cluster: float
    icc: float


@dataclass(frozen=True, slots=True)
class _Level:
    alpha: float
    power: float
    one_sided: bool


def _told(assumed: _Assumed, pairs: int | None, difference: float | None, level: _Level) -> dict[str, Any]:
    """The figures as --json has them; `minimum_detectable_difference` is null where none can be found."""
    assert assumed.discordant is not None
    how = asdict(level)
    clusters, per_cluster = assumed.clusters, assumed.per_cluster
    try:
        if pairs is not None:
            per_cluster = max(1.0, pairs / clusters) if clusters else per_cluster
            clusters = clusters or (max(2, round(pairs / per_cluster)) if per_cluster > 1 else None)
            effect = design_effect(per_cluster, assumed.icc) if clusters else 1.0
            difference = minimum_detectable_difference(
                pairs, assumed.discordant, **how, design_effect=effect, clusters=clusters
            )
        else:
            assert difference is not None
            effect = design_effect(per_cluster, assumed.icc)
            pairs = pairs_needed(difference, assumed.discordant, **how, per_cluster=per_cluster, icc=assumed.icc)
    except ValueError as error:
        raise UsageError(f"these figures do not fit together: {error}") from None
    facts = {"pairs": pairs, "minimum_detectable_difference": difference, "discordant": assumed.discordant}
    return {**facts, **how, "clusters": clusters, "design_effect": effect}


def _sentence(told: dict[str, Any]) -> str:
    pairs, found = told["pairs"], told["minimum_detectable_difference"]
    source = f", measured on {told['measured_on']:,} of {one_line(told['bank'], 60)}" if "bank" in told else ""
    if found is None:
        return f"No difference: {pairs:,} such pairs cannot tell models apart that disagree so rarely{source}."
    sided = "one-sided" if told["one_sided"] else "two-sided"
    clustered = f", clusters multiply the variance by {effect:.2f}" if (effect := told["design_effect"]) != 1 else ""
    share = f"{100 * told['discordant']:.3g}% of the pairs discordant{source}"
    return (
        f"{pairs:,} pairs find a true difference of {100 * found:.2f} points with {told['power']:.0%} power "
        f"({sided} {100 * told['alpha']:g}%, {share}{clustered})."
    )

"""The verb to type before a run: what difference it will find, or how many questions a difference needs."""

from typing import Annotated

import typer

from evalpipe.cli.terminal import JsonFlag, out, print_json
from evalpipe.core.comparison import design_effect, minimum_detectable_difference, pairs_needed
from evalpipe.core.errors import UsageError


def add_to(app: typer.Typer) -> None:
    app.command()(power)


def power(
    discordant: Annotated[float, typer.Option(help="Share of questions on which one model alone is right: 0.1, say.")],
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

    `evalpipe power --pairs 150000 --discordant 0.10 --one-sided` says 0.20 points. The share of discordant pairs of two
    like models is in `evalpipe compare A B --json`: `discordant`, and `design_effect` = 1 + (per cluster - 1) * icc.
    """
    if (pairs is None) == (difference is None):
        raise UsageError("give --pairs (what does such a run find?) or --difference (how many pairs does it need?).")
    try:
        if pairs is not None:
            effect = design_effect(max(1.0, pairs / clusters), icc) if clusters else 1.0
            how = {"alpha": alpha, "power": wanted}
            found = minimum_detectable_difference(
                pairs, discordant, **how, one_sided=one_sided, design_effect=effect, clusters=clusters
            )
            needed = pairs
        else:
            assert difference is not None
            found = difference
            needed = pairs_needed(
                difference, discordant, alpha=alpha, power=wanted, one_sided=one_sided, per_cluster=per_cluster, icc=icc
            )
            effect = design_effect(per_cluster, icc)
    except ValueError as error:
        raise UsageError(f"these figures do not fit together: {error}") from None
    if as_json:
        print_json(
            {
                "pairs": needed,
                "minimum_detectable_difference": found,
                "discordant": discordant,
                "alpha": alpha,
                "one_sided": one_sided,
                "power": wanted,
                "clusters": clusters,
                "design_effect": effect,
            }
        )
        return
    if found is None:
        out.print(f"No difference: {needed:,} such pairs cannot tell models apart that disagree so rarely.")
        return
    sided = "one-sided" if one_sided else "two-sided"
    clustered = f", clusters multiply the variance by {effect:.2f}" if effect != 1 else ""
    out.print(
        f"{needed:,} pairs find a true difference of {100 * found:.2f} points with {wanted:.0%} power "
        f"({sided} {100 * alpha:g}%, {100 * discordant:g}% of the pairs discordant{clustered}).",
        soft_wrap=True,
    )

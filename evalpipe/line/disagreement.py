"""How often two models disagree, measured: what the power of a run to come depends on, in place of an assumption."""

from dataclasses import dataclass

from evalpipe.core.errors import UsageError
from evalpipe.core.quoting import one_line
from evalpipe.line.compare import Wanted, compare_models
from evalpipe.line.project import Project


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Found on `pairs` questions of `bank`: the share of `discordant` ones (of fractional scores the mean squared
    difference), questions `per_cluster`, and how alike the differences within one are, as `core.comparison.power` takes
    them.
    """

    bank: str
    pairs: int
    discordant: float
    per_cluster: float
    icc: float


def measured(project: Project, models: tuple[str, str], bank: str | None) -> Disagreement:
    """How these two models disagree on this bank, or on the only one that both were scored on.

    Models that never disagreed may yet: two imagined pairs, one won by each, are the least. Clusters that happen to
    balance each other are taken for independent questions.

    Raises: UsageError: as `compare_models`, or the models share several banks and none is named.
    """
    keys = tuple(project.model_key(name) for name in models)
    compared = compare_models(project, Wanted(keys, (bank,) if bank else ()))
    if len(compared) > 1:
        banks = one_line(", ".join(each.bank for each in compared), 300)
        raise UsageError(f"the models share several banks, which differ in this: choose one with --bank: {banks}.")
    found = compared[0].judged.comparison
    discordant = min(1.0, max(found.discordant, 2 / (found.n + 2)))
    if found.clusters is None:
        return Disagreement(compared[0].bank, found.n, discordant, 1.0, 0.0)
    # Of unequal sizes the effect may be above that of so many equal clusters: then they are as large as it says.
    per_cluster = max(found.n / found.clusters, found.effect)
    icc = max(0.0, found.effect - 1) / (per_cluster - 1)
    return Disagreement(compared[0].bank, found.n, discordant, per_cluster, min(1.0, icc))

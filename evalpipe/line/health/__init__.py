"""What `evalpipe doctor` looks at: named checks, each on its own, each finding with its mend.

A new check is a function and a line in `CHECKS`.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from evalpipe.backends.secrets import SHORTEST_SECRET, without_key
from evalpipe.config.models import Endpoint
from evalpipe.core.errors import EvalpipeError
from evalpipe.line.health.cache import CACHE, cache
from evalpipe.line.health.configuration import read_configuration, refused
from evalpipe.line.health.drops import DROPS, JOURNAL, drops, journal
from evalpipe.line.health.endpoints import ENDPOINTS, WAIT_S, endpoints
from evalpipe.line.health.finding import Finding, bad, ok
from evalpipe.line.health.installed import PACKAGES, packages
from evalpipe.line.health.judges import JUDGES, judges
from evalpipe.line.health.models import COMMITTEE, KEYS, MODELS, RECORDED, committee, keys, may_be_key, models, recorded
from evalpipe.line.health.places import DISK, HOME, LAKE, LANDING, dagster_home, disk, lake, landing_place
from evalpipe.line.health.prompts import PROMPTS, prompts
from evalpipe.line.project import Project

__all__ = ["CHECKS", "WAIT_S", "Finding", "examine"]

# In the order in which they are told. Those about the endpoints come last: they wait.
CHECKS: dict[str, Callable[[Project], list[Finding]]] = {
    KEYS: keys,
    PROMPTS: prompts,
    MODELS: models,
    COMMITTEE: committee,
    JUDGES: judges,
    RECORDED: recorded,
    LAKE: lake,
    LANDING: landing_place,
    DISK: disk,
    DROPS: drops,
    JOURNAL: journal,
    CACHE: cache,
}


def examine(
    path: Path | None = None,
    *,
    offline: bool = False,
    wait_s: float = WAIT_S,
    remark: Callable[[str], None] = lambda _: None,
) -> list[Finding]:
    """Every finding about the project that `path`, EVALPIPE_CONFIG or the current folder names.

    Args:
        offline: ask no endpoint and no shared cache, and start no embedded server.
        wait_s: how long one endpoint may take.
        remark: told what is waited for, when that lasts.
    """
    reading = read_configuration(path)
    findings = [*reading.findings]
    findings += _guarded(PACKAGES, packages)
    findings += _guarded(HOME, lambda: dagster_home(reading.path.resolve().parent))
    if reading.project is None:
        return findings
    project = reading.project
    for name, check in CHECKS.items():
        if offline and name == CACHE and project.config.file.cache.urls:
            findings.append(ok(CACHE, "not asked: --offline"))
            continue
        findings += _guarded(name, lambda check=check: check(project))
    if offline:
        findings.append(ok(ENDPOINTS, "not asked: --offline"))
    else:
        findings += _guarded(ENDPOINTS, lambda: endpoints(project, wait_s, remark))
    if reading.refused and not _is_told(reading.refused, findings):
        findings.insert(0, refused(reading))
    return _without_keys(project, findings)


def _is_told(refused: str, findings: Sequence[Finding]) -> bool:
    """Whether a check has found what the loader stopped at: the check tells all of its kind, the loader the first."""
    named = {"api_key_env": KEYS, "cache.password_env": CACHE, "landing.uri": LANDING}
    about = next((check for key, check in named.items() if key in refused), RECORDED)
    return any(each.level == "bad" and each.check == about for each in findings)


def _guarded(name: str, check: Callable[[], list[Finding]]) -> list[Finding]:
    """One check that breaks off says so, and the others go on."""
    try:
        return check()
    except (EvalpipeError, OSError, pl.exceptions.PolarsError) as error:
        return [bad(name, f"{type(error).__name__}: {error}", "Mend what stands above first, then look again.")]


def _without_keys(project: Project, findings: Sequence[Finding]) -> list[Finding]:
    """The findings with no key in them, whatever an endpoint repeated and whatever was written in a wrong place."""
    named = {
        model.api_key_env
        for model in project.config.file.models.values()
        if isinstance(model, Endpoint) and model.api_key_env
    }
    if project.config.file.cache.password_env:
        named.add(project.config.file.cache.password_env)
    values = {os.environ.get(name, "").strip() for name in named}
    secrets = {*values, *(value.strip("'\"").strip() for value in values), *filter(may_be_key, named)}
    cleaned = list(findings)
    for secret in sorted((each for each in secrets if len(each) >= SHORTEST_SECRET), key=len, reverse=True):
        cleaned = [
            replace(each, what=str(without_key(each.what, secret)), mend=str(without_key(each.mend, secret)))
            for each in cleaned
        ]
    return cleaned

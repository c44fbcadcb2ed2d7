"""The drops and what runs left behind: still arriving, changed, stopped by the gate, answers not committed yet."""

import time
from collections.abc import Iterator
from shlex import quote

from evalpipe.core.errors import ConfigError, DropError
from evalpipe.core.keys import from_key
from evalpipe.line.doubt import gate_verdict
from evalpipe.line.drops import drop_state, retired
from evalpipe.line.health.finding import Finding, bad, ok, warning
from evalpipe.line.project import Project
from evalpipe.sources import load_spec
from evalpipe.store.journal import Waiting, waiting

DROPS, JOURNAL = "drops", "journal"

CLOCK_SLACK_S = 60  # clocks of a file server and of this machine may differ by so much and do no harm


def drops(project: Project) -> list[Finding]:
    """Each drop that is not retired: whole, described well, unchanged since its ingest, let through by its gate."""
    there, gone = project.landing.drops(), retired(project)
    taken = set(project.lake.read("drops", columns=["drop"])["drop"])
    findings = [finding for drop in sorted({*there, *taken} - gone) for finding in _drop(project, drop, drop in there)]
    return findings or [ok(DROPS, f"{len(there)} in the landing place, {len(taken)} ingested, {len(gone)} retired")]


def _drop(project: Project, drop: str, arrived: bool) -> Iterator[Finding]:
    state, name = drop_state(project, drop), from_key(drop)
    if arrived and state is None:
        yield from _arriving(project, drop)
    elif arrived and state is not None and _changed(project, drop, state["signature"], state["content_digest"]):
        what = f"drop {name!r} changed after its ingest, and a drop never changes; it is refused from now on"
        yield bad(DROPS, what, "Restore its files, and publish the new ones as a drop of another name.")
    if state is not None and state["gated_at"] is not None:
        verdict = gate_verdict(project, drop)
        if not verdict.passed:
            mend = (
                f"Let it through with `evalpipe labels accept {quote(name)} --by WHO --why TEXT`, or publish a mended "
                f"drop under a new name and type `evalpipe retire {quote(name)} --by WHO --why TEXT`."
            )
            yield warning(DROPS, f"stopped by its gate: {verdict.message}", mend)


def _arriving(project: Project, drop: str) -> Iterator[Finding]:
    """A drop that was not ingested yet."""
    folder, settle_s = project.landing.folder(drop), project.config.file.landing.settle_s
    try:
        load_spec(folder, default_bank=project.config.bank_of(drop))
    except ConfigError as error:
        yield bad(DROPS, f"drop {from_key(drop)!r}: {error}", "Correct the drop's drop.toml; it was not ingested yet.")
    if project.landing.ready(drop, settle_s):
        return
    mark = f"Put an empty file `_SUCCESS` into {folder} when it is whole"
    paths = [folder, *folder.rglob("*")]
    newest = max(path.lstat().st_ctime for path in paths)
    if len(paths) == 1:
        yield warning(DROPS, f"drop {from_key(drop)!r} is an empty folder", f"Copy its files in, or remove {folder}.")
    elif newest > time.time() + CLOCK_SLACK_S:
        ahead = f"{newest - time.time():,.0f} s"
        what = f"drop {from_key(drop)!r} changed {ahead} in the future, so it never settles: a clock is wrong"
        yield warning(DROPS, what, f"Set the clock of this machine or of its file server. {mark}.")
    else:
        what = f"drop {from_key(drop)!r} may still be arriving: it changed within the last {settle_s:g} s"
        yield warning(DROPS, what, f"{mark}, or wait until nothing in it changes for so long.")


def _changed(project: Project, drop: str, signature: object, content: object) -> bool:
    """The signature changes with a mere touch; only then are the bytes read, as the ingest would."""
    try:
        return project.landing.signature(drop) != signature and project.landing.content_digest(drop) != content
    except DropError:  # it was taken away in this moment
        return False


def journal(project: Project) -> list[Finding]:
    """Answers that runs left in their journals: the next run of the cell takes them over, if there will be one."""
    segments = waiting(project.lake)
    if not segments:
        return [ok(JOURNAL, "no answers wait in it")]
    findings: list[Finding] = []
    known = set(project.config.models)
    orphans = [each for each in segments if known and each.model not in known]
    if orphans:
        names = ", ".join(sorted({from_key(each.model) for each in orphans}))
        what = f"{_amount(orphans)} are of models that are not configured: {names}"
        place = project.lake.place / "_journal"
        mend = f"Configure the model again and run it once, or delete its folder in {place} if nobody wants them."
        findings.append(warning(JOURNAL, what, mend))
    others = [each for each in segments if each not in orphans]
    if others:
        what = (
            f"{_amount(others)} wait: of a run at work, or of one that died; "
            "then the next run of the cell takes them over and asks nothing twice"
        )
        findings.append(ok(JOURNAL, what))
    return findings


def _amount(segments: list[Waiting]) -> str:
    counts = [each.answers for each in segments if each.answers is not None]
    if len(counts) < len(segments):  # on S3: to count them is to fetch them all
        return f"{sum(each.size_bytes for each in segments) / 1e6:.1f} MB of answers in {len(segments)} segments"
    return f"{sum(counts):,} answers in {len(segments)} segments"

"""The gate of a drop: too many labels that cannot be scored or are wrong, and no model is asked about it.

What stops a drop is measured: rows in quarantine, and the error rate corrected by labels that are known. Suspicion
alone stops nothing; where the rate cannot be measured the gate warns, and says what is missing.
"""

from dataclasses import dataclass
from shlex import quote

from evalpipe.labels.weighing.error_rate import FEW_TRUSTED, MOST_ERRORS, ErrorRate, Verdict


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Whether a drop goes on, and what to tell a person. `share` is what the limit was held against, a fraction: the
    larger of what cannot be scored and the error rate's lower bound less what reviews settled. `warned`: the rate could
    not be measured.
    """

    passed: bool
    warned: bool
    share: float
    limit: float
    message: str


_MISSING: dict[Verdict, str] = {
    "no committee": "no committee is configured (`[labels] committee`)",
    "no trusted slice": (
        f"fewer than {FEW_TRUSTED} labels are known for sure: deliver a column `trusted`, or review questions taken at "
        "random (`evalpipe labels sample`)"
    ),
    "committee too weak": "the committee is too weak: one member alone; configure others beside it",
}


def judge_drop(
    *,
    n_rows: int,
    n_quarantined: int,
    n_flagged: int,
    rate: ErrorRate,
    limit: float,
    accepted_by: str | None,
    drop: str = "DROP",
) -> GateVerdict:
    """Judge a drop: it is stopped when quarantined / readable rows, or the rate's lower bound, exceeds the limit.

    Args:
        n_rows: readable rows, the quarantined ones among them, the rejected ones not.
        n_flagged: suspects that are flagged; told, not counted.
        limit: `[labels] max_label_error_rate`, a fraction.
        accepted_by: who let the drop through in spite of it, if anybody did.
        drop: its name, for the message.

    Raises: ValueError: counts that cannot be.
    """
    if min(n_rows, n_quarantined, n_flagged) < 0 or n_quarantined + n_flagged > n_rows:
        raise ValueError(f"of {n_rows} rows {n_quarantined} cannot be quarantined and {n_flagged} others flagged")
    if n_rows == 0:
        message = f"drop {drop}: no readable row. Publish a mended drop under a new name."
        return GateVerdict(False, False, 0.0, limit, message)
    measured = rate.verdict == "measured"
    low = max(0.0, rate.low - rate.settled) if measured and rate.low is not None else 0.0
    share = max(n_quarantined / n_rows, low)
    unscorable = f" ({n_quarantined / n_rows:.1%})" if n_quarantined else ""
    counts = f"{n_quarantined:,} of {n_rows:,} rows cannot be scored{unscorable}, {n_flagged:,} labels are flagged"
    found = f"drop {drop}: {counts}, {_told(rate)}; the limit is {limit:.1%}"
    if share <= limit:
        missing = "" if measured else f" Whether too many labels are wrong is not known: {_missing(rate)}."
        return GateVerdict(True, not measured, share, limit, f"{found}.{missing}")
    if accepted_by is not None:
        return GateVerdict(True, not measured, share, limit, f"{found}; accepted by {accepted_by}.")
    return GateVerdict(
        False,
        not measured,
        share,
        limit,
        f"{found}. No model is asked about it. Look at the suspects (`evalpipe labels suspects --drop {quote(drop)}`),"
        " review them, or publish a mended drop under a new name, or raise `[labels] max_label_error_rate`, or let it"
        f" through with `evalpipe labels accept {quote(drop)} --by WHO --why TEXT`.",
    )


def _missing(rate: ErrorRate) -> str:
    errs = rate.committee_error
    if rate.verdict != "committee too weak" or errs is None or errs <= MOST_ERRORS:
        return _MISSING[rate.verdict]
    return (
        f"the committee is too weak: its choice is not the label on {errs:.1%} of the trusted questions, more than "
        f"{MOST_ERRORS:.0%}; configure stronger models"
    )


def _told(rate: ErrorRate) -> str:
    if rate.verdict != "measured" or rate.rate is None or rate.low is None or rate.high is None:
        return f"the error rate is not measured ({rate.verdict})"
    settled = f", of which reviews settled {rate.settled:.1%}" if rate.settled else ""
    interval = f"95% interval {rate.low:.1%} to {rate.high:.1%}"
    return f"an estimated {rate.rate:.1%} of the labels were delivered wrong ({interval}){settled}"

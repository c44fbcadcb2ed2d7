"""The gate of a drop: too many labels that cannot be scored or are doubted, and no model is asked about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """Whether a drop goes on, the share of its rows that is in question (a fraction), and what to tell a person."""

    passed: bool
    share: float
    limit: float
    message: str


def judge_drop(
    *,
    n_rows: int,
    n_quarantined: int,
    n_doubted: int,
    limit: float,
    accepted_by: str | None,
    drop: str = "DROP",
) -> GateVerdict:
    """Judge a drop by (quarantined + doubted) / readable rows; it is stopped when that exceeds the limit.

    Args:
        n_rows: readable rows, the quarantined ones among them, the rejected ones not.
        limit: `[labels] max_label_error_rate`, a fraction.
        accepted_by: who let the drop through in spite of it, if anybody did.
        drop: its key, for the message.

    Raises: ValueError: counts that cannot be.
    """
    if min(n_rows, n_quarantined, n_doubted) < 0 or n_quarantined + n_doubted > n_rows:
        raise ValueError(f"of {n_rows} rows {n_quarantined} cannot be quarantined and {n_doubted} others doubted")
    if n_rows == 0:
        return GateVerdict(False, 0.0, limit, f"drop {drop}: no readable row. Publish a mended drop under a new name.")
    share = (n_quarantined + n_doubted) / n_rows
    found = (
        f"drop {drop}: {share:.1%} of its {n_rows:,} rows are in question"
        f" ({n_quarantined:,} quarantined, {n_doubted:,} doubted), the limit is {limit:.1%}"
    )
    if share <= limit:
        return GateVerdict(True, share, limit, f"{found}.")
    if accepted_by is not None:
        return GateVerdict(True, share, limit, f"{found}; accepted by {accepted_by}.")
    return GateVerdict(
        False,
        share,
        limit,
        f"{found}. No model is asked about it. Look at the suspects (`evalpipe export suspects FILE.csv`), then publish"
        " a mended drop under a new name, or raise `[labels] max_label_error_rate`, or let it through with"
        f" `evalpipe labels accept {drop} --by WHO --why TEXT`.",
    )

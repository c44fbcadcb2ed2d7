"""The gate: what stops a drop is measured; where nothing is, it warns and says what is missing."""

import pytest

from evalpipe.labels.weighing.error_rate import ErrorRate
from evalpipe.labels.weighing.gate import judge_drop

CLEAN = ErrorRate("measured", 100, 60, 0.02, 0.01, 0.0, 0.03, 0.02)
NOBODY = ErrorRate("no committee", 100, 0, 0.05)


def rate(low: float, settled: float = 0.0) -> ErrorRate:
    return ErrorRate("measured", 100, 60, 0.1, low + 0.02, low, low + 0.04, 0.02, settled)


@pytest.mark.parametrize(
    ("rows", "quarantined", "measured", "accepted_by", "passed", "share"),
    [
        (100, 0, CLEAN, None, True, 0.0),
        (100, 10, CLEAN, None, True, 0.1),
        (100, 11, CLEAN, None, False, 0.11),
        (100, 4, rate(0.1), None, True, 0.1),
        (100, 4, rate(0.11), None, False, 0.11),
        (100, 4, rate(0.14, settled=0.05), None, True, 0.09),
        (100, 100, CLEAN, None, False, 1.0),
        (100, 40, rate(0.2), "ada", True, 0.4),
        (0, 0, NOBODY, None, False, 0.0),
        (0, 0, NOBODY, "ada", False, 0.0),
    ],
)
def test_what_is_measured_decides(rows, quarantined, measured, accepted_by, passed, share):
    """A drop passes up to its limit, or because a person accepted it; one without rows never does."""
    verdict = judge_drop(
        n_rows=rows, n_quarantined=quarantined, n_flagged=0, rate=measured, limit=0.1, accepted_by=accepted_by
    )
    assert (verdict.passed, verdict.limit) == (passed, 0.1)
    assert verdict.share == pytest.approx(share)


@pytest.mark.parametrize(
    ("measured", "missing"),
    [
        (NOBODY, "[labels] committee"),
        (ErrorRate("no trusted slice", 100, 0, 0.5), "evalpipe labels sample"),
        (ErrorRate("committee too weak", 100, 60, 0.5, 0.5, 0.4, 0.6, 0.3), "stronger models"),
    ],
)
def test_without_a_measure_it_warns_and_says_what_is_missing(measured, missing):
    """However suspicious a drop looks: a doubt is an opinion, and a weak committee stops nothing."""
    verdict = judge_drop(n_rows=100, n_quarantined=0, n_flagged=90, rate=measured, limit=0.1, accepted_by=None)
    assert verdict.passed
    assert verdict.warned
    assert missing in verdict.message
    assert "not known" in verdict.message


def test_a_stopped_drop_says_where_what_and_how_to_go_on():
    """The message names the drop, the counts, the rate with its interval, the limit, and all four ways on."""
    message = judge_drop(
        n_rows=2_000, n_quarantined=120, n_flagged=300, rate=rate(0.15), limit=0.1, accepted_by=None, drop="mmlu-2026"
    ).message
    for part in (
        "drop mmlu-2026",
        "120 of 2,000 rows cannot be scored",
        "300 labels are flagged",
        "17.0%",
        "15.0% to 19.0%",
        "10.0%",
        "evalpipe labels suspects --drop mmlu-2026",
        "mended drop",
        "max_label_error_rate",
        "evalpipe labels accept mmlu-2026 --by WHO --why TEXT",
    ):
        assert part in message


def test_an_accepted_drop_names_who_accepted_it():
    """Who let a bad drop through stays with the verdict."""
    accepted = judge_drop(n_rows=2, n_quarantined=1, n_flagged=1, rate=NOBODY, limit=0.1, accepted_by="ada")
    assert "ada" in accepted.message


@pytest.mark.parametrize(("rows", "quarantined", "flagged"), [(-1, 0, 0), (10, -1, 0), (10, 6, 5)])
def test_counts_that_cannot_be_are_refused(rows, quarantined, flagged):
    """More questions in question than rows is a mistake of the caller, not a share above 1."""
    with pytest.raises(ValueError, match="rows"):
        judge_drop(n_rows=rows, n_quarantined=quarantined, n_flagged=flagged, rate=CLEAN, limit=0.1, accepted_by=None)

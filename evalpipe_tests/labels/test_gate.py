"""The gate: arithmetic of shares, and a message that says how to go on."""

import pytest

from evalpipe.labels.gate import judge_drop


@pytest.mark.parametrize(
    ("rows", "quarantined", "doubted", "limit", "accepted_by", "passed", "share"),
    [
        (100, 0, 0, 0.1, None, True, 0.0),
        (100, 4, 6, 0.1, None, True, 0.1),
        (100, 4, 7, 0.1, None, False, 0.11),
        (100, 11, 0, 0.1, None, False, 0.11),
        (100, 100, 0, 0.1, None, False, 1.0),
        (100, 100, 0, 1.0, None, True, 1.0),
        (1, 0, 1, 0.0, None, False, 1.0),
        (100, 40, 7, 0.1, "ada", True, 0.47),
        (0, 0, 0, 0.1, None, False, 0.0),
        (0, 0, 0, 0.1, "ada", False, 0.0),
    ],
)
def test_the_share_decides(rows, quarantined, doubted, limit, accepted_by, passed, share):
    """A drop passes up to its limit, or because a person accepted it; one without rows never does."""
    verdict = judge_drop(
        n_rows=rows, n_quarantined=quarantined, n_doubted=doubted, limit=limit, accepted_by=accepted_by
    )
    assert (verdict.passed, verdict.share, verdict.limit) == (passed, pytest.approx(share), limit)


def test_a_stopped_drop_says_where_what_and_how_to_go_on():
    """The message names the drop, both counts, the limit and all four ways on."""
    message = judge_drop(
        n_rows=2_000, n_quarantined=120, n_doubted=300, limit=0.1, accepted_by=None, drop="mmlu-2026"
    ).message
    for part in (
        "drop mmlu-2026",
        "21.0%",
        "2,000",
        "120 quarantined",
        "300 doubted",
        "10.0%",
        "evalpipe export suspects FILE.csv",
        "mended drop",
        "max_label_error_rate",
        "evalpipe labels accept mmlu-2026 --by WHO --why TEXT",
    ):
        assert part in message


def test_an_accepted_drop_names_who_accepted_it():
    """Who let a bad drop through stays with the verdict."""
    assert "ada" in judge_drop(n_rows=2, n_quarantined=1, n_doubted=1, limit=0.1, accepted_by="ada").message


@pytest.mark.parametrize(("rows", "quarantined", "doubted"), [(-1, 0, 0), (10, -1, 0), (10, 6, 5)])
def test_counts_that_cannot_be_are_refused(rows, quarantined, doubted):
    """More questions in question than rows is a mistake of the caller, not a share above 1."""
    with pytest.raises(ValueError, match="rows"):
        judge_drop(n_rows=rows, n_quarantined=quarantined, n_doubted=doubted, limit=0.1, accepted_by=None)

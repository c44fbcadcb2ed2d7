"""When a try is repeated, after how long, and when it has failed."""

import pytest

from evalpipe.answering.retry import FIRST_PAUSE_S, LONGEST_PAUSE_S, Patience
from evalpipe.backends.protocol import TryAgainError

DRAWS = 400


def pauses(patience: Patience, error: TryAgainError, faults: int, tries: int, since_s: float) -> list[float | None]:
    return [patience.pause_s(error, faults, tries, since_s) for _ in range(DRAWS)]


@pytest.mark.parametrize(
    ("max_retries", "faults", "again"),
    [(3, 0, True), (3, 1, True), (3, 3, True), (3, 4, False), (0, 0, True), (0, 1, False), (1, 2, False)],
)
def test_faults_use_up_retries(max_retries, faults, again):
    """The try after the last retry is the last one, however early it is."""
    found = pauses(Patience(max_retries), TryAgainError("HTTP 500"), faults, faults, 1.0)
    assert all((pause_s is not None) == again for pause_s in found)


@pytest.mark.parametrize("trouble", ["overload", "broken"])
@pytest.mark.parametrize(("since_s", "again"), [(0.0, True), (580.0, True), (600.1, False), (6000.0, False)])
def test_what_uses_up_no_retry_ends_with_the_deadline(trouble, since_s, again):
    """A thousand pushbacks are no failure; ten minutes of them are."""
    found = pauses(Patience(0), TryAgainError("busy", trouble=trouble), 0, 1000, since_s)
    assert all((pause_s is not None) == again for pause_s in found)


def test_no_pause_reaches_beyond_the_deadline():
    """A try that could only come too late is not waited for."""
    near = pauses(Patience(deadline_s=10.0), TryAgainError("busy", trouble="overload"), 0, 30, 5.0)
    assert any(pause_s is None for pause_s in near)
    assert max(pause_s for pause_s in near if pause_s is not None) <= 5.0
    asked = TryAgainError("busy", 6.0, trouble="overload")
    assert Patience(deadline_s=10.0).pause_s(asked, 0, 1, 5.0) is None
    assert Patience(deadline_s=10.0).pause_s(asked, 0, 1, 3.0) == 6.0


@pytest.mark.parametrize(
    ("tries", "high"),
    [
        (1, 2 * FIRST_PAUSE_S),
        (2, 4 * FIRST_PAUSE_S),
        (4, 16 * FIRST_PAUSE_S),
        (6, LONGEST_PAUSE_S),
        (10**6, LONGEST_PAUSE_S),
    ],
)
def test_pauses_are_drawn_from_all_of_a_growing_span(tries, high):
    """Full jitter: from nothing up to twice as much each time, at most ten seconds, and no two alike."""
    found = [pause_s for pause_s in pauses(Patience(), TryAgainError("x"), 0, tries, 0.0) if pause_s is not None]
    assert len(found) == len(set(found)) == DRAWS
    assert 0 <= min(found) < 0.1 * high
    assert 0.9 * high < max(found) <= high
    assert 0.4 * high < sum(found) / DRAWS < 0.6 * high


@pytest.mark.parametrize(
    ("asked_for_s", "pause_s"), [(0.3, 0.3), (7.0, 7.0), (60.0, 60.0), (61.0, 60.0), (86_400.0, 60.0)]
)
def test_retry_after_is_obeyed_up_to_a_minute(asked_for_s, pause_s):
    """Neither earlier nor later than the endpoint asked; one that asks for a day is asked again after a minute."""
    assert set(pauses(Patience(), TryAgainError("429", asked_for_s), 1, 9, 0.0)) == {pause_s}


def test_a_retry_after_of_nothing_still_spreads():
    """`Retry-After: 0` does not make all come back at once."""
    assert len(set(pauses(Patience(), TryAgainError("429", 0.0), 1, 1, 0.0))) == DRAWS

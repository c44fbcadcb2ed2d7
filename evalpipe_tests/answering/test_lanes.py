"""Several places that answer for one model: who is asked next, who is left out, and how it comes back."""

import math
import random

import pytest

from evalpipe.answering.lanes import FIRST_REST_S, LONGEST_REST_S, SICK_AFTER, Lane, choose
from evalpipe.answering.limiter import Limiter


class Nobody:
    async def ask(self, content):
        raise NotImplementedError


def lane(in_flight: int = 0, limit: float = 8.0, most: int = 64) -> Lane:
    return Lane(Nobody(), Limiter(most, limit=limit, in_flight=in_flight))


def sick(now: float) -> Lane:
    found = lane()
    for _ in range(SICK_AFTER):
        found.troubled(now)
    return found


def test_one_lane_alone():
    """It is taken while it has room; then the wait is its own."""
    alone = lane(in_flight=7)
    assert choose([alone], 0.0) == (alone, 0.0)
    alone.limiter.started(0.0)
    assert choose([alone], 0.0) == (None, math.inf)
    alone.limiter.ended()
    alone.limiter.held(3.0, 0.0)
    assert choose([alone], 1.0) == (None, 2.0)


@pytest.mark.parametrize(("loads", "taken"), [((3, 1), 1), ((1, 3), 0), ((0, 7), 0), ((8, 7), 1)])
def test_the_less_loaded_of_two(loads, taken):
    """Of two lanes the one with less in flight, each time."""
    lanes = [lane(load) for load in loads]
    assert all(choose(lanes, 0.0)[0] is lanes[taken] for _ in range(20))


def test_of_many_the_most_loaded_is_never_taken():
    """Two are drawn at random and the less loaded wins, so that many processes do not all run to the same lane."""
    random.seed(5)
    lanes = [lane(load) for load in (5, 4, 0, 3)]
    taken = [lanes.index(choose(lanes, 0.0)[0]) for _ in range(600)]
    assert 0 not in taken
    assert [taken.count(at) for at in (2, 3, 1)] == sorted((taken.count(at) for at in (2, 3, 1)), reverse=True)
    assert min(taken.count(at) for at in (1, 2, 3)) > 50


def test_no_lane_is_free():
    """The shortest wait of all; infinity where only a reply can make room."""
    full, held = lane(in_flight=8), lane()
    held.limiter.held(5.0, 0.0)
    assert choose([full, held], 0.0) == (None, 5.0)
    assert choose([full, lane(in_flight=8)], 0.0) == (None, math.inf)


def test_a_few_troubles_are_no_sickness():
    """Less than five in a row, or five with an answer between them, leave a lane in."""
    shaky = lane()
    for _ in range(SICK_AFTER - 1):
        shaky.troubled(0.0)
    assert shaky.delay_s(0.0) == 0
    shaky.well()
    shaky.troubled(0.0)
    assert not shaky.sick


def test_a_sick_lane_is_left_out():
    """While it rests, all go to the others; where there are none, the wait is its rest."""
    ill, fit = sick(100.0), lane(in_flight=7)
    assert all(choose([ill, fit], 100.0)[0] is fit for _ in range(20))
    assert choose([ill], 100.0)[0] is None
    assert FIRST_REST_S / 2 <= choose([ill], 100.0)[1] <= FIRST_REST_S
    assert choose([ill, lane(in_flight=8)], 100.0)[1] <= FIRST_REST_S


def test_a_sick_lane_is_tried_with_one_request_and_comes_back():
    """After its rest it gets one, before any other lane; no second one until that is answered; then it is as others."""
    ill, fit = sick(100.0), lane()
    later = 100.0 + FIRST_REST_S
    assert choose([fit, ill], later)[0] is ill
    ill.limiter.started(later)
    assert all(choose([fit, ill], later)[0] is fit for _ in range(20))
    assert ill.delay_s(later) == math.inf
    ill.limiter.ended()
    ill.well()
    assert not ill.sick
    fit.limiter.started(later)
    assert all(choose([fit, ill], later + 0.01)[0] is ill for _ in range(20))


def test_who_stays_sick_rests_longer():
    """Twice as long after each try that failed, up to ten seconds, a little at random."""
    ill, now, rests = sick(0.0), 0.0, []
    for _ in range(12):
        rest_s = ill.delay_s(now)
        rests.append(rest_s)
        now += rest_s
        assert ill.delay_s(now + 1e-6) == 0
        ill.troubled(now)
    for at, rest_s in enumerate(rests):
        most_s = min(LONGEST_REST_S, FIRST_REST_S * 2**at)
        assert 0.5 * most_s <= rest_s + 1e-6
        assert rest_s <= most_s
    assert len({round(rest_s / LONGEST_REST_S, 6) for rest_s in rests[-5:]}) == 5


def test_a_sick_lane_obeys_its_limiter():
    """A rest that is over does not go before what the endpoint asked for."""
    ill = sick(0.0)
    ill.limiter.held(30.0, 0.0)
    assert ill.delay_s(FIRST_REST_S) == pytest.approx(30.0 - FIRST_REST_S)

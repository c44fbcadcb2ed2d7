"""The limiter in simulated time: it finds what an endpoint serves, keeps to what it is told, and finds it again."""

import math
import random

import pytest

from evalpipe.answering.limiter import FIRST_LIMIT, LIFT_S, LONGEST_HOLD_S, Limiter
from evalpipe_tests.answering.simulated import (
    START,
    Client,
    Fate,
    QueueingEndpoint,
    TokenBucketEndpoint,
    simulate,
)

PLENTY = 10_000  # servers: no request waits for another


@pytest.fixture(autouse=True)
def _the_same_each_time():
    random.seed(20)


def answers(limiter: Limiter, count: int, latency_s: float, now: float, lag_s: float = 0.0) -> float:
    """So many requests sent and answered one round after the other, each at the full limit; the time afterwards."""
    while count > 0:
        started = 0
        while limiter.in_flight < int(limiter.limit):
            limiter.started(now)
            started += 1
        limiter.delay_s(now)
        sent, now = now, now + latency_s
        for _ in range(started):
            limiter.answered(sent, latency_s, now, lag_s)
        count -= started
    return now


def outlook(limiter: Limiter) -> tuple[float, float | None, float]:
    """What the limiter thinks of its endpoint."""
    return limiter.limit, limiter.pace, limiter.hold_until


# The limit on requests in flight.


@pytest.mark.parametrize("most", [1, 4, 8, 100, 1024])
def test_it_doubles_until_the_bound(most):
    """From eight, or the bound, to the bound within a second of 50 ms answers; never beyond."""
    client = Client(Limiter(most), QueueingEndpoint(PLENTY, 0.05))
    assert client.limiter.limit == min(most, FIRST_LIMIT)
    simulate(client, until_s=1.0)
    assert client.limiter.limit == most
    assert max(limit for _, limit in client.limits) <= most


def test_a_limit_that_is_not_reached_does_not_grow():
    """Two requests at a time, all answered, prove nothing about two hundred."""
    limiter, now = Limiter(256), START
    for _ in range(200):
        for _ in range(2):
            assert limiter.delay_s(now + 1) == 0
            limiter.started(now)
        for _ in range(2):
            limiter.answered(now, 0.05, now + 0.05)
        now += 1.0
    assert limiter.limit == FIRST_LIMIT


def test_at_the_limit_a_reply_has_to_come_first():
    """The wait is infinite while all that may be in flight is; one that ends, however, makes room for one."""
    limiter = Limiter(2)
    limiter.started(START)
    assert limiter.delay_s(START) == 0
    limiter.started(START)
    assert limiter.delay_s(START) == math.inf
    limiter.ended()
    assert limiter.delay_s(START) == 0


@pytest.mark.parametrize("servers", [32, 200])
def test_a_queue_of_ours_is_kept_short(servers):
    """Latency beyond 1.5x of its floor shrinks the limit: the endpoint stays busy, and few wait in its queue."""
    client = Client(Limiter(1024), QueueingEndpoint(servers, 0.1))
    simulate(client, until_s=15)
    assert client.served_by(5, 15) > 0.95 * servers / 0.1
    for seconds in range(5, 15):
        assert 0.95 * servers < client.limit_at(seconds) < 2 * servers


@pytest.mark.parametrize(("latency_s", "noise_s"), [(0.005, 0.024), (0.02, 0.024), (0.1, 0.05)])
def test_noise_is_no_queue(latency_s, noise_s):
    """Less than 25 ms, or less than half of the floor, on top of it: the limit never shrinks."""
    client = Client(Limiter(256), QueueingEndpoint(PLENTY, latency_s, noise_s))
    simulate(client, until_s=3)
    limits = [limit for _, limit in client.limits]
    assert limits == sorted(limits)
    assert limits[-1] == 256


def test_climbing_latency_shrinks_and_a_small_climb_does_not():
    """At a floor of 100 ms: 145 ms goes on, 160 ms shrinks; at a floor of 5 ms 29 ms still goes on."""
    for floor_s, higher_s, shrinks in (
        (0.1, 0.145, False),
        (0.1, 0.16, True),
        (0.005, 0.029, False),
        (0.005, 0.031, True),
    ):
        limiter = Limiter(64)
        now = answers(limiter, 500, floor_s, START)
        assert limiter.limit == 64
        answers(limiter, 64, higher_s, now)
        assert (limiter.limit < 64) == shrinks


@pytest.mark.parametrize("slower_s", [0.2, 0.5, 3.0])
def test_a_load_that_is_slow_by_nature_does_not_starve(slower_s):
    """Longer answers from now on: the limit gives way at first, learns that it is no queue, and is back for good."""
    endpoint = QueueingEndpoint(PLENTY, 0.1)
    client = Client(Limiter(128), endpoint)

    def slower() -> None:
        endpoint.latency_s = slower_s

    simulate(client, until_s=90, at={10: slower})
    assert min(limit for _, limit in client.limits[50:]) > 30
    assert client.limit_at(85) == 128


def test_it_recovers_after_the_endpoint_did():
    """An eighth of the servers for a while: the limit follows down, and back up when they are there again."""
    endpoint = QueueingEndpoint(64, 0.1)
    client = Client(Limiter(1024), endpoint)

    def fewer() -> None:
        endpoint.servers = 8

    def all_of_them() -> None:
        endpoint.servers = 64

    simulate(client, until_s=80, at={20: fewer, 50: all_of_them})
    assert client.limit_at(45) < 32
    assert client.served_by(25, 50) > 70
    assert client.served_by(60, 80) > 600


def test_the_lag_of_our_own_loop_is_taken_off():
    """A process that is 100 ms behind itself blames no endpoint, and gains nothing from more in flight either."""
    behind = Limiter(64)
    now = answers(behind, 500, 0.05, START)
    now = answers(behind, 500, 0.15, now, lag_s=0.1)
    assert behind.limit == 64
    answers(behind, 500, 0.15, now)
    assert behind.limit < 64
    busy = Client(Limiter(64), QueueingEndpoint(PLENTY, 0.02), loop_lag_s=0.1)
    simulate(busy, until_s=5)
    assert busy.limiter.limit == FIRST_LIMIT


# Pushbacks: 429 and 503.


def test_it_shrinks_once_per_episode():
    """Fifty requests in flight meet a 429 each: one shrink. One that was sent after it begins another."""
    limiter = Limiter(64, limit=64.0)
    for _ in range(50):
        limiter.started(START)
    seen = []
    for at in range(50):
        limiter.pushed_back(START, START + 0.1 + at / 1000, None)
        seen.append((limiter.limit, limiter.pace))
    assert limiter.episodes == 1
    assert set(seen[20:]) == {seen[20]}  # the first few might have been a hiccup
    assert limiter.limit == pytest.approx(0.7 * 64)
    limiter.started(START + 5)
    limiter.pushed_back(START + 5, START + 5.1, None)
    assert limiter.episodes == 2
    assert limiter.limit < 0.7 * 64
    assert limiter.in_flight == 0


def test_a_hiccup_now_and_then_is_no_limit():
    """One 503 in fifty, by chance: no pace, no hold, no shrink. With Retry-After, one is enough."""
    limiter, dice = Limiter(64, limit=64.0), random.Random(3)
    for n in range(5_000):
        now = START + n / 1000
        limiter.started(now)
        if dice.random() < 0.02:
            limiter.pushed_back(now, now + 0.05, None)
        else:
            limiter.answered(now, 0.05, now + 0.05)
    assert (limiter.episodes, limiter.pace, limiter.limit) == (0, None, 64.0)
    assert limiter.delay_s(START + 5) == 0
    limiter.started(START + 5)
    limiter.pushed_back(START + 5, START + 5.05, 1.0)
    assert limiter.episodes == 1
    assert limiter.delay_s(START + 5.1) == pytest.approx(0.95)


@pytest.mark.parametrize(("retry_after_s", "until_s"), [(0.5, 0.5), (7.0, 7.0), (86_400.0, LONGEST_HOLD_S)])
def test_retry_after_is_obeyed_before_anything_starts(retry_after_s, until_s):
    """Nothing starts before its end, up to a minute; an earlier end that comes later does not shorten it."""
    limiter = Limiter(64)
    for _ in range(3):
        limiter.started(START)
    limiter.pushed_back(START, START + 0.1, retry_after_s)
    limiter.pushed_back(START, START + 0.1, retry_after_s / 2)
    limiter.pushed_back(START, START + 0.1, None)
    assert limiter.delay_s(START + 0.1) >= until_s - 1e-9
    assert limiter.delay_s(START + 0.1 + until_s - 0.01) > 0
    assert limiter.delay_s(START + 0.1 + until_s + 2 / limiter.pace) == 0


def test_no_retry_after_is_waited_for_longer_each_time():
    """Pushback upon pushback without an answer: pauses up to twice as long, at most 10 s; an answer begins anew."""
    limiter, now, holds = Limiter(64), START, []
    for _ in range(200):
        limiter.started(now)
        limiter.pushed_back(now, now + 0.01, None)
        holds.append(limiter.hold_until - now - 0.01)
        now = limiter.hold_until + 0.1
    assert max(holds[:3]) <= 2.0
    assert 9 < max(holds) <= 10
    limiter.started(now)
    limiter.answered(now, 0.1, now + 0.1)
    limiter.started(now + 0.2)
    limiter.pushed_back(now + 0.2, now + 0.3, None)
    assert limiter.hold_until - now - 0.3 <= 0.5


def test_what_says_nothing_about_capacity_changes_nothing():
    """A 400 or a broken connection gives its slot back, and neither limit nor pace nor wait moves."""
    limiter = Limiter(64)
    now = answers(limiter, 100, 0.05, START)
    limiter.started(now)
    limiter.pushed_back(now, now, 0.1)
    now += 1
    before = outlook(limiter)
    for _ in range(1000):
        limiter.started(now)
        limiter.ended()
    assert outlook(limiter) == before
    assert limiter.in_flight == 0


class FourHundreds:
    """Every other request is served after 100 ms, the rest is refused for good after one."""

    def __init__(self) -> None:
        self.queue, self.turn = QueueingEndpoint(PLENTY, 0.1), False

    def arrive(self, now: float) -> Fate:
        self.turn = not self.turn
        return self.queue.arrive(now) if self.turn else Fate(400, 0.001)


def test_quick_refusals_do_not_make_the_rest_look_slow():
    """A 400 within a millisecond is no floor for answers that take a hundred."""
    client = Client(Limiter(64), FourHundreds())
    simulate(client, until_s=10)
    limits = [limit for _, limit in client.limits]
    assert limits == sorted(limits)
    assert limits[-1] >= 32


# The pace of starts that follows from pushbacks.


@pytest.mark.parametrize("retry_after_s", [None, 1.0])
@pytest.mark.parametrize(("rate", "until_s"), [(5, 300), (100, 60), (1000, 20)])
def test_a_hidden_rate_is_found(rate, until_s, retry_after_s):
    """5, 100 or 1,000 a second: used to within 15%, with less than 5% pushed back, in a long run."""
    client = Client(Limiter(1024), TokenBucketEndpoint(rate, rate, 0.09, retry_after_s))
    simulate(client, until_s=until_s)
    assert 0.85 * rate < client.served_by(until_s / 4, until_s) < 1.15 * rate
    assert client.refused_share(until_s / 4) < 0.05
    assert 0.85 * rate < client.limiter.pace < 1.5 * rate


def test_the_bar_of_a_limited_endpoint():
    """100/s with a burst of 100 and Retry-After 1, a thousand questions: by 10.5 s, with less than 50 pushed back."""
    client = Client(Limiter(256), TokenBucketEndpoint(100, 100, 0.09, 1.0))
    simulate(client, until_s=10.5)
    assert len(client.served) >= 1000
    assert len(client.refused) < 50


@pytest.mark.parametrize("rate", [50, 200])
def test_a_rate_that_changes_is_found_again(rate):
    """Halved or doubled on the way: 90% of it used from ten seconds later on, with less than 5% pushed back."""
    endpoint = TokenBucketEndpoint(100, 100)
    client = Client(Limiter(1024), endpoint)

    def change() -> None:
        endpoint.rate = endpoint.burst = rate

    simulate(client, until_s=70, at={30: change})
    assert client.served_by(40, 70) > 0.9 * rate
    assert client.refused_share(30) < 0.05


def test_a_limit_that_is_gone_is_forgotten():
    """An endpoint that pushes back no more: the pace climbs to what it serves, and half a minute later is none."""
    endpoint = TokenBucketEndpoint(10, 10)
    client = Client(Limiter(16), endpoint)

    def no_limit() -> None:
        endpoint.rate = endpoint.burst = 1e6

    simulate(client, until_s=30 + LIFT_S + 20, at={30: no_limit})
    assert client.served_by(50, 60) > 0.9 * 16 / 0.09
    assert client.limiter.pace is None


@pytest.mark.parametrize("retry_after_s", [None, 1.0])
def test_eight_processes_on_one_limit(retry_after_s):
    """Without a word to each other they use 90% of it, none is left out, less than 5% is pushed back; halved, too."""
    endpoint = TokenBucketEndpoint(100, 100, 0.09, retry_after_s)
    clients = [Client(Limiter(256), endpoint) for _ in range(8)]

    def halve() -> None:
        endpoint.rate = endpoint.burst = 50

    simulate(*clients, until_s=90, at={45: halve})
    assert sum(client.served_by(5, 45) for client in clients) > 0.9 * 100
    assert sum(client.served_by(50, 90) for client in clients) > 0.9 * 50
    served, refused = sum(len(each.served) for each in clients), sum(len(each.refused) for each in clients)
    assert refused < 0.05 * (served + refused)
    assert min(client.served_by(5, 45) for client in clients) > 100 / 8 / 4

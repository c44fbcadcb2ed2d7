"""The lease on S3: one holder at a time; a dead one is succeeded when its lease has run out, a living one notices."""

import time
from itertools import pairwise

import pytest

from evalpipe.core.errors import LakeError
from evalpipe.store.lake import Lake
from evalpipe.store.lease import lease
from evalpipe.store.lease_objects import ObjectLease, object_lease
from evalpipe.store.objects import Objects
from evalpipe_tests.store.test_races import race
from evalpipe_tests.store.turns import most_at_once

NAME = "_leases/cells/m/d.0000.json"

HOLDER = """
import pickle, sys, time
from evalpipe.store.lease_objects import object_lease
from evalpipe.store.objects import Objects
lake = pickle.loads(bytes.fromhex(sys.argv[1]))
with object_lease(Objects(lake.place), "_leases/cells/m/d.0000.json", lambda: None, life_s=float(sys.argv[2])) as held:
    print("held", flush=True)
    time.sleep(float(sys.argv[3]))
    print(time.time(), flush=True)
"""


def held_by(spoken, lake: Lake, life_s: float, seconds: float):
    """Another process that holds the lease of a cell, once this returns."""
    child = spoken(HOLDER, lake, str(life_s), str(seconds))
    assert child.stdout.readline() == "held\n"
    return child


def test_a_second_process_waits_and_says_so(s3_lake, spoken):
    """It enters when the first has finished, longer than a life later, and tells once what it waits for."""
    child, said = held_by(spoken, s3_lake, 0.6, 3), []
    with lease(s3_lake, "cells", "m", "d.0000", on_wait=said.append) as held:
        entered_at = time.time()
        held.check()
    assert said == ["another run works on cells / m / d.0000; waiting for it"]
    assert entered_at >= float(child.stdout.readline())
    assert child.wait() == 0


def test_kill_9_of_the_holder_frees_the_lease_when_it_has_run_out(s3_lake, spoken):
    """Not before: it could still be at work. The successor's token is larger."""
    child = held_by(spoken, s3_lake, 2, 600)
    child.kill()
    killed_at = time.monotonic()
    child.wait()
    with object_lease(Objects(s3_lake.place), NAME, lambda: None, poll_s=0.1) as held:
        assert 1 < time.monotonic() - killed_at < 6
        assert held.token == 2


def test_other_leases_are_free_meanwhile(s3_lake):
    """Another shard, another model and a drop of the same name are nobody's business; each leaves without a trace."""
    said: list[str] = []
    with lease(s3_lake, "cells", "m", "d.0000"):
        for keys in (("cells", "m", "d.0001"), ("cells", "n", "d.0000"), ("drops", "d.0000"), ("reviews",)):
            for _ in range(2):
                with lease(s3_lake, *keys, on_wait=said.append):
                    pass
    assert said == []


def take(lake: Lake, number: int) -> tuple[int, float, float]:
    """Hold the lease for a moment: its token, and from when to when."""
    with object_lease(Objects(lake.place), NAME, lambda: None, life_s=5, poll_s=0.02) as held:
        start = time.time()
        time.sleep(0.1)
        held.check()
        return held.token, start, time.time()


def test_of_several_takers_one_wins_each_time(s3_lake):
    """Four processes that find an expired lease at one moment hold it one after another, each with its own token."""
    objects = Objects(s3_lake.place)
    objects.put(NAME, b'{"owner": "dead", "token": 7, "life_s": 0.0, "turn": 3}')
    spans = sorted(race(take, s3_lake, 4).values())
    assert [token for token, _, _ in spans] == [8, 9, 10, 11]
    for (_, _, end), (_, start, _) in pairwise(spans):
        assert end <= start


def test_a_holder_whose_lease_was_taken_notices(s3_lake):
    """At its next renewal; and it does not give back what is another's by then."""
    objects = Objects(s3_lake.place)
    with object_lease(objects, NAME, lambda: None, life_s=1.5) as held:
        held.check()
        other = b'{"owner": "other", "token": 9, "life_s": 60.0, "turn": 0}'
        objects.put(NAME, other)
        _until_lost(held, 1.0)
    assert objects.get(NAME).body == other


def test_a_holder_that_cannot_renew_notices_in_time(s3_lake, monkeypatch):
    """While the server is away it may go on until its life is over, and no longer; is it back, all is well again."""
    objects, real, off = Objects(s3_lake.place), Objects.put_over, True

    def put_over(self: Objects, name: str, body: bytes, etag: str) -> str | None:
        if off:
            raise LakeError("the server is away")
        return real(self, name, body, etag)

    with object_lease(objects, NAME, lambda: None, life_s=1.2) as held:
        monkeypatch.setattr(Objects, "put_over", put_over)
        time.sleep(0.6)
        held.check()
        _until_lost(held, 1.0)
        off = False
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            try:
                held.check()
                break
            except LakeError:
                time.sleep(0.05)
        held.check()


def _until_lost(held: ObjectLease, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    told = r"d\.0000\.json: this run's lease was not renewed.*Run again"
    with pytest.raises(LakeError, match=told):  # noqa: PT012  it comes sooner or later
        while time.monotonic() < deadline:
            held.check()
            time.sleep(0.02)


def test_a_reply_that_was_lost_does_not_lose_the_lease(s3_lake, monkeypatch):
    """A put that was done and then refused when it was tried again: the object says whose it is."""
    objects = Objects(s3_lake.place)
    new, over = Objects.put_new, Objects.put_over
    monkeypatch.setattr(Objects, "put_new", lambda *args: (new(*args), None)[1])
    monkeypatch.setattr(Objects, "put_over", lambda *args: (over(*args), None)[1])
    with object_lease(objects, NAME, lambda: None, life_s=4, poll_s=0.01) as held:
        time.sleep(1.6)
        held.check()
        assert held.token == 1


def test_two_threads_of_one_process_take_turns(s3_lake):
    """Dagster may run two steps in one process; the lease counts there too."""
    assert most_at_once(lambda: object_lease(Objects(s3_lake.place), NAME, lambda: None, poll_s=0.02)) == 1


def test_what_is_no_lease_is_not_taken(s3_lake):
    """Garbage, or what a later version wrote, may be somebody's: a sentence names the object."""
    Objects(s3_lake.place).put(NAME, b"{}")
    with (
        pytest.raises(LakeError, match=r"d\.0000\.json: this is no lease.*Delete the object"),
        lease(s3_lake, "cells", "m", "d.0000"),
    ):
        pass

"""The shared cache against real servers: one alone and a cluster of six masters. Each test is run on both."""

import os
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import redis
from hypothesis import given, settings
from hypothesis import strategies as st
from redis.crc import key_slot

from evalpipe.core.errors import CacheError
from evalpipe.store.shared_access import Access
from evalpipe.store.shared_cache import UNSHARED, Grant, Lease, PartlyError, Publication, Rates, SharedCache
from evalpipe.store.shared_scripts import CLAIM
from evalpipe.store.shared_values import ANSWER, COMPRESS_FROM_BYTES, MOST_EXPANDED, Values, key_name
from evalpipe_tests.commands import ROOT
from evalpipe_tests.redis_servers import RedisServer, redis_server

SECRET = "Geheim-4f9aQx81"  # of a server that lives for one test


def fresh(count: int) -> list[tuple[str, int]]:
    """Keys that no other test has."""
    mark = os.urandom(8).hex()
    return [(f"{mark}{number:04x}", number % 3) for number in range(count)]


def store(cache: SharedCache, keys, answer: bytes = b"answer", ttl_s: float = 60):
    """Claim and publish."""
    return cache.publish([Publication(key, lease, answer, ttl_s) for key, lease in leased(cache, keys)])


def leased(cache: SharedCache, keys) -> list[tuple[tuple[str, int], Lease]]:
    leases = cache.claim(keys)
    assert all(isinstance(lease, Lease) for lease in leases)
    return list(zip(keys, leases, strict=True))


def raw(url: str):
    """A client of redis's own for the same servers."""
    port = int(url.rpartition(":")[2])
    one = redis.Redis("127.0.0.1", port, protocol=2)
    if one.info("cluster")["cluster_enabled"]:
        one.close()
        return redis.RedisCluster("127.0.0.1", port, protocol=2)
    return one


@pytest.fixture(params=["one server", "six masters"])
def url(request) -> str:
    server = "redis_alone" if request.param == "one server" else "six_masters"
    found = request.getfixturevalue(server)
    return found.url if isinstance(found, RedisServer) else found[0].url


@pytest.fixture
def caches(url):
    """`caches()`: one more process's view of the cache."""
    opened: list[SharedCache] = []

    def another(**settings) -> SharedCache:
        opened.append(SharedCache(Access((url,), wait_s=5), **settings))
        return opened[-1]

    yield another
    for each in opened:
        each.close()


def test_an_answer_is_asked_for_once(caches):
    """One of two processes gets the lease of each request; then both find the answer, also by a plain read."""
    one, two, keys = caches(), caches(), fresh(600)
    assert one.get_many(keys) == [None] * 600
    leases = one.claim(keys[:300])
    assert all(isinstance(lease, Lease) for lease in leases)
    assert [isinstance(each, Lease) for each in two.claim(keys)] == [False] * 300 + [True] * 300
    items = [
        Publication(key, lease, b"%s/%d" % (key[0].encode(), key[1]), 60)
        for key, lease in zip(keys[:300], leases, strict=True)
    ]
    assert one.publish(items) == [None] * 300
    said = [item.answer for item in items]
    assert two.claim(keys[:300]) == said
    assert two.get_many(keys) == one.get_many(keys) == said + [None] * 300
    assert one.claim([]) == one.get_many([]) == one.publish([]) == one.renew([]) == []


def test_samples_of_a_question_are_apart(caches):
    """The sample index is a part of the key."""
    cache, (key, *_) = caches(), fresh(1)
    other = (key[0], key[1] + 1)
    store(cache, [key], b"first")
    assert cache.get_many([key, other]) == [b"first", None]


def test_the_first_answer_stays(caches):
    """Whoever comes second, with a lease or without one, is given the first answer and stores nothing."""
    one, two, (key, *_) = caches(), caches(), fresh(1)
    ((_, lease),) = leased(one, [key])
    assert two.publish([Publication(key, None, b"unasked", 60)]) == [None]
    assert one.publish([Publication(key, lease, b"late", 60)]) == [b"unasked"]
    assert two.publish([Publication(key, None, b"later", 60)]) == [b"unasked"]
    assert one.renew([lease]) == [False]
    one.release([lease])
    assert one.get_many([key]) == [b"unasked"]


def test_a_lease_ends_and_another_takes_over(caches):
    """After its time the next process has the lease, with a greater token; renewed in time it stays."""
    one, two, keys = caches(lease_s=0.2), caches(lease_s=60), fresh(2)
    (_, ended), (_, kept) = leased(one, keys)
    for _ in range(3):
        time.sleep(0.1)
        assert one.renew([kept]) == [True]
    taken, still = two.claim(keys)
    assert isinstance(taken, Lease)
    assert taken.token > ended.token
    assert still is None


def test_a_late_holder_changes_nothing(caches):
    """Its answer is not stored, its release and its renewal leave the new holder's lease alone."""
    one, two, three, (key, *_) = caches(lease_s=0.05), caches(lease_s=60), caches(), fresh(1)
    ((_, late),) = leased(one, [key])
    time.sleep(0.1)
    ((_, lease),) = leased(two, [key])
    assert one.publish([Publication(key, late, b"late", 60)]) == [None]
    one.release([late])
    assert one.renew([late]) == [False]
    assert three.claim([key]) == [None]
    assert three.get_many([key]) == [None]
    assert two.renew([lease]) == [True]
    two.release([lease])
    assert one.publish([Publication(key, late, b"late", 60)]) == [None], "the mark of the newer lease is still there"
    assert three.get_many([key]) == [None]


def test_a_late_holder_whom_nobody_followed_is_heard(caches, url):
    """Its lease has ended and nobody else asked: its answer is the first one, also when no trace of it is left."""
    cache, keys, client = caches(lease_s=0.05), fresh(2), raw(url)
    claimed = leased(cache, keys)
    client.delete(key_name(keys[1]))
    time.sleep(0.1)
    cache.publish([Publication(key, lease, b"answer", 60) for key, lease in claimed])
    assert cache.get_many(keys) == [b"answer"] * 2
    client.close()


def test_a_lease_given_back_is_free_at_once(caches):
    """The next one need not wait until it ends, and has a greater token."""
    one, two, keys = caches(lease_s=60), caches(), fresh(300)
    claimed = leased(one, keys)
    one.release([lease for _, lease in claimed])
    assert all(new.token > old.token for (_, new), (_, old) in zip(leased(two, keys), claimed, strict=True))


def test_answers_and_leases_expire(caches, url):
    """Nothing stays for ever, whatever becomes of its writer."""
    cache, keys, client = caches(), fresh(3), raw(url)
    store(cache, keys[:1], ttl_s=0.05)
    store(cache, keys[1:2])
    cache.claim(keys[2:])
    time.sleep(0.1)
    assert cache.get_many(keys[:1]) == [None]
    assert 0 < client.ttl(key_name(keys[1])) <= 60
    assert 15 < client.ttl(key_name(keys[2])) <= 76
    client.close()


@pytest.mark.parametrize("length", [0, 1, 300, COMPRESS_FROM_BYTES, 40_000])
def test_every_length_comes_back(caches, length):
    """Compressed or not, an answer is what it was."""
    cache, keys, answer = caches(), fresh(1), os.urandom(length // 2).hex().encode()
    store(cache, keys, answer)
    assert cache.get_many(keys) == cache.claim(keys) == [answer]


def test_an_answer_too_large_for_the_cache_gives_its_lease_back(caches):
    """Nobody waits for what will not come."""
    cache, keys = caches(max_value_bytes=2000), fresh(2)
    assert store(cache, keys[:1], os.urandom(3000)) == [None]
    assert store(cache, keys[1:], b"a" * (2000 * MOST_EXPANDED + 1)) == [None]
    assert all(isinstance(each, Lease) for each in cache.claim(keys))


def test_damaged_foreign_and_swapped_values_are_no_answers(caches, url):
    """They are misses to a read, free to a claim, and the next answer is written over them."""
    cache, keys, client = caches(), fresh(10), raw(url)
    store(cache, keys, os.urandom(400).hex().encode())
    value = client.get(key_name(keys[0]))
    wrong = [value[:-1], value + b"x", bytes([*value[:40], value[40] ^ 1, *value[41:]]), b"", b"EPA1", b"other", ANSWER]
    wrong += [client.get(key_name(keys[0])), b"EPL1" + b"9" * 30 + b":1:a"]
    for key, each in zip(keys[1:], wrong, strict=True):
        client.set(key_name(key), each)
    client.delete(key_name(keys[0]))
    client.rpush(key_name(keys[0]), "a list")
    assert cache.get_many(keys) == [None] * 10
    assert store(cache, keys, b"new") == [None] * 10
    assert cache.get_many(keys) == [b"new"] * 10
    for key in keys:
        client.set(key_name(key), value + b"x")
    assert cache.publish([Publication(key, None, b"newer", 60) for key in keys]) == [None] * 10
    assert cache.get_many(keys) == [b"newer"] * 10
    client.close()


def test_a_server_that_forgot_the_scripts_is_told_them(caches, url):
    """After a restart or a flush the text is sent again, once."""
    cache, client = caches(), raw(url)
    leased(cache, fresh(20))
    client.script_flush()
    leased(cache, fresh(20))
    assert all(all(client.script_exists(CLAIM.sha)) for _ in range(3))
    client.close()


def test_parts_of_a_cluster_that_moved_are_followed(six_masters):
    """Also while they move: nobody has to be told, and no call fails."""
    cache, keys, late = SharedCache(Access((six_masters[0].url,), wait_s=5)), fresh(60), fresh(1)
    cache.servers.open()
    cache.servers._slots.reverse()  # as if all had moved since
    leased(cache, keys)
    assert cache.claim(keys) == [None] * 60
    slot, by_port = key_slot(key_name(late[0])), {node.port: node for node in six_masters}
    home = cache.servers._slots[slot]
    source = by_port[home.port]
    target = next(node for node in six_masters if node is not source)
    with source.client() as here, target.client() as there:
        ours, theirs = (client.execute_command("CLUSTER", "MYID").decode() for client in (here, there))
        there.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ours)
        here.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", theirs)
        try:
            store(cache, late)
            assert cache.get_many([*keys, *late]) == [None] * 60 + [b"answer"]
        finally:
            there.execute_command("ASKING")
            for client in (there, here):
                client.execute_command("CLUSTER", "SETSLOT", slot, "STABLE")
    cache.close()


def test_a_server_that_was_restarted_is_no_trouble():
    """The old connection is noticed before anything is sent on it."""
    with redis_server() as server:
        cache = SharedCache(Access((server.url,), wait_s=5))
        leased(cache, fresh(5))
    with redis_server(port=server.port):
        leased(cache, fresh(5))
    cache.close()


def test_racing_processes_get_one_lease_each(url):
    """Four processes claim the same 500 requests: each request is granted exactly once."""
    keys = fresh(500)
    code = (
        "import sys, ast\n"
        "from evalpipe.store.shared_cache import *\n"
        "from evalpipe.store.shared_access import Access\n"
        "cache = SharedCache(Access((sys.argv[1],), wait_s=5)); cache.servers.open()\n"
        "keys = ast.literal_eval(sys.argv[2]); print(flush=True); input()\n"
        "print(sum(isinstance(each, Lease) for at in range(0, 500, 20) for each in cache.claim(keys[at:at + 20])))\n"
    )
    words, pipe = [sys.executable, "-c", code, url, repr(keys)], subprocess.PIPE
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    children = [subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=environment) for _ in range(4)]
    for child in children:
        child.stdout.readline()
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    assert sum(int(child.communicate()[0]) for child in children) == 500


def test_a_budget_of_requests_is_shared(caches):
    """Two processes together get one second's worth at once, then the rate; the wait is until the next."""
    one, two, bucket, rates = caches(), caches(), fresh(1)[0][0], Rates(requests_per_s=20)
    assert one.take(bucket, rates, 15) == Grant(15, 0.0)
    got = two.take(bucket, rates, 15)
    assert 5 <= got.requests <= 6
    assert 0 < got.wait_s <= 0.05
    begun, granted = time.monotonic(), 0
    while time.monotonic() < begun + 0.5:
        for cache in (one, two):
            got = cache.take(bucket, rates, 3)
            granted += got.requests
        time.sleep(got.wait_s)
    assert 9 <= granted <= 12


def test_a_budget_of_tokens_is_shared_and_settled(caches):
    """What was estimated too low is paid back by waiting, what was too high is given back."""
    one, two, bucket, rates = caches(), caches(), fresh(1)[0][0], Rates(tokens_per_s=1000)
    assert one.take(bucket, rates, 3, 250) == Grant(3, 0.0)
    got = two.take(bucket, rates, 3, 250)
    assert got.requests == 1
    assert 0 < got.wait_s <= 0.25
    one.settle(bucket, 750)
    assert 0.7 < two.take(bucket, rates, 1, 250).wait_s <= 1.0
    one.settle(bucket, -1500)
    assert two.take(bucket, rates, 1, 250).requests == 1


def test_both_dimensions_of_a_budget_hold(caches):
    """The scarcer one decides; a request larger than the bucket waits until it is full, and leaves a debt."""
    cache, (a, b, c) = caches(), (key[0] + "b" for key in fresh(3))
    assert cache.take(a, Rates(5, 1000), 50, 10).requests == 5
    assert cache.take(b, Rates(500, 100), 50, 10).requests == 10
    assert cache.take(c, Rates(500, 100), 50, 1000).requests == 1
    assert 8.5 < cache.take(c, Rates(500, 100), 1, 100).wait_s <= 10
    assert cache.take(c + "none", Rates(), 50, 1000) == Grant(50, 0.0)


def test_a_foreign_value_in_a_buckets_place_is_no_trouble(caches, url):
    """It is taken away, and the bucket begins full."""
    cache, client, bucket = caches(), raw(url), fresh(1)[0][0]
    client.set(f"evalpipe:{{bucket:{bucket}}}", "x")
    cache.settle(bucket, 5)
    assert cache.take(bucket, Rates(7), 9).requests == 7
    client.close()


def test_a_budget_holds_for_four_processes_at_once(redis_alone):
    """100 requests a second: in a second four greedy processes get the first 100 and 100 more, and no more."""
    code = (
        "import sys, time\n"
        "from evalpipe.store.shared_cache import *\n"
        "from evalpipe.store.shared_access import Access\n"
        "cache = SharedCache(Access((sys.argv[1],), wait_s=5)); cache.servers.open(); print(flush=True); input()\n"
        "granted, end = 0, time.monotonic() + 1\n"
        "while time.monotonic() < end:\n"
        "    got = cache.take(sys.argv[2], Rates(100, 5000), 10, 50); granted += got.requests; time.sleep(got.wait_s)\n"
        "print(granted)\n"
    )
    words, pipe = [sys.executable, "-c", code, redis_alone.url, fresh(1)[0][0]], subprocess.PIPE
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    children = [subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=environment) for _ in range(4)]
    for child in children:
        child.stdout.readline()
    begun = time.monotonic()
    for child in children:
        child.stdin.write("\n")
        child.stdin.flush()
    granted = sum(int(child.communicate()[0]) for child in children)
    assert 185 <= granted <= 100 + 100 * (time.monotonic() - begun) + 1


def test_an_acl_user_with_the_rights_of_the_page(caches, url, redis_alone, six_masters):
    """The rights that docs/configuration.md lists are enough for every operation; a wrong password is not."""
    page = (ROOT / "docs" / "configuration.md").read_text().partition("needs `")[2].partition("`")[0]
    for node in (redis_alone, *six_masters):
        with node.client() as client:
            client.execute_command("ACL", "SETUSER", "evalpipe", "reset", "on", f">{SECRET}", *page.split())
    access = Access((url,), "evalpipe", SECRET, wait_s=5)
    cache, keys = SharedCache(access), fresh(40)
    store(cache, keys[:20])
    assert cache.get_many(keys[:20]) == [b"answer"] * 20
    leases = [lease for _, lease in leased(cache, keys[20:])]
    assert cache.renew(leases) == [True] * 20
    cache.release(leases)
    assert cache.take(keys[0][0], Rates(5, 50), 1, 1) == Grant(1, 0.0)
    cache.settle(keys[0][0], 1)
    cache.servers.check()
    cache.close()
    with pytest.raises(CacheError, match="invalid username-password") as refused:
        SharedCache(replace(access, password=SECRET + "x")).get_many(keys)
    assert SECRET not in f"{refused.value!r} {refused.value} {access!r} {cache!r} {cache.servers!r}"


def test_a_server_that_repeats_the_password_does_not_spread_it():
    """Redis quotes a command that it does not know, AUTH with its password too."""
    with redis_server("--rename-command", "AUTH", "") as server:
        with pytest.raises(CacheError, match=r"unknown command.*\[password\]") as refused:
            SharedCache(Access((server.url,), password=SECRET, wait_s=5)).claim(fresh(1))
        assert SECRET not in str(refused.value)
        assert refused.value.__suppress_context__


def test_tls(certificates):
    """With the authority's certificate all is well; without it, or in plain, the connection is refused."""
    with redis_server(ca=certificates) as server:
        access = Access((server.url,), tls_ca=certificates / "ca.pem", wait_s=5)
        cache, keys = SharedCache(access), fresh(1)
        store(cache, keys)
        assert cache.get_many(keys) == [b"answer"]
        cache.close()
        with pytest.raises(CacheError, match=r"(?i)certificate"):
            SharedCache(replace(access, tls_ca=None)).claim(keys)
        with pytest.raises(CacheError):
            SharedCache(replace(access, urls=(server.url.replace("rediss", "redis"),), wait_s=0.5)).claim(keys)


def test_a_dead_start_node_is_passed_over(six_masters):
    """Any of the addresses will do."""
    with redis_server() as gone:
        pass
    cache = SharedCache(Access((gone.url, six_masters[3].url), wait_s=5))
    leased(cache, fresh(5))
    assert len(cache.servers.masters()) == 6
    cache.close()


def test_no_server_at_all():
    """The address and the reason are named."""
    with redis_server() as gone:
        pass
    with pytest.raises(CacheError, match=rf"{gone.url}.*refused"):
        SharedCache(Access((gone.url,))).claim(fresh(3))


def test_a_full_server_keeps_what_it_has():
    """Under `noeviction` a claim says so, and what is known is still found."""
    with redis_server() as server, server.client() as client:
        cache, keys = SharedCache(Access((server.url,), wait_s=5)), fresh(2)
        store(cache, keys[:1])
        client.config_set("maxmemory", 1)
        with pytest.raises(PartlyError, match="used memory") as full:
            cache.claim(keys)
        assert full.value.outcomes == [UNSHARED, UNSHARED]
        assert cache.get_many(keys) == [b"answer", None]
        cache.close()


@given(st.binary(max_size=3000), st.binary(max_size=40), st.data())
@settings(max_examples=150, deadline=None)
def test_a_value_is_the_answer_or_nothing(answer, name, data):
    """Whatever the answer, it comes back; whatever is flipped, cut, added or put under another key, nothing does."""
    values = Values(1_000_000)
    value = values.encode(name, answer)
    assert values.decode(name, value) == answer
    assert values.decode(name + b"x", value) is None
    at = data.draw(st.integers(0, len(value) - 1))
    flipped = bytes([*value[:at], value[at] ^ data.draw(st.integers(1, 255)), *value[at + 1 :]])
    assert values.decode(name, flipped) is None
    assert values.decode(name, value[:at]) is None
    assert values.decode(name, value + b"\0") is None


@given(st.binary(max_size=200), st.booleans())
@settings(max_examples=150, deadline=None)
def test_what_others_wrote_is_nothing(value, ours):
    """Any bytes, also behind our own magic word, are no answer and no error."""
    assert Values(1_000_000).decode(b"key", ANSWER * ours + value) is None


def test_a_bomb_is_not_expanded():
    """A small value that would fill the memory is no answer, whatever it says of its length and however well signed."""
    import zstandard

    from evalpipe.store.shared_values import _HEADER, _checksum

    for length in (1000, 100_000_000):
        for size in (True, False):
            bomb = zstandard.ZstdCompressor(write_content_size=size).compress(bytes(100_000_000))
            head = _HEADER.pack(ANSWER, b"z", _checksum(b"key", b"z", length, bomb), length)
            assert Values(1_000_000).decode(b"key", head + bomb) is None

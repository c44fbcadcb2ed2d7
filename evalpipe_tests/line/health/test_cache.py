"""A shared cache that does not serve as it should: found by using it, on real servers, each with its mend."""

import shutil
import time
from importlib import import_module

import pytest

from evalpipe.line.health import examine
from evalpipe.store.shared_servers import Servers
from evalpipe_tests.line.health.looking import only
from evalpipe_tests.redis_servers import redis_cluster, redis_server

SECRET = "Geheim-4f9aQx81"  # of a server that lives for one test


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """`ask(toml)`: what is said of the cache; the password is in nothing of it."""
    monkeypatch.setenv("PASSWORD_OF_CACHE", SECRET)
    monkeypatch.setattr(import_module("evalpipe.line.health.cache"), "PATIENCE_S", 0.5)

    def run(toml: str, offline: bool = False):
        (tmp_path / "evalpipe.toml").write_text(f"[cache]\n{toml}\n")
        findings = examine(tmp_path / "evalpipe.toml", offline=offline)
        assert SECRET not in repr(findings)
        return [each for each in findings if each.check == "cache"]

    return run


def test_without_a_cache_nobody_is_asked(ask):
    """It is not needed, and its absence is no fault."""
    assert "none is configured" in only(ask(""), "ok").what


def test_offline_asks_nobody(ask):
    """Not even whether somebody listens."""
    assert only(ask("url = 'redis://127.0.0.1:1'", offline=True), "ok").what == "not asked: --offline"


def test_a_server_that_serves(ask, redis_alone):
    """Kind, memory and latency are told, and no probe is left behind."""
    with redis_alone.client() as client:
        before = client.dbsize()
        found = only(ask(f"url = '{redis_alone.url}'\nwait_ms = 1000"), "ok")
        assert client.dbsize() == before
    assert "one server; no memory limit" in found.what
    assert "ms for" in found.what


def test_a_cluster_that_serves(ask, six_masters):
    """One address of it is enough."""
    assert "a cluster of 6 masters" in only(ask(f"url = ['{six_masters[2].url}']\nwait_ms = 1000"), "ok").what


def test_a_cluster_of_which_a_part_is_down(ask):
    """The state is told with the command that shows more; what can still be asked is enough to tell it."""
    with redis_cluster(3) as nodes:
        nodes[1].kill()
        until = time.monotonic() + 10
        with nodes[0].client() as client:
            while b"cluster_state:ok" in client.execute_command("CLUSTER", "INFO"):
                assert time.monotonic() < until
                time.sleep(0.1)
        found = only(ask(f"url = '{nodes[0].url}'"), "bad")
    assert "16384" in found.what
    assert "--cluster check" in found.mend


@pytest.mark.parametrize(
    ("policy", "level", "what"),
    [
        ("noeviction", "warning", "refuses writes"),
        ("volatile-ttl", "warning", "drops leases first"),
        ("volatile-lru", "ok", "volatile-lru"),
        ("allkeys-lfu", "ok", "allkeys-lfu"),
    ],
)
def test_the_memory_policy(ask, policy, level, what):
    """A full server must make room, and not with the leases before all else."""
    with redis_server("--maxmemory", "100mb", "--maxmemory-policy", policy) as server:
        found = only(ask(f"url = '{server.url}'\nwait_ms = 1000"), level)
        assert what in found.what
        if level != "ok":
            assert "volatile-lru" in found.mend


@pytest.mark.parametrize(
    ("settings", "toml", "what", "mend"),
    [
        (["--requirepass", "x"], "", "Authentication required", "password_env"),
        (["--requirepass", "x"], "password_env = 'PASSWORD_OF_CACHE'", "invalid username-password", "password_env"),
        ([], "password_env = 'PASSWORD_OF_CACHE'", "without any password", "leave `password_env` out"),
        (["--rename-command", "AUTH", ""], "password_env = 'PASSWORD_OF_CACHE'", "[password]", "server's log"),
        (["--user", "default", "on", "nopass", "resetkeys", "~other:*", "+@all"], "", "No permissions", "rights"),
        (["--user", "default", "on", "nopass", "~*", "+@all", "-eval", "-evalsha"], "", "no permissions", "rights"),
        (["--maxmemory", "1"], "", "used memory", "maxmemory-policy volatile-lru"),
    ],
)
def test_a_server_that_does_not_let_us_in(ask, settings, toml, what, mend):
    """What it said, and what to do about it."""
    with redis_server(*settings) as server:
        found = [each for each in ask(f"url = '{server.url}'\n{toml}") if each.level == "bad"]
    assert what.lower() in only(found, "bad").what.lower()
    assert mend in found[0].mend


def test_nobody_there(ask):
    """Nobody listens; somebody listens and never answers; there is no such host."""
    with redis_server() as server:
        server.stop()
        assert "stuck or behind a firewall" in only(ask(f"url = '{server.url}'"), "bad").mend
        server.kill()
        assert "start the server" in only(ask(f"url = '{server.url}'"), "bad").mend
    assert "No such host" in only(ask("url = 'redis://host.invalid'"), "bad").mend


def test_tls_that_does_not_fit(ask, certificates, tmp_path):
    """An authority that is not known, plain words to a port of TLS and the other way round; a file that is missing."""
    shutil.copy(certificates / "ca.pem", tmp_path)
    with redis_server(ca=certificates) as server:
        assert only(ask(f"url = '{server.url}'\ntls_ca = 'ca.pem'\nwait_ms = 1000"), "ok")
        assert "tls_ca" in only(ask(f"url = '{server.url}'"), "bad").mend
        assert "rediss://" in only(ask(f"url = '{server.url.replace('rediss', 'redis')}'"), "bad").mend
        assert "tls_ca" in only(ask(f"url = '{server.url}'\ntls_ca = 'none.pem'"), "bad").mend
    with redis_server() as server:
        assert "redis://" in only(ask(f"url = '{server.url.replace('redis', 'rediss')}'"), "bad").mend


def test_a_cache_slower_than_the_wait(ask, redis_alone, monkeypatch):
    """It works, and every run would leave it out: the time that it takes stands beside the limit."""
    real = Servers.run

    def slow(self, commands):
        time.sleep(0.02)
        return real(self, commands)

    monkeypatch.setattr(Servers, "run", slow)
    found = only(ask(f"url = '{redis_alone.url}'\nwait_ms = 10"), "bad")
    assert "slower than wait_ms = 10" in found.what
    assert "near wait_ms = 45" in only(ask(f"url = '{redis_alone.url}'\nwait_ms = 45"), "warning").what


def test_a_variable_that_is_not_set(ask, monkeypatch):
    """It is named with what to type, once; what looks like the password itself is not repeated."""
    monkeypatch.delenv("PASSWORD_OF_CACHE")
    found = only(ask("url = 'redis://127.0.0.1:1'\npassword_env = 'PASSWORD_OF_CACHE'"), "bad")
    assert "export PASSWORD_OF_CACHE=" in found.mend
    found = only(ask("url = 'redis://127.0.0.1:1'\npassword_env = 'geheim4f9aQx81'"), "bad")
    assert "geheim" not in found.what + found.mend

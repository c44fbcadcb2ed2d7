"""The shared cache: reached, let in, whole, with room, written to and read, and fast enough to be waited for."""

import os
import statistics
import time
from dataclasses import replace

from evalpipe.config.cache import shared_access
from evalpipe.config.schema import Cache
from evalpipe.core.errors import CacheError
from evalpipe.line.health.finding import Finding, bad, ok, warning
from evalpipe.line.project import Project
from evalpipe.store.shared_access import Access, Address
from evalpipe.store.shared_cache import Lease, Publication, SharedCache
from evalpipe.store.shared_servers import Command
from evalpipe.store.shared_values import key_name

CACHE = "cache"

PATIENCE_S = 2.0  # longer than a run waits, so that a slow cache is told from a dead one
TRIES = 5
_PROBES = 16  # keys: with 6 masters, each gets one in all likelihood

# What is said, in small letters, and what to do about it; the first that fits.
_MENDS = (
    ("refused", "Nothing listens there: start the server, or correct `url` of [cache]."),
    ("name or service not known", "No such host: correct `url` of [cache]."),
    ("name resolution", "No such host: correct `url` of [cache], or see to this machine's network."),
    ("invalid username-password", "Correct `username` of [cache] and the variable that `password_env` names."),
    ("without any password", "The server has no password: leave `password_env` out."),
    ("authentication required", "Let `password_env` of [cache] name the variable that holds the server's password."),
    ("no such file", "`tls_ca` of [cache] names a file that is not there: correct it."),
    ("certificate", "Let `tls_ca` of [cache] name the authority's certificate, and `url` the host that it names."),
    ("ssl", "It does not speak TLS on that port: write redis:// in `url`, or the port that does."),
    ("permission", "Give the user the rights that docs/configuration.md lists."),
    ("no permissions", "Give the user the rights that docs/configuration.md lists."),
    ("used memory", "The server is full: raise `maxmemory`, or set `maxmemory-policy volatile-lru` there."),
    ("no server keeps", "Parts of the cluster are down: start them, and look at `redis-cli --cluster check`."),
    ("reset by peer", "Perhaps the server speaks TLS: write rediss:// in `url`. Else look at its log."),
    ("closed", "Perhaps the server speaks TLS: write rediss:// in `url`. Else look at its log."),
    (
        "timed out",
        "See whether the server is stuck or behind a firewall, and whether both speak TLS (rediss://, not redis://).",
    ),
    (
        "timeout",
        "See whether the server is stuck or behind a firewall, and whether both speak TLS (rediss://, not redis://).",
    ),
)
_LOOK = "Look at the server's log, and at [cache]. Without it a run works, and asks what other machines ask too."


def cache(project: Project) -> list[Finding]:
    """A probe of each kind of call, on keys of its own that are deleted. Waits some seconds at most."""
    section, access = project.config.file.cache, shared_access(project.config)
    if access is None:
        return [ok(CACHE, "none is configured: the answers table and the journal are the memory")]
    if section.password_env and not access.password:
        return [_without_password(section.password_env)]
    shared = SharedCache(replace(access, wait_s=max(access.wait_s, PATIENCE_S)))
    try:
        return _examined(shared, section, access)
    except CacheError as error:
        said = str(error).lower()
        return [bad(CACHE, str(error), next((mend for part, mend in _MENDS if part in said), _LOOK))]
    finally:
        shared.close()


def _examined(shared: SharedCache, section: Cache, access: Access) -> list[Finding]:
    masters = shared.servers.masters()
    if shared.servers.is_cluster and (broken := _state(shared, masters[0])):
        return broken
    findings = [_memory(shared, master) for master in masters] + [_probed(shared, section)]
    kind = f"a cluster of {len(masters)} masters" if shared.servers.is_cluster else "one server"
    return [each for each in findings if each.level != "ok"] or [_all_well(findings, access, kind)]


def _all_well(findings: list[Finding], access: Access, kind: str) -> Finding:
    said = "; ".join(dict.fromkeys(each.what for each in findings))
    return ok(CACHE, f"{', '.join(access.urls)}: {kind}; {said}")


def _without_password(variable: str) -> Finding:
    if variable.upper() != variable and variable not in os.environ:
        what = "[cache] password_env: no variable of that name; it is not shown, it could be the password itself"
        return bad(CACHE, what, 'Write the name, as in password_env = "REDIS_PASSWORD", and change the password.')
    what = f"[cache] password_env: the environment variable {variable} is not set"
    return bad(CACHE, what, f"Type `export {variable}=...`, or remove `password_env` where none is needed.")


def _state(shared: SharedCache, master: Address) -> list[Finding]:
    said = _fields(shared.servers.ask(master, "CLUSTER", "INFO"))
    if said.get("cluster_state") == "ok":
        return []
    missing = 16384 - int(said.get("cluster_slots_ok") or 0)
    what = f"the cluster's state is {said.get('cluster_state')}: {missing} of 16384 slots are not served"
    return [bad(CACHE, what, f"Type `redis-cli --cluster check {master.host}:{master.port}`, start what is down.")]


def _memory(shared: SharedCache, master: Address) -> Finding:
    """Whether new answers push out old ones. Everything that evalpipe writes expires, so `volatile-*` does it too."""
    said = _fields(shared.servers.ask(master, "INFO", "memory"))
    limit, policy = int(said.get("maxmemory") or 0), said.get("maxmemory_policy", "unknown")
    at = f"{master.host}:{master.port}"
    mend = f"Type `redis-cli -h {master.host} -p {master.port} config set maxmemory-policy volatile-lru`."
    if limit and policy == "noeviction":
        what = f"{at}: a full server refuses writes (maxmemory {limit / 1e6:,.0f} MB, maxmemory-policy noeviction)"
        return warning(CACHE, what, mend)
    if limit and policy == "volatile-ttl":
        what = f"{at}: a full server drops leases first (maxmemory-policy volatile-ttl), and requests are sent twice"
        return warning(CACHE, what, mend)
    return ok(CACHE, f"maxmemory {limit / 1e6:,.0f} MB, {policy}" if limit else "no memory limit")


def _probed(shared: SharedCache, section: Cache) -> Finding:
    mark = os.urandom(8).hex()
    keys = [(f"doctor-{mark}", number) for number in range(_PROBES)]
    leases = shared.claim(keys)
    items = [
        Publication(key, each, b"probe", 60) for key, each in zip(keys, leases, strict=True) if isinstance(each, Lease)
    ]
    shared.publish(items)
    found: list[bytes | None] = []
    took_s: list[float] = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        found = shared.get_many(keys)
        took_s.append(time.perf_counter() - begun)
    names = [key_name(key) for key in keys]
    deleted = shared.servers.run([Command(name, ("DEL", name)) for name in names])
    error = next((reply for reply in deleted if isinstance(reply, Exception)), None)
    if error is not None:
        raise shared.servers.trouble(error) from None
    if found != [b"probe"] * len(keys):
        return bad(CACHE, "what was written there cannot be read back", "See what else writes or deletes there.")
    took_ms = statistics.median(took_s) * 1000
    said = f"{took_ms:.1f} ms for {_PROBES} keys"
    mend = "Raise `wait_ms` of [cache] to a few times that, or let the cache stand nearer."
    if took_ms >= section.wait_ms:
        return bad(CACHE, f"{said}: slower than wait_ms = {section.wait_ms:g}, so it is always left out", mend)
    if took_ms > section.wait_ms / 3:
        return warning(CACHE, f"{said}: near wait_ms = {section.wait_ms:g}, so it is often left out", mend)
    return ok(CACHE, said)


def _fields(said: object) -> dict[str, str]:
    """`name:value` lines, as INFO gives them."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else ""
    return {name: value for name, _, value in (line.partition(":") for line in text.splitlines())}

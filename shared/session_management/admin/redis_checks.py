"""What the doctor looks at in Redis or Valkey."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from session_management.adapters.redis_inspection import RedisInspection
from session_management.admin.checks import Check, Status, clock_check, looked, untold
from session_management.clients.redis import Redis
from session_management.errors import StoreUnavailableError

_OLDEST_TESTED: Final = 7
_ASK_ANOTHER: Final = (
    "Look it up in the cache's own configuration, or ask as a user with +info: the service itself does not need it."
)


def redis_checks(redis: Redis, bound: timedelta, *, is_cluster: bool) -> list[Check]:
    """Return all of Redis' lines; with one that it does not answer the others are there, too."""
    inspection = RedisInspection(redis)
    looks: dict[str, Callable[[], Check]] = {
        "redis_version": lambda: _version(inspection),
        "redis_cluster": lambda: _cluster(inspection, is_expected=is_cluster),
        "redis_eviction": lambda: _eviction(inspection),
        "redis_clock": lambda: clock_check("redis_clock", "Redis", inspection.now, bound),
    }
    try:
        inspection.ping()
    except StoreUnavailableError as error:
        advice = "Look at the host, the user and its permissions (infra/redis), TLS and the network, in this order."
        down = Check("redis", Status.FAULT, f"Redis does not answer: {error.reason}", advice)
        return [down, *untold(looks, "Redis")]
    up = Check("redis", Status.OK, "Redis answers")
    return [up, *(looked(name, look, hint=_ASK_ANOTHER) for name, look in looks.items())]


def _version(inspection: RedisInspection) -> Check:
    name, version = inspection.version()
    found, facts = f"it is {name} {version}", {"server": name, "version": version}
    major = version.partition(".")[0]
    if not major.isdecimal() or int(major) < _OLDEST_TESTED:
        advice = f"Upgrade: nothing before Redis or Valkey {_OLDEST_TESTED} is tested."
        return Check("redis_version", Status.WARNING, found, advice, facts)
    return Check("redis_version", Status.OK, found, None, facts)


def _cluster(inspection: RedisInspection, *, is_expected: bool) -> Check:
    is_cluster = inspection.is_cluster()
    found = "it is a cluster" if is_cluster else "it is one server"
    facts = {"is_cluster": is_cluster, "is_expected": is_expected}
    if is_cluster != is_expected:
        advice = f"Set REDIS_CLUSTER={str(is_cluster).lower()}."
        return Check("redis_cluster", Status.FAULT, f"{found}, and the settings say otherwise", advice, facts)
    return Check("redis_cluster", Status.OK, f"{found}, as the settings say", None, facts)


def _eviction(inspection: RedisInspection) -> Check:
    policy = inspection.eviction_policy()
    facts = {"maxmemory_policy": policy}
    if policy == "noeviction":
        found = "maxmemory-policy is noeviction: when memory is full, copies and fences are refused, and none is lost"
        return Check("redis_eviction", Status.OK, found, None, facts)
    if policy.startswith("volatile-"):
        found = (
            f"maxmemory-policy is {policy}: when memory is full, copies go, which PostgreSQL makes up for, and fences,"
            " without which a revoked copy is believed until the revocation bound"
        )
        return Check("redis_eviction", Status.OK, found, None, facts)
    found = f"maxmemory-policy is {policy}: any key may go, a fence too, whenever others' keys need the memory"
    advice = "Set noeviction, or volatile-ttl, and give sessions a cache of their own with memory to spare."
    return Check("redis_eviction", Status.WARNING, found, advice, facts)

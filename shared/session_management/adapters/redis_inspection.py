"""What an operator may want to know of Redis or Valkey itself. In a cluster one of the nodes answers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from session_management.clients.redis import Redis
from session_management.errors import StoreUnavailableError

# Within what the service's user may do at least; nobody's session is called so.
_ANY_KEY: Final = "session:doctor"


class RedisInspection:
    """Questions about the server. Every method raises StoreUnavailableError if it does not answer, or may not."""

    def __init__(self, redis: Redis) -> None:
        """Use *redis*."""
        self._redis = redis

    def ping(self) -> None:
        """Read a copy, as a validation would."""
        self._redis.command("GET", _ANY_KEY)

    def version(self) -> tuple[str, str]:
        """Return the server's name and its version."""
        facts = self._info("server")
        if "valkey_version" in facts:
            return "Valkey", facts["valkey_version"]
        return "Redis", facts["redis_version"]

    def is_cluster(self) -> bool:
        """Return whether the server is a node of a cluster."""
        facts = self._info("server")
        # Valkey has another word for it since it took its own.
        return facts["server_mode" if "server_mode" in facts else "redis_mode"] == "cluster"

    def now(self) -> datetime:
        """Return what time it is by the server's clock."""
        return datetime.fromtimestamp(int(self._info("server")["server_time_usec"]) / 1_000_000, UTC)

    def eviction_policy(self) -> str:
        """Return what the server does when its memory is full."""
        try:
            return self._info("memory")["maxmemory_policy"]
        except StoreUnavailableError as error:
            if not error.is_up:
                raise
        _name, policy = self._redis.command("CONFIG", "GET", "maxmemory-policy")
        return str(policy.decode())

    def _info(self, section: str) -> Mapping[str, str]:
        lines: list[str] = self._redis.command("INFO", section).decode().splitlines()
        return _Facts(line.split(":", 1) for line in lines if ":" in line)


class _Facts(dict[str, str]):
    """What INFO says; a managed service leaves some of it out."""

    def __missing__(self, name: str) -> str:
        raise StoreUnavailableError("redis", f"it does not say {name}", is_up=True)

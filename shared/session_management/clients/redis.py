"""The connection to Redis or Valkey: one connection, one retry, time-outs, a breaker."""

import threading
from typing import TYPE_CHECKING, Any, Final

from session_management.breaker import Breaker
from session_management.clients.connection_age import ConnectionAge
from session_management.clients.credentials import Credentials
from session_management.deadline import has_time_for, within_deadline
from session_management.errors import StoreUnavailableError
from session_management.interfaces import Clock
from session_management.store_options import RedisOptions

if TYPE_CHECKING:
    from session_management.clients.redis_cluster import Cluster
    from session_management.clients.redis_connection import Address
    from session_management.clients.redis_node import Node

_STORE: Final = "redis"


class Redis:
    """Redis over one connection (one for each node of a cluster), opened at the first command.

    A command is sent again once if the connection broke (in a cluster also to whoever has the key now), never after
    a time-out: commands here are safe to repeat. Threads may share it; they take turns.
    """

    def __init__(self, options: RedisOptions, *, credentials: Credentials, breaker: Breaker, clock: Clock) -> None:
        """Connect nowhere yet."""
        self._options = options
        self._credentials = credentials
        self._breaker = breaker
        self._age = ConnectionAge(clock)
        self._client: Node | Cluster | None = None
        self._entries: list[Address] = [(options.host, options.port)]
        self._longest_timeout = max(options.timeout_seconds, options.connect_timeout_seconds)
        self._is_hurried = False
        self._lock = threading.RLock()

    def command(self, *words: str | bytes | int) -> Any:
        """Return the reply to one command, on one key wherever it is a cluster.

        Raises:
            StoreUnavailableError: no reply in time, or an error for a reply.
        """
        with self._lock, self._breaker:
            try:
                return self._send(words)
            except StoreUnavailableError:
                raise  # before anything was sent
            except BaseException as error:
                if self._is_worth_another_try(error):
                    return self._send_anew(words)
                self._raise_ours(error)
                raise

    @property
    def is_cluster(self) -> bool:
        """Whether two keys may lie on two nodes, so that no command can name both."""
        return self._options.is_cluster

    def close(self) -> None:
        """Close the connection; the next command opens another."""
        with self._lock:
            client, self._client = self._client, None
            if client:
                client.close()

    def _send(self, words: tuple[str | bytes | int, ...]) -> Any:
        client = self._client
        if client is not None and not self._age.use(client.owner_of(words)):
            self.close()
        if self._is_hurried or not has_time_for(self._longest_timeout):
            self._hurry()
        return (self._client or self._open()).execute_command(*words)

    def _hurry(self) -> None:
        """Shrink the time-outs of an open connection to what the request has left, or restore them."""
        timeout, connect_timeout = self._timeouts()
        is_hurried = self._is_short(timeout, connect_timeout)
        if self._client is None:
            return
        for connection in self._client.connections:
            connection.set_timeouts(timeout, connect_timeout)
        self._is_hurried = is_hurried

    def _is_short(self, timeout: float, connect_timeout: float) -> bool:
        options = self._options
        return timeout < options.timeout_seconds or connect_timeout < options.connect_timeout_seconds

    def _timeouts(self) -> tuple[float, float]:
        return (
            within_deadline(_STORE, self._options.timeout_seconds),
            within_deadline(_STORE, self._options.connect_timeout_seconds),
        )

    def _is_worth_another_try(self, error: BaseException) -> bool:
        """After a failure: whether newer credentials, or another look at the cluster, may help."""
        from redis.exceptions import RedisError

        from session_management.clients import redis_errors as errors

        if not isinstance(error, (RedisError, OSError)):
            # Half a handshake, or a reply still under way: nobody may go on from there.
            self.close()
            return False
        was_open = self._client is not None
        if errors.was_refused(error):
            self.close()
            return self._credentials.refresh()
        if errors.is_read_only(error):
            # After a failover the name leads elsewhere; this connection still leads here.
            self.close()
        if not (self._options.is_cluster and errors.is_of_a_cluster(error)):
            return False
        # Whatever the cluster looks like now, another of its nodes may know better than the one that was asked.
        self.close()
        self._entries.append(self._entries.pop(0))
        return was_open and errors.is_broken_connection(error)

    def _send_anew(self, words: tuple[str | bytes | int, ...]) -> Any:
        try:
            return self._send(words)
        except Exception as error:
            self._raise_ours(error)
            raise

    def _raise_ours(self, error: BaseException) -> None:
        """Raise what an error of redis-py means, and return where *error* is none."""
        from redis.exceptions import RedisError

        from session_management.clients.redis_errors import meaning_of

        if isinstance(error, (RedisError, OSError)):
            raise meaning_of(error) from error

    def _open(self) -> "Node | Cluster":
        client = self._open_cluster() if self._options.is_cluster else self._open_node(self._entries[0])
        self._client = client
        self._age.begin()
        return client

    def _open_cluster(self) -> "Cluster":
        from session_management.clients.redis_cluster import Cluster

        cluster = Cluster(self._entries[0], self._open_node)
        named = (self._options.host, self._options.port)
        self._entries = list(dict.fromkeys([self._entries[0], named, *cluster.addresses]))
        return cluster

    def _open_node(self, address: "Address") -> "Node":
        from session_management.clients.redis_connection import RedisConnection
        from session_management.clients.redis_node import Node

        timeouts = self._timeouts()
        self._is_hurried = self._is_short(*timeouts)
        return Node(RedisConnection(address, self._options, self._credentials, timeouts))


def import_redis() -> None:
    """Import what the first command would."""
    from session_management.clients import redis_cluster, redis_errors, redis_node  # noqa: F401

"""The connection to Redis or Valkey: one connection, one retry, time-outs, a breaker."""

import threading
from typing import TYPE_CHECKING, Any, Final

from session_management.breaker import Breaker
from session_management.clients.credentials import Credentials
from session_management.clients.redis_errors import (
    is_of_a_cluster,
    is_of_redis,
    is_of_the_node,
    is_read_only,
    meaning_of,
    was_refused,
)
from session_management.clients.redis_node import Address, Node, Timeouts, Word
from session_management.deadline import has_time_for, within_deadline
from session_management.errors import StoreUnavailableError
from session_management.interfaces import Clock
from session_management.store_options import RedisOptions

if TYPE_CHECKING:
    from session_management.clients.redis_cluster import Cluster

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
        self._clock = clock
        self._client: Node | Cluster | None = None
        self._entries: list[Address] = [(options.host, options.port)]
        self._usual_timeouts = Timeouts(options.timeout_seconds, options.connect_timeout_seconds)
        self._longest_timeout = max(self._usual_timeouts)
        self._is_hurried = False
        self._lock = threading.RLock()

    def command(self, *words: Word) -> Any:
        """Return the reply to one command, on one key wherever it is a cluster.

        Raises:
            StoreUnavailableError: no reply in time, or an error for a reply.
        """
        with self._lock:
            if self._breaker.failures:
                with self._breaker:
                    return self._command(words)
            # As nearly always: the breaker lets everything through, and need not be told of an answer.
            try:
                return self._command(words)
            except BaseException as error:
                self._breaker.count(error)
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

    def _command(self, words: tuple[Word, ...], *, is_again: bool = False) -> Any:
        try:
            if self._is_hurried or not has_time_for(self._longest_timeout):
                self._hurry()
            return (self._client or self._open()).execute_command(*words)
        except StoreUnavailableError:
            raise  # before anything was sent
        except BaseException as error:
            if not is_again and self._is_worth_another_try(error):
                return self._command(words, is_again=True)
            if is_of_redis(error):
                raise meaning_of(error) from error
            raise

    def _hurry(self) -> None:
        """Shrink the time-outs of an open connection to what the request has left, or restore them."""
        timeouts = self._timeouts()
        if self._client is not None:
            self._client.set_timeouts(timeouts)
            self._is_hurried = timeouts != self._usual_timeouts

    def _timeouts(self) -> Timeouts:
        return Timeouts(*(within_deadline(_STORE, seconds) for seconds in self._usual_timeouts))

    def _is_worth_another_try(self, error: BaseException) -> bool:
        """After a failure: whether newer credentials, or another look at the cluster, may help."""
        if not is_of_redis(error):
            # Half a handshake, or a reply still under way: nobody may go on from there.
            self.close()
            return False
        was_open = self._client is not None
        if was_refused(error):
            self.close()
            return self._credentials.refresh()
        if is_read_only(error):
            # After a failover the name leads elsewhere; this connection still leads here.
            self.close()
        if not (self._options.is_cluster and is_of_a_cluster(error)):
            return False
        # Whatever the cluster looks like now, another of its nodes may know better than the one that was asked.
        self.close()
        self._entries.append(self._entries.pop(0))
        return was_open and is_of_the_node(error)

    def _open(self) -> "Node | Cluster":
        self._client = self._open_cluster() if self._options.is_cluster else self._open_node(self._entries[0])
        return self._client

    def _open_cluster(self) -> "Cluster":
        from session_management.clients.redis_cluster import Cluster

        cluster = Cluster(self._entries[0], self._open_node, self._clock)
        named = (self._options.host, self._options.port)
        self._entries = list(dict.fromkeys([self._entries[0], named, *cluster.addresses]))
        return cluster

    def _open_node(self, address: Address) -> Node:
        timeouts = self._timeouts()
        self._is_hurried = timeouts != self._usual_timeouts
        return Node(address, self._options, self._credentials, timeouts, self._clock)

"""The connection to Redis or Valkey: one connection, one retry, time-outs, a breaker."""

import ssl
import threading
from typing import TYPE_CHECKING, Any, Final

from session_management.breaker import Breaker
from session_management.clients.connection_age import ConnectionAge
from session_management.clients.credentials import Credentials, FixedCredentials
from session_management.constants import SESSION_CONSTANTS
from session_management.deadline import within_deadline
from session_management.errors import StoreUnavailableError
from session_management.interfaces import Clock
from session_management.store_options import RedisOptions

if TYPE_CHECKING:
    import redis
    from redis.credentials import CredentialProvider

_STORE: Final = "redis"


class Redis:
    """Redis over one connection (one for each node of a cluster), opened at the first command.

    A command is sent again once if the connection broke, never after a time-out (a cluster's client looks at
    its nodes again, and may wait twice): commands here are safe to repeat. Threads may share it; they take turns.
    """

    def __init__(self, options: RedisOptions, *, credentials: Credentials, breaker: Breaker, clock: Clock) -> None:
        """Connect nowhere yet."""
        self._options = options
        self._credentials = credentials
        self._breaker = breaker
        self._age = ConnectionAge(clock)
        self._client: redis.Redis | redis.RedisCluster | None = None
        self._is_hurried = False
        self._lock = threading.RLock()

    def command(self, *words: str | bytes | int) -> Any:
        """Return the reply to one command on one key.

        Raises:
            StoreUnavailableError: no reply in time, or an error for a reply.
        """
        from redis.exceptions import RedisClusterException, RedisError

        with self._lock, self._breaker:
            try:
                return self._send(words)
            except (RedisError, RedisClusterException, OSError) as error:
                if _was_refused(error):
                    self.close()
                    if self._credentials.refresh():
                        return self._send_anew(words)
                raise self._meaning(error) from error
            except StoreUnavailableError as error:
                if error.was_tried:
                    self.close()
                raise
            except BaseException:
                # Half a handshake, or a reply still under way: nobody may go on from there.
                self.close()
                raise

    def close(self) -> None:
        """Close the connection; the next command opens another."""
        with self._lock:
            client, self._client = self._client, None
            if client:
                client.close()

    def _send(self, words: tuple[str | bytes | int, ...]) -> Any:
        self._replace_if_old(words)
        self._hurry()
        return self._open().execute_command(*words)

    def _replace_if_old(self, words: tuple[str | bytes | int, ...]) -> None:
        """Close what was idle, or open, for too long; in a cluster each node has a connection, used or idle."""
        client: Any = self._client
        if client is not None and not self._age.use(_node(client, words) if self._options.is_cluster else ""):
            self.close()

    def _hurry(self) -> None:
        """Shrink the time-outs of an open connection to what the request has left, and restore them later."""
        timeout, connect_timeout = self._timeouts()
        is_hurried = self._is_short(timeout, connect_timeout)
        client: Any = self._client
        if client is None or not (is_hurried or self._is_hurried):
            return
        if self._options.is_cluster:
            # Its connections are its own affair: it is opened anew, with the time-outs that hold now.
            self.close()
            return
        connection = client.connection
        connection.socket_timeout = timeout
        connection.socket_connect_timeout = connect_timeout
        connection.update_current_socket_timeout(timeout)
        self._is_hurried = is_hurried

    def _is_short(self, timeout: float, connect_timeout: float) -> bool:
        options = self._options
        return timeout < options.timeout_seconds or connect_timeout < options.connect_timeout_seconds

    def _timeouts(self) -> tuple[float, float]:
        return (
            within_deadline(_STORE, self._options.timeout_seconds),
            within_deadline(_STORE, self._options.connect_timeout_seconds),
        )

    def _send_anew(self, words: tuple[str | bytes | int, ...]) -> Any:
        from redis.exceptions import RedisClusterException, RedisError

        try:
            return self._send(words)
        except (RedisError, RedisClusterException, OSError) as error:
            raise self._meaning(error) from error

    def _meaning(self, error: Exception) -> StoreUnavailableError:
        from redis import exceptions

        if isinstance(error.__cause__, StoreUnavailableError):
            return error.__cause__
        if _was_refused(error):
            return StoreUnavailableError(_STORE, "it refused the user or the password")
        if isinstance(error, exceptions.MovedError):
            return StoreUnavailableError(_STORE, "it is a cluster: set REDIS_CLUSTER=true")
        if isinstance(error, exceptions.ReadOnlyError):
            # After a failover the name leads elsewhere; this connection still leads here.
            self.close()
        # A cluster's client looks for other nodes after a time-out, and says what came of that.
        if any(isinstance(one, exceptions.TimeoutError) for one in (error, error.__cause__, error.__context__)):
            return StoreUnavailableError(_STORE, "it did not answer in time")
        # redis-py says "connection" of everything; what was wrong with it is what it caught.
        return StoreUnavailableError(_STORE, type(error.__cause__ or error.__context__ or error).__name__)

    def _open(self) -> "redis.Redis | redis.RedisCluster":
        import redis

        if self._client is None:
            if self._options.is_cluster:
                self._client = redis.RedisCluster(**self._arguments(), max_connections=1)
            else:
                self._client = redis.Redis(
                    **self._arguments(), db=self._options.database, single_connection_client=True
                )
            self._age.begin()
        return self._client

    def _arguments(self) -> dict[str, Any]:
        from redis import exceptions
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        options = self._options
        timeout, connect_timeout = self._timeouts()
        self._is_hurried = self._is_short(timeout, connect_timeout)
        arguments: dict[str, Any] = {
            "host": options.host,
            "port": options.port,
            "socket_connect_timeout": connect_timeout,
            "socket_timeout": timeout,
            "retry": Retry(NoBackoff(), SESSION_CONSTANTS.REDIS.MAX_RETRIES, (exceptions.ConnectionError,)),
            "credential_provider": _provider(self._credentials),
            # ElastiCache refuses the CLIENT subcommands that newer handshakes send.
            "protocol": 2,
            "driver_info": None,
        }
        if options.uses_tls:
            arguments |= {
                "ssl": True,
                "ssl_ca_certs": options.ca_file,
                "ssl_check_hostname": True,
                "ssl_cert_reqs": "required",
                "ssl_min_version": ssl.TLSVersion.TLSv1_2,
            }
        return arguments


def import_redis() -> None:
    """Import what the first command would."""
    from redis import backoff, credentials, exceptions, retry  # noqa: F401


def _node(client: "redis.RedisCluster", words: tuple[str | bytes | int, ...]) -> str:
    """Return the name of the node that a command goes to, by its key."""
    from redis.exceptions import RedisClusterException

    try:
        return str(client.get_node_from_key(words[3 if words[0] in ("EVAL", "EVALSHA") else 1]).name)
    except RedisClusterException:
        return ""  # no node has its slot: the client looks at them again


def _was_refused(error: Exception) -> bool:
    """Tell whether the user or the password was refused; a cluster's client wraps what a node said."""
    from redis.exceptions import AuthenticationError

    return any(isinstance(one, AuthenticationError) for one in (error, error.__cause__))


def _provider(credentials: Credentials) -> "CredentialProvider | None":
    """Return what redis-py asks at each connection; None where there is nothing to authenticate with."""
    from redis.credentials import CredentialProvider

    class Provider(CredentialProvider):
        def get_credentials(self) -> tuple[str] | tuple[str, str]:
            user, password = credentials.get()
            return (user, password or "") if user else (password or "",)

    if isinstance(credentials, FixedCredentials) and credentials.get() == (None, None):
        return None
    return Provider()

"""The connection to Redis or Valkey: one connection, one retry, time-outs, a breaker."""

import ssl
import threading
from typing import TYPE_CHECKING, Any, Final

from session_management.breaker import Breaker
from session_management.clients.credentials import Credentials, FixedCredentials
from session_management.constants import SESSION_CONSTANTS
from session_management.deadline import within_deadline
from session_management.errors import StoreUnavailableError
from session_management.store_options import RedisOptions

if TYPE_CHECKING:
    import redis
    from redis.credentials import CredentialProvider

_STORE: Final = "redis"


class Redis:
    """Redis over one connection (one for each node of a cluster), opened at the first command.

    A command is sent again once if the connection broke, never after a time-out: commands here are safe to
    repeat. Threads may share it; they take turns.
    """

    def __init__(self, options: RedisOptions, *, credentials: Credentials, breaker: Breaker) -> None:
        """Connect nowhere yet."""
        self._options = options
        self._credentials = credentials
        self._breaker = breaker
        self._client: redis.Redis | redis.RedisCluster | None = None
        self._is_hurried = False
        self._lock = threading.RLock()

    def command(self, *words: str | bytes | int) -> Any:
        """Return the reply to one command on one key.

        Raises:
            StoreUnavailableError: no reply in time, or an error for a reply.
        """
        from redis.exceptions import AuthenticationError, RedisError

        with self._lock, self._breaker:
            try:
                return self._send(words)
            except AuthenticationError as error:
                self.close()
                if not self._credentials.refresh():
                    raise StoreUnavailableError(_STORE, "it refused the user or the password") from error
                return self._send_anew(words)
            except (RedisError, OSError) as error:
                raise self._meaning(error) from error
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
        client = self._open()
        self._hurry(client)
        return client.execute_command(*words)

    def _hurry(self, client: "redis.Redis | redis.RedisCluster") -> None:
        """Shrink the time-outs of the one connection to what the request has left, and restore them later."""
        timeout, connect_timeout = self._timeouts()
        is_hurried = timeout < self._options.timeout_seconds or connect_timeout < self._options.connect_timeout_seconds
        connection = getattr(client, "connection", None)
        if connection is None or not (is_hurried or self._is_hurried):
            return
        connection.socket_timeout = timeout
        connection.socket_connect_timeout = connect_timeout
        connection.update_current_socket_timeout(timeout)
        self._is_hurried = is_hurried

    def _timeouts(self) -> tuple[float, float]:
        return (
            within_deadline(_STORE, self._options.timeout_seconds),
            within_deadline(_STORE, self._options.connect_timeout_seconds),
        )

    def _send_anew(self, words: tuple[str | bytes | int, ...]) -> Any:
        from redis.exceptions import RedisError

        try:
            return self._send(words)
        except (RedisError, OSError) as error:
            raise self._meaning(error) from error

    def _meaning(self, error: Exception) -> StoreUnavailableError:
        from redis import exceptions

        if isinstance(error, exceptions.MovedError):
            return StoreUnavailableError(_STORE, "it is a cluster: set REDIS_CLUSTER=true")
        if isinstance(error, exceptions.ReadOnlyError):
            # After a failover the name leads elsewhere; this connection still leads here.
            self.close()
        if isinstance(error, exceptions.TimeoutError):
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
        return self._client

    def _arguments(self) -> dict[str, Any]:
        from redis import exceptions
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        options = self._options
        timeout, connect_timeout = self._timeouts()
        self._is_hurried = True
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

"""The two connections of this execution environment: at most one to each store."""

import threading
from collections.abc import Callable
from typing import Final

from session_management.breaker import Breaker
from session_management.clients.aws_sdk import import_sdk
from session_management.clients.credentials import Credentials, FixedCredentials
from session_management.clients.iam_tokens import ElastiCacheTokenCredentials, RdsTokenCredentials
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from session_management.clients.secrets_manager import SecretCredentials
from session_management.interfaces import Clock, Observer
from session_management.store_options import PostgresOptions, RedisOptions


class _OnlyOne[Options, Client: (Postgres, Redis)]:
    """Holds one store's client; one made with other options is closed and replaced."""

    def __init__(self) -> None:
        self._held: tuple[Options, Client] | None = None
        self._lock = threading.Lock()

    def get(self, options: Options, make: Callable[[], Client]) -> Client:
        with self._lock:
            if self._held is None or self._held[0] != options:
                self._close()
                self._held = options, make()
            return self._held[1]

    def close(self) -> None:
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._held:
            self._held[1].close()
        self._held = None


_postgres: Final = _OnlyOne[PostgresOptions, Postgres]()
_redis: Final = _OnlyOne[RedisOptions, Redis]()


def postgres_for(options: PostgresOptions, *, clock: Clock, observer: Observer) -> Postgres:
    """Return this environment's PostgreSQL client, made with *options*."""
    return _postgres.get(options, lambda: new_postgres(options, clock=clock, observer=observer))


def new_postgres(options: PostgresOptions, *, clock: Clock, observer: Observer) -> Postgres:
    """Return a PostgreSQL client besides this environment's; whoever asks for it closes it."""
    breaker = Breaker("postgresql", clock=clock, observer=observer)
    credentials = _postgres_credentials(options, clock)
    return Postgres(options, credentials=credentials, breaker=breaker, clock=clock)


def close_postgres() -> None:
    """Close and forget this environment's PostgreSQL client."""
    _postgres.close()


def redis_for(options: RedisOptions, *, clock: Clock, observer: Observer) -> Redis:
    """Return this environment's Redis client, made with *options*."""
    return _redis.get(options, lambda: new_redis(options, clock=clock, observer=observer))


def new_redis(options: RedisOptions, *, clock: Clock, observer: Observer) -> Redis:
    """Return a Redis client besides this environment's; whoever asks for it closes it."""
    breaker = Breaker("redis", clock=clock, observer=observer)
    credentials = _redis_credentials(options, clock)
    return Redis(options, credentials=credentials, breaker=breaker, clock=clock)


def close_redis() -> None:
    """Close and forget this environment's Redis client."""
    _redis.close()


def import_drivers(postgres: PostgresOptions, redis: RedisOptions) -> None:
    """Import what the first use of clients with these options would, and open nothing."""
    import session_management.clients.pg8000_connection

    if redis.is_cluster:
        import session_management.clients.redis_cluster  # noqa: F401
    for options in (postgres, redis):
        if options.secret_arn or options.uses_iam:
            import_sdk()


def _postgres_credentials(options: PostgresOptions, clock: Clock) -> Credentials:
    if options.uses_iam:
        return RdsTokenCredentials(options)
    if options.secret_arn:
        return SecretCredentials("postgresql", options.secret_arn, user=options.user, clock=clock)
    return FixedCredentials(options.user, options.password)


def _redis_credentials(options: RedisOptions, clock: Clock) -> Credentials:
    if options.uses_iam:
        return ElastiCacheTokenCredentials(options)
    if options.secret_arn:
        return SecretCredentials("redis", options.secret_arn, user=options.user, clock=clock)
    return FixedCredentials(options.user, options.password)

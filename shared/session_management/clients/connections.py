"""The two connections of this execution environment: at most one to each store."""

import threading
from typing import Final

from session_management.breaker import Breaker
from session_management.clients.credentials import postgres_credentials, redis_credentials
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from session_management.interfaces import Clock, Observer
from session_management.store_options import PostgresOptions, RedisOptions

_lock: Final = threading.RLock()
_postgres: tuple[PostgresOptions, Postgres] | None = None
_redis: tuple[RedisOptions, Redis] | None = None


def get_postgres(options: PostgresOptions, *, clock: Clock, observer: Observer) -> Postgres:
    """Return this environment's PostgreSQL client; one made with other options is closed and replaced."""
    global _postgres
    with _lock:
        if _postgres is None or _postgres[0] != options:
            close_postgres()
            breaker = Breaker("postgresql", clock=clock, observer=observer)
            credentials = postgres_credentials(options, clock=clock)
            _postgres = options, Postgres(options, credentials=credentials, breaker=breaker)
        return _postgres[1]


def close_postgres() -> None:
    """Close and forget this environment's PostgreSQL client."""
    global _postgres
    with _lock:
        if _postgres:
            _postgres[1].close()
        _postgres = None


def get_redis(options: RedisOptions, *, clock: Clock, observer: Observer) -> Redis:
    """Return this environment's Redis client; one made with other options is closed and replaced."""
    global _redis
    with _lock:
        if _redis is None or _redis[0] != options:
            close_redis()
            breaker = Breaker("redis", clock=clock, observer=observer)
            _redis = (
                options,
                Redis(options, credentials=redis_credentials(options, clock=clock), breaker=breaker),
            )
        return _redis[1]


def close_redis() -> None:
    """Close and forget this environment's Redis client."""
    global _redis
    with _lock:
        if _redis:
            _redis[1].close()
        _redis = None

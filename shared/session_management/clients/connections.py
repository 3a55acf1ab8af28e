"""The two connections of this execution environment: at most one to each store."""

import threading
from collections.abc import Callable
from typing import Final

from session_management.breaker import Breaker
from session_management.clients.credentials import postgres_credentials, redis_credentials
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
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

    def make() -> Postgres:
        breaker = Breaker("postgresql", clock=clock, observer=observer)
        return Postgres(options, credentials=postgres_credentials(options, clock=clock), breaker=breaker)

    return _postgres.get(options, make)


def close_postgres() -> None:
    """Close and forget this environment's PostgreSQL client."""
    _postgres.close()


def redis_for(options: RedisOptions, *, clock: Clock, observer: Observer) -> Redis:
    """Return this environment's Redis client, made with *options*."""

    def make() -> Redis:
        breaker = Breaker("redis", clock=clock, observer=observer)
        return Redis(options, credentials=redis_credentials(options, clock=clock), breaker=breaker)

    return _redis.get(options, make)


def close_redis() -> None:
    """Close and forget this environment's Redis client."""
    _redis.close()

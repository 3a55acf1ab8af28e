"""The factory: one user manager for each execution environment, kept over warm invocations."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import replace
from datetime import datetime
from typing import Any, Final

from session_management.clients import connections
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from session_management.clock import SystemClock
from session_management.managers.user_manager import UserManager
from session_management.observability import LoggingObserver, SilentObserver, logger
from session_management.settings import Settings

_CLOCK: Final = SystemClock()


class UserManagerFactory:
    """Builds the manager that the settings ask for, once, and gives the same one from then on.

    The environment is read at the first call, and again only after `clear_cache`. A failure is never kept.
    """

    _lock = threading.RLock()
    _of_environment: Settings | None = None
    _cached: tuple[Settings, UserManager] | None = None

    @classmethod
    def create(cls, settings: Settings | None = None) -> UserManager:
        """Return the manager for *settings*, or for the environment's.

        One manager is kept: other settings close the connections of the one before and replace it.

        Raises:
            ConfigurationError: the environment's settings cannot work; it says all that is wrong.
        """
        with cls._lock:
            settings = settings or cls.settings()
            if cls._cached and (cls._cached[0] is settings or cls._cached[0] == settings):
                _tell(settings, "a user manager was reused")
                return cls._cached[1]
            cls._close()
            manager = _build(settings)
            cls._cached = settings, manager
            return manager

    @classmethod
    def create_for_context(cls) -> UserManager:
        """Return `create()`: the original's second name for it."""
        return cls.create()

    @classmethod
    def get_cached_instance(cls) -> UserManager | None:
        """Return the manager that is kept, or None."""
        cached = cls._cached
        return cached[1] if cached else None

    @classmethod
    def clear_cache(cls) -> None:
        """Forget the manager and the environment's settings, and close the connections to both stores."""
        with cls._lock:
            cls._close()
            cls._of_environment = None

    @classmethod
    def settings(cls) -> Settings:
        """Return the environment's settings, read once. Raises ConfigurationError."""
        read = cls._of_environment
        if read is None:
            with cls._lock:
                read = cls._of_environment = cls._of_environment or Settings.from_environment()
        return read

    @classmethod
    def now(cls) -> datetime:
        """Return the present by the clock that managers go by."""
        return _CLOCK.now()

    @classmethod
    def _close(cls) -> None:
        cls._cached = None
        connections.close_postgres()
        connections.close_redis()


def get_postgres(*, statement_seconds: float | None = None) -> Postgres:
    """Return this execution environment's only connection to PostgreSQL, as its settings say. It opens when it is used.

    *statement_seconds* replaces the setting's time-out, for work such as migrations that takes long.
    """
    settings = UserManagerFactory.settings()
    options = settings.postgres
    if statement_seconds is not None:
        options = replace(options, timeout_seconds=statement_seconds)
    return connections.postgres_for(options, clock=_CLOCK, observer=LoggingObserver(settings.mode, clock=_CLOCK))


def get_redis() -> Redis:
    """Return this execution environment's only connection to Redis, as its settings say. It opens when it is used."""
    settings = UserManagerFactory.settings()
    return connections.redis_for(settings.redis, clock=_CLOCK, observer=LoggingObserver(settings.mode, clock=_CLOCK))


@contextmanager
def fresh_clients() -> Iterator[tuple[Postgres, Redis]]:
    """Give clients of both stores that know nothing of past failures, and close them; for looking the stores over.

    What fails is told to nobody but the caller.
    """
    settings, observer = UserManagerFactory.settings(), SilentObserver()
    postgres = connections.new_postgres(settings.postgres, clock=_CLOCK, observer=observer)
    redis = connections.new_redis(settings.redis, clock=_CLOCK, observer=observer)
    with ExitStack() as opened:
        opened.callback(redis.close)
        opened.callback(postgres.close)
        yield postgres, redis


def _build(settings: Settings) -> UserManager:
    observer = LoggingObserver(settings.mode, clock=_CLOCK)
    if settings.mode == "mock":
        from session_management.managers.mock import MockUserManager

        _explain_mock(settings)
        return MockUserManager(policy=settings.policy, clock=_CLOCK, observer=observer)
    from session_management.managers.production import ProductionUserManager

    why = f"APP_ENV is {settings.runtime.asked_for!r} and both stores are configured"
    _tell(settings, "a user manager over PostgreSQL and Redis was built", mode=settings.mode, reason=why)
    return ProductionUserManager(
        postgres=connections.postgres_for(settings.postgres, clock=_CLOCK, observer=observer),
        redis=connections.redis_for(settings.redis, clock=_CLOCK, observer=observer),
        policy=settings.policy,
        clock=_CLOCK,
        observer=observer,
    )


def _explain_mock(settings: Settings) -> None:
    runtime = settings.runtime
    if runtime.is_forced:
        why = "FORCE_MOCK_MODE is true"
    elif runtime.environment == "development":
        why = "DATABASE_URL and REDIS_URL are not both set"
        logger().warning("development runs on memory, nothing is kept", reason=why)
    else:
        why = f"APP_ENV is {runtime.asked_for!r}" if runtime.asked_for else "APP_ENV is not set"
    _tell(settings, "a user manager over memory was built", mode="mock", reason=why)


def _tell(settings: Settings, message: str, **facts: Any) -> None:
    if settings.mode != "production":
        logger().debug(message, **facts)

"""User managers over real servers or memory, with a told clock and any policy."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.breaker import Breaker
from session_management.clients.credentials import FixedCredentials
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from session_management.managers.mock import MockUserManager
from session_management.managers.production import ProductionUserManager
from session_management.managers.user_manager import UserManager
from session_management.policy import SessionPolicy
from tests.support.clock import ToldClock
from tests.support.observer import RecordingObserver
from tests.support.policies import a_policy
from tests.support.servers import server_settings


@dataclass(frozen=True)
class Environment:
    """One execution environment over real servers: its manager, its two connections, its clock and observer."""

    manager: UserManager
    postgres: Postgres
    redis: Redis
    clock: ToldClock
    observer: RecordingObserver
    policy: SessionPolicy

    def close(self) -> None:
        """Close both connections."""
        self.postgres.close()
        self.redis.close()


@contextmanager
def an_environment(
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    clock: ToldClock,
    policy: SessionPolicy | None = None,
    **variables: str,
) -> Iterator[Environment]:
    """Wire a manager to the servers, over connections of its own; *variables* are settings of the clients."""
    settings = server_settings(postgres, valkey, **variables)
    observer, policy = RecordingObserver(), policy or a_policy()
    clients = (
        Postgres(
            settings.postgres,
            credentials=FixedCredentials(settings.postgres.user, settings.postgres.password),
            breaker=Breaker("postgresql", clock=clock, observer=observer),
            clock=clock,
        ),
        Redis(
            settings.redis,
            credentials=FixedCredentials(settings.redis.user, settings.redis.password),
            breaker=Breaker("redis", clock=clock, observer=observer),
            clock=clock,
        ),
    )
    manager = ProductionUserManager(
        postgres=clients[0], redis=clients[1], policy=policy, clock=clock, observer=observer
    )
    environment = Environment(manager, *clients, clock, observer, policy)
    try:
        yield environment
    finally:
        environment.close()


def a_mock_manager(clock: ToldClock, policy: SessionPolicy | None = None) -> MockUserManager:
    """Return the manager of mock mode, with its demo users."""
    return MockUserManager(policy=policy or a_policy(), clock=clock, observer=RecordingObserver())

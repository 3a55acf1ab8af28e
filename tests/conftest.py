"""Fixtures of several suites: real servers, started once and emptied for each test, and told time."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pg8000.native
import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.factory import UserManagerFactory
from session_management.observability import logger
from session_management.policy import SessionPolicy
from tests.support.cheap_hashes import cheap_hashes
from tests.support.clock import ToldClock
from tests.support.managers import Environment, an_environment
from tests.support.observer import RecordingObserver
from tests.support.servers import empty, prepare, sql_connection, valkey_connection

type MakeEnvironment = Callable[..., Environment]


@pytest.fixture(scope="session", autouse=True)
def service_logger() -> None:
    """The logger, which writes to standard output as it is when it is made: before a test has one of its own."""
    logger()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[EmbeddedPostgres]:
    """PostgreSQL with the newest schema, for the whole run."""
    with EmbeddedPostgres(durable=False) as server:
        prepare(server)
        yield server


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[EmbeddedValkey]:
    """Valkey, for the whole run."""
    with EmbeddedValkey() as server:
        yield server


@pytest.fixture
def sql(postgres_server: EmbeddedPostgres) -> Iterator[pg8000.native.Connection]:
    """A look into PostgreSQL, emptied, behind the service's back."""
    with sql_connection(postgres_server) as connection:
        empty(connection)
        yield connection


@pytest.fixture
def keys(valkey_server: EmbeddedValkey) -> Iterator[redis.Redis]:
    """A look into Valkey, emptied, behind the service's back."""
    with valkey_connection(valkey_server) as connection:
        connection.flushall()
        yield connection


@pytest.fixture
def postgres(postgres_server: EmbeddedPostgres, sql: pg8000.native.Connection) -> EmbeddedPostgres:
    """PostgreSQL without a row."""
    return postgres_server


@pytest.fixture
def valkey(valkey_server: EmbeddedValkey, keys: redis.Redis) -> EmbeddedValkey:
    """Valkey without a key."""
    return valkey_server


@pytest.fixture
def clock() -> ToldClock:
    """The service's clock."""
    return ToldClock()


@pytest.fixture
def observer() -> RecordingObserver:
    """Remembers what the rules reported."""
    return RecordingObserver()


@pytest.fixture
def make_environment(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, clock: ToldClock) -> Iterator[MakeEnvironment]:
    """Make execution environments over the emptied servers: (policy, **settings)."""
    with ExitStack() as made:

        def make(policy: SessionPolicy | None = None, **variables: str) -> Environment:
            return made.enter_context(an_environment(postgres, valkey, clock, policy, **variables))

        yield make


@pytest.fixture
def environment(make_environment: MakeEnvironment) -> Environment:
    """One execution environment under the default policy."""
    return make_environment()


@pytest.fixture
def cheap_passwords() -> Iterator[None]:
    """Hash at next to no cost, where the cost is not what a test is about."""
    with cheap_hashes():
        yield


@pytest.fixture
def fresh_factory() -> Iterator[type[UserManagerFactory]]:
    """The factory with nothing cached, before and after."""
    UserManagerFactory.clear_cache()
    yield UserManagerFactory
    UserManagerFactory.clear_cache()

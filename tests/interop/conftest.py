"""Both applications over the same stores, which run at the time that the tests tell."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pg8000.native
import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management import UserManagerFactory
from session_management.models import CreateUserData, User
from tests.conftest import MakeEnvironment
from tests.interop.here import EMAIL, PASSWORD, Functions
from tests.interop.original_application import Original, OriginalProcess, original_process
from tests.support.clock import ToldClock
from tests.support.managers import Environment
from tests.support.policies import a_policy
from tests.support.servers import server_environment

type Running = dict[bool, OriginalProcess]


@pytest.fixture(scope="session")
def running(postgres_server: EmbeddedPostgres, valkey_server: EmbeddedValkey) -> Iterator[Running]:
    """The original's processes, by how its logout is read: whether an undefined field clears its column."""
    with ExitStack() as started:
        yield {
            clears: started.enter_context(original_process(postgres_server, valkey_server, undefined_clears=clears))
            for clears in (False, True)
        }


@pytest.fixture
def original(running: Running, clock: ToldClock, keys: redis.Redis, sql: pg8000.native.Connection) -> Original:
    """The original as its text reads: Prisma leaves alone what is undefined."""
    return Original(running[False], clock)


@pytest.fixture(params=[False, True], ids=["undefined is left alone", "undefined clears"])
def either_original(
    request: pytest.FixtureRequest,
    running: Running,
    clock: ToldClock,
    keys: redis.Redis,
    sql: pg8000.native.Connection,
) -> Original:
    """The original under both readings of its logout."""
    return Original(running[request.param], clock)


@pytest.fixture
def here(
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    monkeypatch: pytest.MonkeyPatch,
    fresh_factory: type[UserManagerFactory],
    cheap_passwords: None,
) -> Functions:
    """The functions, set up to run beside the original."""
    settings = {"SESSION_ID_AT_REST": "plain", "COOKIE_NAME": "sessionId"}
    for name, value in server_environment(postgres, valkey, **settings).items():
        monkeypatch.setenv(name, value)
    return Functions()


@pytest.fixture
def env(make_environment: MakeEnvironment) -> Environment:
    """The rules by themselves, where the time is told."""
    return make_environment(a_policy(at_rest="plain"))


@pytest.fixture
def ann(env: Environment, cheap_passwords: None) -> User:
    """A user of both applications."""
    return env.manager.create(CreateUserData(email=EMAIL, password=PASSWORD))


@pytest.fixture
def pass_time(env: Environment, keys: redis.Redis, sql: pg8000.native.Connection) -> Callable[[float], None]:
    """Let seconds pass for both applications and both stores."""
    sql.run("INSERT INTO told.clock VALUES (:now)", now=env.clock.now())

    def advance(seconds: float) -> None:
        env.clock.advance(seconds)
        sql.run("UPDATE told.clock SET at = :now", now=env.clock.now())
        for name in keys.scan_iter():
            keys.pexpire(name, keys.pttl(name) - round(seconds * 1000))

    return advance

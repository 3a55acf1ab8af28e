"""Secrets that rotate, and secrets that are wrong, as whoever calls the service sees them."""

from collections.abc import Callable, Iterator
from typing import Any, Final

import pg8000.native
import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management import factory
from session_management.factory import UserManagerFactory
from session_management.models import CreateUserData, SessionMetadata
from tests.functions.service import handler_of, told
from tests.integration.clients.conftest import Secret
from tests.support.clock import ToldClock
from tests.support.contexts import FakeContext
from tests.support.http_events import http_event
from tests.support.log import Log
from tests.support.managers import Environment

USER: Final = "rotating"

type Validate = Callable[[], tuple[int, str | None]]


class Stores:
    """Both stores, which one user may use with one password, and what rotates it."""

    def __init__(self, sql: pg8000.native.Connection, keys: redis.Redis) -> None:
        self._sql = sql
        self._keys = keys

    def allow(self, password: str) -> None:
        """Let the user in with *password* alone, end its connections, and lose its copies."""
        self._sql.run(f"ALTER ROLE {USER} PASSWORD '{password}'")
        self._sql.run(f"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = '{USER}'")
        self._keys.acl_setuser(
            USER, enabled=True, reset_passwords=True, passwords=["+" + password], commands=["+@all"], keys=["*"]
        )
        self._keys.client_kill_filter(user=USER)
        self._keys.flushall()


@pytest.fixture
def stores(sql: pg8000.native.Connection, keys: redis.Redis) -> Iterator[Stores]:
    sql.run(f"CREATE ROLE {USER} SUPERUSER LOGIN")
    yield Stores(sql, keys)
    keys.acl_deluser(USER)
    sql.run(f"DROP ROLE {USER}")


@pytest.fixture
def log() -> Iterator[Log]:
    with Log.captured() as captured:
        yield captured


@pytest.fixture
def variables(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, secret: Secret) -> dict[str, str]:
    """The function's settings: one secret is for both stores."""
    return {
        "APP_ENV": "production",
        "DATABASE_HOST": postgres.host,
        "DATABASE_PORT": str(postgres.port),
        "DATABASE_NAME": postgres.database,
        "DATABASE_SSLMODE": "disable",
        "DATABASE_SECRET_ARN": secret.arn,
        "REDIS_HOST": valkey.host,
        "REDIS_PORT": str(valkey.port),
        "REDIS_TLS": "false",
        "REDIS_SECRET_ARN": secret.arn,
    }


@pytest.fixture
def validate(
    environment: Environment,
    variables: dict[str, str],
    clock: ToldClock,
    fresh_factory: type[UserManagerFactory],
    monkeypatch: pytest.MonkeyPatch,
) -> Validate:
    """Ask the function whose session it is, of one that Ann has."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(factory, "_CLOCK", clock)
    ann = environment.manager.create(CreateUserData(email="ann@example.com"))
    session_id = environment.manager.create_session(ann.id, SessionMetadata(), 3600)
    event = http_event(headers={"authorization": f"Bearer {session_id}"})

    def answer() -> tuple[int, str | None]:
        answered: dict[str, Any] = handler_of("Validate")(event, FakeContext(seconds=10, function="Validate"))
        return told(answered)

    return answer


def test_a_rotation_of_both_stores_costs_a_fetch_each_and_no_error(
    validate: Validate, stores: Stores, secret: Secret, clock: ToldClock, log: Log
) -> None:
    for rotation, password in enumerate(("canary-first", "canary-second", "canary-third"), start=1):
        secret.hold(username=USER, password=password)
        stores.allow(password)
        clock.advance(60)
        assert validate() == (200, None)
        assert validate() == (200, None)
        assert secret.fetches == 2 * rotation
    assert "canary" not in log.text
    assert not log.saying("a store failed")


def test_a_password_that_is_wrong_twice_is_an_outage(
    validate: Validate, stores: Stores, secret: Secret, clock: ToldClock, log: Log
) -> None:
    """P6: nobody is told to be logged out. Nor is Secrets Manager asked again and again, or the secret logged."""
    secret.hold(username=USER, password="canary-first")
    stores.allow("canary-first")
    assert validate() == (200, None)
    stores.allow("second")
    clock.advance(60)
    for _ in range(5):
        assert validate() == (503, "unavailable")
        clock.advance(1.9)
    assert secret.fetches == 4
    assert "SQLSTATE 28P01, the password is wrong" in log.text
    assert "it refused the user or the password" in log.text
    secret.hold(username=USER, password="second")
    clock.advance(3)
    assert validate() == (200, None)
    assert secret.fetches == 6
    assert "canary" not in log.text


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException"])
def test_a_secret_that_cannot_be_read_is_an_outage_that_says_why(
    validate: Validate, stores: Stores, secret: Secret, log: Log, code: str
) -> None:
    secret.hold(username=USER, password="canary-first")
    stores.allow("canary-first")
    secret.refusal = code
    assert validate() == (503, "unavailable")
    assert f"its secret cannot be read ({code})" in log.text
    assert "canary" not in log.text
    secret.refusal = None
    assert validate() == (200, None)

"""P7: the same events in production mode: what they hold reaches PostgreSQL and Valkey, or is kept from them."""

from collections.abc import Iterator
from typing import Any

import pg8000.native
import pytest
from hypothesis import HealthCheck, given, settings

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.clients.postgres import Postgres
from session_management.clients.redis import Redis
from session_management.factory import UserManagerFactory
from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.models import CreateUserData
from session_management.tokens import handle_of
from tests.functions.service import Service
from tests.fuzz.events import anything, logins
from tests.fuzz.properties import check
from tests.support.servers import server_environment

EXAMPLES = 150
FUNCTIONS = ("Login", "Register", "Password", "Validate", "Logout", "Sessions", "Authorizer", "Sweeper", "Admin")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What either store is asked."""
    asked: list[str] = []

    def watch(client: type, name: str) -> None:
        ask = getattr(client, name)

        def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
            asked.append(name)
            return ask(self, *args, **kwargs)

        monkeypatch.setattr(client, name, watched)

    watch(Redis, "command")
    watch(Postgres, "_perform")
    return asked


@pytest.fixture
def production(
    postgres: EmbeddedPostgres, valkey: EmbeddedValkey, sql: pg8000.native.Connection, service: Service
) -> Iterator[Service]:
    """The functions over real servers, with the demo user and her session of the event files."""
    service.configure(**server_environment(postgres, valkey, DATABASE_POOLER="none"))
    user = service.manager.create(CreateUserData("demo@example.com", DEMO_PASSWORD))
    sql.run(
        "INSERT INTO sessions (id, user_id, expires_at) VALUES (:id, :user_id, now() + interval '7 days')",
        id=handle_of(DEMO_SESSION_ID),
        user_id=user.id,
    )
    yield service
    UserManagerFactory.clear_cache()


@pytest.mark.usefixtures("cheap_passwords")
@pytest.mark.parametrize("function", FUNCTIONS)
@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(event=anything | logins())
def test_whatever_comes_is_answered_as_documented(
    production: Service, calls: list[str], function: str, event: Any
) -> None:
    """And never with 503: what a client sends must not look like a store's failure."""
    calls.clear()
    answer = production.answer(function, event)

    check(function, event, answer, calls)
    assert answer.get("statusCode") != 503

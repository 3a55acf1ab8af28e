"""The functions over real servers, at their most talkative, and all that they tell."""

import json
import traceback
from collections.abc import Iterator
from typing import Any, Final

import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedServer, EmbeddedValkey
from session_management.models import CreateUserData
from tests.functions.service import Service, body_of
from tests.support.http_events import http_event
from tests.support.log import Log
from tests.support.servers import server_environment

EMAIL: Final = "ann@example.com"
PASSWORD: Final = "the-right-password-nobody-may-see"


class Told:
    """What the functions answer, and what Lambda would log of their exceptions."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.texts: list[str] = []
        self.statuses: set[Any] = set()

    def send(self, function: str, event: Any) -> None:
        """Take in the answer of *function* to *event*."""
        try:
            answer = self._service.invoke(function, event)
        except Exception as error:  # noqa: BLE001 (as Lambda does)
            self.texts.append(traceback.format_exc())
            self.statuses.add(type(error).__name__)
        else:
            # Whoever extends a session gets it back in the cookie: nobody else is told.
            own = answer.pop("cookies", []) if function == "Sessions" else []
            assert len(own) <= 1
            self.texts.append(json.dumps(answer))
            self.statuses.add(answer.get("statusCode"))

    def log_in(self, agent: str) -> str:
        """Return the ID of a new session; only this answer holds it."""
        body = {"email": EMAIL, "password": PASSWORD, "transport": "bearer"}
        headers = {"content-type": "application/json", "user-agent": agent}
        answer = self._service.invoke("Login", http_event("POST", headers=headers, body=body))
        session_id: str = body_of(answer).pop("session_id")
        return session_id


@pytest.fixture
def log() -> Iterator[Log]:
    """What the service logs."""
    with Log.captured() as captured:
        yield captured


# All comes from one client, and most of it fails: it is to reach the passwords all the same.
_LENIENT: Final = dict.fromkeys(("LOGIN_ACCOUNT_FREE_ATTEMPTS", "LOGIN_IP_ATTEMPTS"), "1000000")


@pytest.fixture(params=["production", "development"])
def told(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    cheap_passwords: None,
) -> Iterator[Told]:
    """The functions, told to log events, and Ann; their first answers are not in it."""
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    with Service.started(monkeypatch) as service:
        service.configure(
            **server_environment(postgres, valkey, APP_ENV=request.param, REGISTRATION="open"), **_LENIENT
        )
        service.manager.create(CreateUserData(EMAIL, PASSWORD))
        yield Told(service)


@pytest.fixture
def every_command(valkey: EmbeddedValkey, keys: redis.Redis) -> Iterator[None]:
    """Valkey keeps every command in its slow log."""
    before = keys.config_get("slowlog-*")
    keys.config_set("slowlog-log-slower-than", 0)
    keys.config_set("slowlog-max-len", 100_000)
    yield
    with redis.Redis.from_url(valkey.url) as connection:
        for name, value in before.items():
            connection.config_set(name, value)
        connection.slowlog_reset()


@pytest.fixture
def servers(postgres: EmbeddedPostgres, valkey: EmbeddedValkey) -> tuple[EmbeddedPostgres, EmbeddedValkey]:
    """Both."""
    return postgres, valkey


@pytest.fixture
def stopped(request: pytest.FixtureRequest) -> Iterator[list[EmbeddedServer]]:
    """The servers that the test is to stop; they run again afterwards."""
    servers = [request.getfixturevalue(name) for name in request.param]
    yield servers
    for server in servers:
        server.start()

"""SnapStart under Lambda's real runtime client: what is in the snapshot, and what is not, after two restores of it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pg8000.native
import pytest
import redis

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management import CreateUserData, UserManagerFactory
from tests.events import EVENTS
from tests.packaging.built import Built
from tests.packaging.execution import Execution
from tests.support.http_events import http_event
from tests.support.servers import server_environment

type Run = Callable[..., Execution]

PASSWORD = "correct horse battery staple"
LOGIN = http_event(
    "POST",
    headers={"content-type": "application/json"},
    body={"email": "ann@example.com", "password": PASSWORD, "transport": "bearer"},
)
FIRST_EVENTS = {
    "Login": LOGIN,
    "Register": http_event(
        "POST",
        headers={"content-type": "application/json"},
        body={"email": "bob@example.com", "password": "nine umbrellas under one moon"},
    ),
    "Password": http_event(
        "POST",
        headers={"content-type": "application/json", "authorization": f"Bearer {'A' * 43}"},
        body={"current_password": PASSWORD, "new_password": "nine umbrellas under one moon"},
    ),
    "Logout": http_event("POST", headers={"authorization": f"Bearer {'A' * 43}"}),
    "Validate": http_event("GET", headers={"authorization": f"Bearer {'A' * 43}"}),
    "Sessions": http_event("GET", headers={"authorization": f"Bearer {'A' * 43}"}, rawPath="/sessions"),
    "Authorizer": json.loads((EVENTS / "authorizer.rest-token.json").read_text()),
    "Sweeper": {},
    "Admin": {"command": "doctor"},
    "Migrate": {},
}
DRIVERS = {"redis", "pg8000", "argon2"}
UNREACHABLE = {
    "APP_ENV": "production",
    "DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none",
    "DATABASE_SSLMODE": "disable",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "REDIS_TLS": "false",
}


@pytest.fixture
def settings(postgres: EmbeddedPostgres, valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, str]:
    """The functions' settings for real servers, on which Ann is."""
    environment = server_environment(postgres, valkey, REGISTRATION="open")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    UserManagerFactory.create().create(CreateUserData(email="ann@example.com", password=PASSWORD))
    UserManagerFactory.clear_cache()
    return environment


@pytest.fixture
def run(built: Built) -> Iterator[Run]:
    """Run a built function: (name, settings, restores=0)."""
    with ExitStack() as running:

        def start(name: str, environment: Mapping[str, str], restores: int = 0) -> Execution:
            execution = Execution(built.function(name), built.layer, environment, restores=restores)
            return running.enter_context(execution)

        yield start


def sockets_of(pid: int) -> list[str]:
    """Return the sockets that a process holds open."""
    links = [str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir()]
    return [link for link in links if link.startswith("socket:")]


def clients_of(sql: pg8000.native.Connection) -> set[int]:
    """Return the ports of the service's connections to PostgreSQL."""
    rows = sql.run("SELECT client_port FROM pg_stat_activity WHERE application_name = 'session-management'")
    return {port for (port,) in rows}


def clients_in(keys: redis.Redis) -> set[str]:
    """Return the addresses of connections to Valkey, without the test's own."""
    own = keys.client_info()["addr"]
    return {client["addr"] for client in keys.client_list()} - {own}


def test_two_restores_of_one_snapshot_share_no_session_no_nonce_and_no_socket(
    run: Run, settings: Mapping[str, str], sql: pg8000.native.Connection, keys: redis.Redis
):
    before = clients_in(keys)
    execution = run("Login", settings, restores=2)
    execution.wait_for_snapshot()
    # The one socket is the client's own, on which it waits to be restored.
    assert len(sockets_of(execution.pid)) == 1
    assert (clients_of(sql), clients_in(keys) - before) == (set(), set())

    restored = execution.restore()
    bodies = [json.loads(one.invoke(LOGIN)["body"]) for one in restored]

    assert len({body["session_id"] for body in bodies}) == 2
    assert len({json.loads(keys.get(key) or b"")["nonce"] for key in keys.scan_iter("session:*")}) == 2
    assert (len(clients_of(sql)), len(clients_in(keys) - before)) == (2, 2)
    assert len({one.invoke({"ask": "process"}) for one in restored}) == 2


def test_two_restores_draw_different_random_numbers(run: Run):
    """Back-off in libraries uses `random`, whose state is in the snapshot."""
    one, other = run("Validate", UNREACHABLE, restores=2).restore()

    assert one.invoke({"ask": "random"}) != other.invoke({"ask": "random"})


@pytest.mark.parametrize("name", FIRST_EVENTS)
def test_the_first_request_after_a_restore_imports_nothing(name: str, run: Run, settings: Mapping[str, str]):
    (environment,) = run(name, settings, restores=1).restore()
    before = environment.invoke({"ask": "modules"})
    answer = environment.invoke(FIRST_EVENTS[name])

    assert set(environment.invoke({"ask": "modules"})) - set(before) == set()
    assert "unavailable" not in str(answer)


def test_a_version_whose_settings_cannot_work_is_not_published(run: Run):
    execution = run("Validate", {"APP_ENV": "production"}, restores=1)

    what, error = execution.initialised.outcome()
    assert what == "init/error"
    assert error["errorType"] == "ConfigurationError"
    assert "DATABASE_URL: PostgreSQL is not configured" in error["errorMessage"]
    assert execution.exit_code() == 64
    assert "the settings cannot work" in execution.log()


def test_a_store_that_is_down_does_not_keep_a_version_from_being_published(run: Run):
    (environment,) = run("Login", UNREACHABLE, restores=1).restore()

    assert environment.invoke(LOGIN)["statusCode"] == 503


def test_without_snapstart_a_cold_start_registers_the_hooks_and_no_more(run: Run):
    execution = run("Login", UNREACHABLE)
    environment = execution.initialised

    assert environment.invoke({"ask": "hooks"}) == [1, 1]
    assert DRIVERS.isdisjoint(environment.invoke({"ask": "modules"}))

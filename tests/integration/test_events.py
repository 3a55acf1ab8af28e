"""What the functions tell over real stores: each event once, in both forms of session IDs, over each way to commit."""

from collections.abc import Iterator
from typing import Any

import pg8000.native
import pytest

from infra.local.servers import EmbeddedPostgres, EmbeddedValkey
from session_management.factory import UserManagerFactory
from session_management.tokens import handle_of
from tests.functions.service import Service, body_of
from tests.functions.told import ANN, JSON, NEW_PASSWORD, command, events, log_in, register
from tests.support.http_events import http_event
from tests.support.log import Log
from tests.support.servers import server_environment

PASSWORD = "seven kettles on a cold stove"
LIMIT = {"SESSION_MAX_PER_USER": "2"}


@pytest.fixture
def log() -> Iterator[Log]:
    """What the service logs."""
    with Log.captured() as captured:
        yield captured


@pytest.fixture(params=["digest none", "digest transaction", "plain none", "plain transaction"])
def service(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    postgres: EmbeddedPostgres,
    valkey: EmbeddedValkey,
    cheap_passwords: None,
) -> Iterator[Service]:
    """The functions in production mode, with registration open and two sessions for each user."""
    at_rest, pooler = request.param.split()
    variables = {"SESSION_ID_AT_REST": at_rest, "DATABASE_POOLER": pooler, "REGISTRATION": "open", **LIMIT}
    with Service.started(monkeypatch) as service:
        service.configure(**server_environment(postgres, valkey, APP_ENV="production", **variables))
        yield service


def bearer(session_id: str) -> dict[str, str]:
    return {**JSON, "authorization": f"Bearer {session_id}"}


def gist(event: dict[str, Any]) -> tuple[str, ...]:
    """Return the name of an event, its reason if it has one, and its sessions."""
    parts = (event["event"], event.get("reason"), event.get("session_handle"), *event.get("session_handles", []))
    return tuple(part for part in parts if part)


def session_id_of(answer: Any) -> str:
    session_id: str = body_of(answer)["session_id"]
    return session_id


def everything(service: Service) -> list[str]:
    """Register, log in, change the password and log out, in right and wrong ways; return the sessions' IDs."""
    body = {"email": ANN, "password": NEW_PASSWORD, "transport": "bearer"}
    first = session_id_of(service.invoke("Register", http_event("POST", headers=JSON, body=body)))
    register(service)
    log_in(service, ANN, "wrong")
    log_in(service, "nobody@example.com", NEW_PASSWORD)
    second, third = (session_id_of(log_in(service, ANN, NEW_PASSWORD)) for _ in range(2))
    fourth = session_id_of(log_in(service, ANN, NEW_PASSWORD, headers=bearer(third)))
    body = {"current_password": NEW_PASSWORD, "new_password": PASSWORD}
    fifth = session_id_of(service.invoke("Password", http_event("POST", headers=bearer(fourth), body=body)))
    wrong = body | {"current_password": "wrong"}
    service.invoke("Password", http_event("POST", headers=bearer(fifth), body=wrong))
    for _ in range(2):
        service.invoke("Logout", http_event("POST", headers=bearer(fifth)))
    service.invoke("Sweeper", {})
    return [first, second, third, fourth, fifth]


def test_each_thing_that_is_done_is_told_once_and_no_secret_with_it(
    service: Service, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    """P5, and ASVS 16.2.5, 16.3.1."""
    session_ids = everything(service)

    first, second, third, fourth, fifth = (handle_of(session_id) for session_id in session_ids)
    assert [gist(event) for event in events(log)] == [
        ("registered", first),
        ("registration_refused", "email_taken"),
        ("login_failed", "wrong_password"),
        ("login_failed", "unknown_user"),
        ("login_succeeded", second),
        ("login_succeeded", third),
        ("sessions_revoked", "limit", first),
        ("login_succeeded", fourth),
        ("sessions_revoked", "limit", second),
        ("sessions_revoked", "replaced", third),
        ("password_changed", fifth),
        ("sessions_revoked", "password_change", fourth),
        ("password_change_failed", "wrong_password", fifth),
        ("logged_out", fifth),
        ("swept",),
    ]
    output = log.text + capsys.readouterr().out
    assert not [secret for secret in (*session_ids, NEW_PASSWORD, PASSWORD, ANN) if secret in output]


def test_a_session_of_the_originals_that_is_logged_out_is_told_with_its_user(
    service: Service, sql: pg8000.native.Connection, log: Log
) -> None:
    """Its column in the user's row is all the record there is of it, and is read only where session IDs are plain."""
    user_id = command(service, "create_user", email=ANN)["user"]["id"]
    sql.run("UPDATE users SET session_id = 'the-originals-own-session-id-000000000000000'")
    before = len(events(log))
    for _ in range(2):
        service.invoke("Logout", http_event("POST", headers=bearer("the-originals-own-session-id-000000000000000")))

    is_plain = UserManagerFactory.settings().session_id_at_rest == "plain"
    assert [(event["event"], event["user_id"]) for event in events(log)[before:]] == (
        [("logged_out", user_id)] if is_plain else []
    )


def test_the_lag_of_a_sweep_is_told_in_seconds(service: Service, sql: pg8000.native.Connection, log: Log) -> None:
    user_id = command(service, "create_user", email=ANN)["user"]["id"]
    sql.run(
        "INSERT INTO sessions (id, user_id, expires_at) SELECT n::text, :user_id, now() - n * INTERVAL '10 minutes' "
        "FROM generate_series(1, 3) n",
        user_id=user_id,
    )
    before = len(events(log))
    for _ in range(2):
        service.invoke("Sweeper", {})

    late, in_time = events(log)[before:]
    assert (late["expired_deleted"], in_time["expired_deleted"]) == (3, 0)
    assert 1800 <= late["lag_seconds"] < 1860
    assert in_time["lag_seconds"] == 0

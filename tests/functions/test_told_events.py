"""Every event, as the functions write it: once, after it was done, with exactly the fields that are listed."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from session_management.adapters.memory import MemoryDatabase
from session_management.errors import StoreUnavailableError
from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.models import SessionMetadata
from session_management.tokens import handle_of
from tests.functions.service import POSTGRES, REDIS, Service, Stores, body_of, told
from tests.functions.told import (
    ANN,
    BEARER,
    DEMO,
    HANDLE,
    JSON,
    LIMIT,
    NEW_PASSWORD,
    change_password,
    command,
    demo_id,
    events,
    log_in,
    names,
    only,
    register,
)
from tests.support.http_events import http_event
from tests.support.log import Log

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def open_service(service: Service) -> Service:
    """The functions, with registration open."""
    service.configure(REGISTRATION="open")
    return service


def test_a_login_is_told_with_its_user_and_its_session(service: Service, log: Log) -> None:
    """ASVS 16.3.1."""
    session_id = body_of(log_in(service))["session_id"]

    event = only(log, event="login_succeeded", user_id=demo_id(service))
    assert event["session_handle"] == handle_of(session_id)


def disable(service: Service) -> None:
    service.manager.update(demo_id(service), {"status": "DISABLED"})


def need_verified(service: Service) -> None:
    """Have logins need a verified email, and the demo user be without."""
    service.configure(LOGIN_REQUIRES_VERIFIED="true")
    service.manager.update(demo_id(service), {"is_verified": False})


def change_meanwhile(service: Service) -> None:
    """Change the hash between the look at it and the record of the login."""
    sessions = service.manager._database.sessions
    sessions.open = lambda *_, **__: None  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("reason", "credentials", "before"),
    [
        ("unknown_user", ("nobody@example.com", DEMO_PASSWORD), None),
        ("wrong_password", (DEMO, "a wrong one"), None),
        ("no_password", (ANN, DEMO_PASSWORD), lambda service: command(service, "create_user", email=ANN)),
        ("disabled", (DEMO, DEMO_PASSWORD), disable),
        ("unverified", (DEMO, DEMO_PASSWORD), need_verified),
        ("changed_meanwhile", (DEMO, DEMO_PASSWORD), change_meanwhile),
    ],
)
def test_a_refused_login_is_told_with_why_and_the_client_is_told_the_same_for_each(
    service: Service, log: Log, reason: str, credentials: tuple[str, str], before: Callable[[Service], Any] | None
) -> None:
    """ASVS 16.3.1."""
    if before:
        before(service)
    told_before = len(events(log))

    answer = log_in(service, *credentials)

    user = service.manager.find_by_email(credentials[0])
    whose = {"user_id": user.id} if user else {}
    assert events(log)[told_before:] == [{"event": "login_failed", "reason": reason, **whose}]
    assert told(answer) == (401, "invalid_credentials")
    assert reason not in json.dumps(answer)


def test_whoever_logs_in_over_a_session_replaces_it_and_both_are_told(service: Service, log: Log) -> None:
    log_in(service, headers={**JSON, **BEARER})

    login, revoked = events(log)
    assert login["event"] == "login_succeeded"
    assert (revoked["reason"], revoked["count"], revoked["session_handles"]) == ("replaced", 1, [HANDLE])


def test_what_a_limit_ends_is_told_with_the_login_that_reached_it(service: Service, log: Log) -> None:
    service.configure(SESSION_MAX_PER_USER="1")
    log_in(service)

    login, revoked = events(log)
    assert login["event"] == "login_succeeded"
    assert (revoked["reason"], revoked["session_handles"], revoked["is_fenced"]) == ("limit", [HANDLE], True)


def test_what_a_limit_ends_while_redis_is_down_is_told_as_not_fenced(
    service: Service, stores: Stores, log: Log
) -> None:
    service.configure(SESSION_MAX_PER_USER="1")
    stores.down = {REDIS}
    assert log_in(service)["statusCode"] == 200

    assert [event.get("is_fenced") for event in events(log)] == [None, False]


def test_a_logout_is_told_once_however_often_it_is_asked_for(service: Service, log: Log) -> None:
    for _ in range(3):
        assert service.invoke("Logout", http_event("POST", headers=BEARER))["statusCode"] == 204

    only(log, event="logged_out", user_id=demo_id(service), session_handle=HANDLE, is_fenced=True)


def test_a_logout_that_redis_missed_is_told_once_as_not_fenced(service: Service, stores: Stores, log: Log) -> None:
    """The record is revoked, so it is done; that the answer is 503 changes nothing about that."""
    stores.down = {REDIS}
    assert service.invoke("Logout", http_event("POST", headers=BEARER))["statusCode"] == 503
    stores.down = set()
    assert service.invoke("Logout", http_event("POST", headers=BEARER))["statusCode"] == 204

    only(log, event="logged_out", is_fenced=False)


def test_a_logout_that_the_record_missed_is_not_told(service: Service, stores: Stores, log: Log) -> None:
    stores.down = {POSTGRES}
    assert service.invoke("Logout", http_event("POST", headers=BEARER))["statusCode"] == 503

    assert events(log) == []


def test_ending_an_unknown_session_is_not_told(service: Service, log: Log) -> None:
    service.invoke("Logout", http_event("POST", headers={"authorization": f"Bearer {'x' * 43}"}))

    assert events(log) == []


def test_a_registration_is_told_with_its_user_and_its_session(open_service: Service, log: Log) -> None:
    """ASVS 16.3.1."""
    register(open_service)

    user = open_service.manager.find_by_email(ANN)
    assert user
    (session,) = open_service.manager.list_sessions(user.id)
    only(log, event="registered", user_id=user.id, session_handle=session.handle)


def test_a_registration_that_opens_no_session_yet_is_told_without_one(open_service: Service, log: Log) -> None:
    open_service.configure(LOGIN_REQUIRES_VERIFIED="true")
    register(open_service)

    assert only(log, event="registered").keys() == {"event", "user_id"}


def test_an_email_that_is_taken_is_told(open_service: Service, log: Log) -> None:
    assert register(open_service, DEMO)["statusCode"] == 409

    only(log, event="registration_refused", reason="email_taken")


def test_where_accounts_are_hidden_either_way_is_one_line(open_service: Service, log: Log) -> None:
    """Two ways that wrote a different number of lines would differ in time."""
    open_service.configure(REGISTRATION_HIDES_ACCOUNTS="true")
    for email in (ANN, ANN):
        assert register(open_service, email)["statusCode"] == 202

    made, refused = events(log)
    assert made.keys() == {"event", "user_id"}
    assert made["event"] == "registered"
    assert refused == {"event": "registration_refused", "reason": "email_taken"}


def test_a_change_of_ones_own_password_is_told_with_what_it_ended(service: Service, log: Log) -> None:
    """ASVS 16.3.1."""
    assert change_password(service)["statusCode"] == 200

    changed, revoked = events(log)
    (session,) = service.manager.list_sessions(demo_id(service))
    assert (changed["event"], changed["is_own"], changed["is_fenced"]) == ("password_changed", True, True)
    assert (changed["user_id"], changed["session_handle"]) == (demo_id(service), session.handle)
    assert (revoked["reason"], revoked["session_handles"]) == ("password_change", [HANDLE])


def test_a_change_of_password_that_redis_missed_after_the_commit_is_told_as_not_fenced(
    service: Service, log: Log
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailableError(REDIS, "it went away")

    service.manager._adapter.delete = fail  # type: ignore[method-assign, assignment]
    assert change_password(service)["statusCode"] == 503

    assert [(event["event"], event["is_fenced"]) for event in events(log)] == [
        ("password_changed", False),
        ("sessions_revoked", False),
    ]


def test_a_wrong_current_password_is_told(service: Service, log: Log) -> None:
    """ASVS 16.3.1."""
    assert change_password(service, "a wrong one")["statusCode"] == 401

    only(log, event="password_change_failed", reason="wrong_password", user_id=demo_id(service), session_handle=HANDLE)


def test_a_password_that_was_changed_meanwhile_is_told(service: Service, log: Log) -> None:
    change_meanwhile(service)
    assert change_password(service)["statusCode"] == 401

    only(log, event="password_change_failed", reason="changed_meanwhile")


def test_ending_one_session_and_then_all_others_is_told_with_their_handles(service: Service, log: Log) -> None:
    user_id = demo_id(service)
    one, other = (service.manager.create_session(user_id, SessionMetadata(), 60) for _ in range(2))
    bearer = {"authorization": f"Bearer {one}"}
    path = f"/sessions/{HANDLE}"
    event = http_event("DELETE", headers=bearer) | {"rawPath": path}
    event["requestContext"]["http"]["path"] = path
    assert service.invoke("Sessions", event)["statusCode"] == 204
    assert service.invoke("Sessions", event)["statusCode"] == 204
    assert body_of(service.invoke("Sessions", http_event("DELETE", headers=bearer))) == {"ended": 1}
    assert body_of(service.invoke("Sessions", http_event("DELETE", headers=bearer))) == {"ended": 0}

    made, ended = events(log)[:2], events(log)[2:]
    assert {(event["event"], event["session_handle"]) for event in made} == {
        ("session_created", handle_of(session_id)) for session_id in (one, other)
    }
    assert [(event["reason"], event["session_handles"]) for event in ended] == [
        ("ended", [HANDLE]),
        ("revoke_all", [handle_of(other)]),
    ]


def test_of_many_sessions_that_end_at_once_the_first_twenty_are_named(service: Service, log: Log) -> None:
    user_id = demo_id(service)
    for _ in range(24):
        service.manager.create_session(user_id, SessionMetadata(), 60)
    before = len(events(log))
    service.manager.revoke_all(user_id)

    (revoked,) = events(log)[before:]
    assert (revoked["count"], len(set(revoked["session_handles"]))) == (25, 20)


def test_what_an_operator_does_to_a_user_is_told_before_that_the_command_is_done(service: Service, log: Log) -> None:
    user_id = command(service, "create_user", email=ANN, password=NEW_PASSWORD)["user"]["id"]
    service.manager.create_session(user_id, SessionMetadata(), 60)
    command(service, "set_role", user=ANN, role="ADMIN")
    command(service, "verify", user=ANN)
    command(service, "disable", user=ANN)
    command(service, "set_password", user=ANN, password=NEW_PASSWORD)
    command(service, "delete_user", user=ANN)

    changed = {"event": "user_changed", "user_id": user_id, "is_fenced": True, "is_email_changed": False}
    done = [event for event in events(log) if event["event"] not in ("session_created", "sessions_revoked")]
    assert [event for event in done if event["event"] != "command_done"] == [
        {"event": "user_created", "user_id": user_id, "role": "USER", "is_verified": False},
        {**changed, "role": "ADMIN"},
        {**changed, "is_verified": True},
        {**changed, "status": "DISABLED"},
        {"event": "password_changed", "user_id": user_id, "is_own": False, "is_fenced": True},
        {**changed, "status": "DISABLED"},
        {"event": "user_deleted", "user_id": user_id},
    ]
    (revoked,) = [event for event in events(log) if event["event"] == "sessions_revoked"]
    assert (revoked["reason"], revoked["count"]) == ("user_disabled", 1)
    assert names(log)[:2] == ["user_created", "command_done"]
    assert names(log)[-3:] == ["user_changed", "user_deleted", "command_done"]


def test_a_changed_email_is_told_without_it(service: Service, log: Log) -> None:
    service.manager.update(demo_id(service), {"email": ANN})

    only(log, event="user_changed", is_email_changed=True)
    assert ANN not in log.text


def test_nothing_set_is_nothing_told(service: Service, log: Log) -> None:
    service.manager.update(demo_id(service), {})
    service.manager.update("00000000-0000-4000-8000-000000000001", {"role": "ADMIN"})
    service.manager.delete("00000000-0000-4000-8000-000000000001")

    assert events(log) == []


def test_a_change_that_redis_missed_is_told_as_not_fenced(service: Service, stores: Stores, log: Log) -> None:
    user_id = demo_id(service)
    stores.down = {REDIS}
    with pytest.raises(StoreUnavailableError):
        service.manager.update(user_id, {"role": "ADMIN"})

    only(log, event="user_changed", is_fenced=False)


def test_a_try_too_many_is_told_instead_of_a_refusal(service: Service, log: Log) -> None:
    """ASVS 16.3.3."""
    service.configure(**LIMIT)
    statuses = [log_in(service, password="a wrong one")["statusCode"] for _ in range(3)]

    assert statuses == [401, 429, 429]
    refused, *limited = events(log)
    assert refused["event"] == "login_failed"
    assert [event.keys() for event in limited] == [{"event", "retry_after_seconds"}] * 2
    assert all(event["event"] == "limit_reached" and 0 < event["retry_after_seconds"] <= 900 for event in limited)


@contextmanager
def lost_commit(_: MemoryDatabase) -> Iterator[None]:
    """Stand for a transaction that PostgreSQL rolls back at its COMMIT."""
    yield
    raise StoreUnavailableError(POSTGRES, "the COMMIT failed")


UNDONE: Mapping[str, Callable[[Service, str], Any]] = {
    "login under a limit": lambda service, _: service.manager.log_in(DEMO, DEMO_PASSWORD, SessionMetadata()),
    "registration": lambda service, _: service.manager.register(ANN, NEW_PASSWORD, SessionMetadata()),
    "own password": lambda service, _: service.manager.change_own_password(
        DEMO_SESSION_ID, DEMO_PASSWORD, NEW_PASSWORD, SessionMetadata()
    ),
    "password": lambda service, user_id: service.manager.change_password(user_id, NEW_PASSWORD),
    "change of a user": lambda service, user_id: service.manager.update(user_id, {"status": "DISABLED"}),
    "deletion": lambda service, user_id: service.manager.delete(user_id),
    "revoke all": lambda service, user_id: service.manager.revoke_all(user_id),
}


@pytest.mark.parametrize("undone", UNDONE.values(), ids=UNDONE)
def test_what_is_not_committed_is_not_told(
    service: Service, log: Log, monkeypatch: pytest.MonkeyPatch, undone: Callable[[Service, str], Any]
) -> None:
    monkeypatch.setattr(MemoryDatabase, "transaction", lost_commit)
    service.configure(SESSION_MAX_PER_USER="1")
    with pytest.raises(StoreUnavailableError):
        undone(service, demo_id(service))

    assert events(log) == []


@pytest.mark.parametrize(
    ("method", "headers", "reason"),
    [
        ("POST", {"origin": "https://evil.example"}, "foreign"),
        ("POST", {"cookie": f"__Host-sessionId={DEMO_SESSION_ID}", "sec-fetch-site": "cross-site"}, "foreign"),
        ("OPTIONS", {"origin": "https://evil.example"}, "foreign"),
    ],
)
def test_a_refused_origin_is_told_without_what_it_is(
    service: Service, log: Log, method: str, headers: dict[str, str], reason: str
) -> None:
    """ASVS 16.3.3."""
    assert service.invoke("Logout", http_event(method, headers=headers))["statusCode"] == 403

    only(log, event="origin_refused", reason=reason)
    assert "evil" not in log.text


def test_a_cookie_that_comes_from_nowhere_is_told(service: Service, log: Log) -> None:
    event = http_event("POST", cookies=[f"__Host-sessionId={DEMO_SESSION_ID}"])
    del event["headers"]["sec-fetch-site"]
    assert service.invoke("Logout", event)["statusCode"] == 403

    only(log, event="origin_refused", reason="unsaid")


def test_a_sweep_is_told_with_its_counts_and_its_lag(service: Service, log: Log) -> None:
    service.manager.delete_session(DEMO_SESSION_ID)
    report = service.invoke("Sweeper", {})

    assert report.pop("plain_left") is None
    assert events(log)[1:] == [{"event": "swept", **report}]


def test_a_successful_validation_writes_no_line_but_its_minutes_counts(
    service: Service, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    service.invoke("Validate", http_event(headers=BEARER))
    capsys.readouterr()
    for _ in range(200):
        assert service.invoke("Validate", http_event(headers=BEARER))["statusCode"] == 200

    assert [line for line in log.lines if line["level"] != "DEBUG"] == []
    assert capsys.readouterr().out == ""

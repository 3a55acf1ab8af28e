"""The admin function: every command, what it refuses, and that nothing secret comes back."""

import json
from typing import Any

import pytest

from session_management.admin.tables import readable
from session_management.errors import InvalidCredentialsError
from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.models import SessionMetadata
from session_management.tokens import handle_of
from tests.events import EVENTS
from tests.functions.service import POSTGRES, REDIS, Service, Stores
from tests.support.clock import ToldClock
from tests.support.log import Log

DEMO = "demo@example.com"
HANDLE = handle_of(DEMO_SESSION_ID)
PASSWORD = "a password that nobody may see"
ANN = {"email": "ann@example.com", "role": "ADMIN", "verified": True}
NOBODY = "00000000-0000-0000-0000-000000000001"

pytestmark = pytest.mark.usefixtures("cheap_passwords")


def command(service: Service, name: str, **fields: Any) -> Any:
    return service.invoke("Admin", {"command": name, **fields})


def refused(service: Service, event: Any) -> tuple[str, str]:
    """Return what an invoker is told of a failure."""
    answer = service.answer("Admin", event)
    return answer["errorType"], answer["errorMessage"]


def can_log_in(service: Service, email: str, password: str) -> bool:
    try:
        return bool(service.manager.log_in(email, password, SessionMetadata()))
    except InvalidCredentialsError:
        return False


def test_a_user_is_created_as_told_and_can_log_in(service: Service) -> None:
    user = command(service, "create_user", **ANN, password=PASSWORD)["user"]
    assert {name: user[name] for name in ("email", "role", "is_verified", "status", "last_login_at")} == {
        "email": "ann@example.com",
        "role": "ADMIN",
        "is_verified": True,
        "status": "ACTIVE",
        "last_login_at": None,
    }
    assert can_log_in(service, "ann@example.com", PASSWORD)


def test_a_user_without_a_password_can_log_in_by_none_until_one_is_set(service: Service) -> None:
    user = command(service, "create_user", email="ann@example.com")["user"]
    assert (user["role"], user["is_verified"]) == ("USER", False)
    assert not can_log_in(service, "ann@example.com", PASSWORD)
    command(service, "set_password", user=user["id"], password=PASSWORD)
    assert can_log_in(service, "ann@example.com", PASSWORD)


def test_a_new_password_ends_the_sessions(service: Service) -> None:
    """P4."""
    command(service, "set_password", user=DEMO, password=PASSWORD)
    assert service.manager.find_session(DEMO_SESSION_ID) is None
    assert [can_log_in(service, DEMO, password) for password in (DEMO_PASSWORD, PASSWORD)] == [False, True]


@pytest.mark.parametrize(
    ("name", "fields", "changed"),
    [
        ("verify", {}, {"is_verified": True}),
        ("unverify", {}, {"is_verified": False}),
        ("set_role", {"role": "ADMIN"}, {"role": "ADMIN"}),
        ("disable", {}, {"status": "DISABLED"}),
        ("enable", {}, {"status": "ACTIVE"}),
    ],
)
def test_a_change_is_answered_with_the_user_as_they_are_now(
    service: Service, name: str, fields: dict[str, str], changed: dict[str, Any]
) -> None:
    user = command(service, name, user="DEMO@example.com", **fields)["user"]
    assert user == user | changed
    assert command(service, name, user=user["id"], **fields) == {"user": user}, "it may be given again"


def test_a_disabled_user_has_no_session_and_gets_none_until_enabled(service: Service) -> None:
    command(service, "disable", user=DEMO)
    assert service.manager.find_session(DEMO_SESSION_ID) is None
    assert not can_log_in(service, DEMO, DEMO_PASSWORD)
    command(service, "enable", user=DEMO)
    assert can_log_in(service, DEMO, DEMO_PASSWORD)
    assert service.manager.find_session(DEMO_SESSION_ID) is None


def test_a_deleted_user_is_gone_with_their_sessions(service: Service) -> None:
    user_id = command(service, "verify", user=DEMO)["user"]["id"]
    assert command(service, "delete_user", user=DEMO) == {"user_id": user_id, "deleted": True}
    assert service.manager.find_session(DEMO_SESSION_ID) is None
    assert refused(service, {"command": "verify", "user": user_id})[0] == "UserNotFoundError"


def test_users_are_listed_page_by_page(service: Service) -> None:
    first = command(service, "list_users", limit=1)
    second = command(service, "list_users", limit=1, after=first["next"])
    last = command(service, "list_users", limit=1, after=second["next"])
    emails = {user["email"] for page in (first, second) for user in page["users"]}
    assert emails == {DEMO, "admin@example.com"}
    assert last == {"users": [], "next": None}
    assert command(service, "list_users")["next"] is None


def test_sessions_are_listed_and_ended_by_handle_or_all(service: Service, told_clock: ToldClock) -> None:
    """ASVS 7.4.5."""
    told_clock.advance(1)
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/129.0.0.0 Safari/537.36"
    newest = service.manager.log_in(DEMO, DEMO_PASSWORD, SessionMetadata("192.0.2.7", agent))
    listed = command(service, "list_sessions", user=DEMO)["sessions"]
    assert [session["handle"] for session in listed] == [newest.session.handle, HANDLE]
    assert (listed[0]["ip"], listed[0]["device"]) == ("192.0.2.7", "Chrome on Windows")

    assert command(service, "end_sessions", user=DEMO, handle=HANDLE)["ended"] == 1
    assert command(service, "end_sessions", user=DEMO)["ended"] == 1
    assert command(service, "end_sessions", user=DEMO)["ended"] == 0
    assert command(service, "list_sessions", user=DEMO)["sessions"] == []


@pytest.mark.parametrize(("others", "has_more"), [(499, False), (500, True)])
def test_of_very_many_sessions_the_newest_are_listed_and_that_there_are_more(
    service: Service, others: int, has_more: bool
) -> None:
    user_id = command(service, "list_sessions", user=DEMO)["user_id"]
    for _ in range(others):
        service.manager.create_session(user_id, SessionMetadata(), 3_600)
    answer = command(service, "list_sessions", user=DEMO)
    assert (len(answer["sessions"]), answer["has_more"]) == (500, has_more)
    assert ("There are older ones." in readable(answer)) is has_more


def test_a_live_session_is_explained(service: Service) -> None:
    service.manager.find_session(DEMO_SESSION_ID)
    answer = command(service, "explain", handle=HANDLE)
    assert (answer["state"], answer["reason"], answer["redis"]["holds"]) == ("live", None, "copy")
    assert answer["validation"] == {"accepted": True, "decided_by": "copy"}
    assert answer["said"] == "it is live; the copy in Redis decides, without PostgreSQL being asked"
    assert answer["user"]["email"] == DEMO
    assert answer["redis"]["checked_at"] < answer["redis"]["believed_until"]
    assert answer["redis"]["believed_until"] < answer["redis"]["believed_in_an_outage_until"]


def test_a_revoked_session_is_explained_with_its_reason(service: Service) -> None:
    service.manager.delete_session(DEMO_SESSION_ID)
    answer = command(service, "explain", handle=HANDLE)
    assert (answer["state"], answer["reason"], answer["redis"]["holds"]) == ("revoked", "logout", "revoked_fence")
    assert answer["ended_at"]
    assert answer["said"].startswith("it was revoked (logout); the fence in Redis decides")


OUTAGES = {
    "Redis": ({REDIS}, "live", "cannot_tell", (True, "record-without-redis")),
    "PostgreSQL": ({POSTGRES}, "cannot_tell", "copy", (True, "copy")),
    "both": ({POSTGRES, REDIS}, "cannot_tell", "cannot_tell", (None, None)),
}


@pytest.mark.parametrize("case", OUTAGES.values(), ids=OUTAGES)
def test_a_store_that_is_down_is_part_of_an_explanation(
    service: Service, stores: Stores, case: tuple[set[str], str, str, tuple[Any, Any]]
) -> None:
    """P6: and what it says of a validation is what a door then answers."""
    down, state, held, verdict = case
    service.manager.find_session(DEMO_SESSION_ID)
    stores.down = down
    answer = command(service, "explain", handle=HANDLE)
    assert (answer["state"], answer["redis"]["holds"]) == (state, held)
    assert tuple(answer["validation"].values()) == verdict
    asked = service.answer("Authorizer", json.loads((EVENTS / "authorizer.rest-token.json").read_text()))
    assert ("policyDocument" in asked) == (verdict[0] is True)


def test_a_store_that_is_down_is_an_error_of_every_other_command(service: Service, stores: Stores) -> None:
    stores.down = {POSTGRES}
    kind, why = refused(service, {"command": "disable", "user": DEMO})
    assert (kind, why) == ("StoreUnavailableError", "postgresql is unavailable: it did not answer in time")


def test_a_command_that_redis_missed_is_given_again_and_finishes(service: Service, stores: Stores) -> None:
    """P2."""
    service.manager.find_session(DEMO_SESSION_ID)
    stores.down = {REDIS}
    assert refused(service, {"command": "disable", "user": DEMO})[0] == "StoreUnavailableError"
    stores.down = set()
    assert service.manager.find_session(DEMO_SESSION_ID), "the copy is still believed"
    command(service, "disable", user=DEMO)
    assert service.manager.find_session(DEMO_SESSION_ID) is None


ALL = "create_user, set_password, verify, unverify, set_role, disable, enable, delete_user, list_users,"
REFUSED: dict[str, tuple[Any, str, str]] = {
    "no object": (["create_user"], "InvalidCommandError", f"command: must be one of {ALL}"),
    "nothing": ({}, "InvalidCommandError", f"command: must be one of {ALL}"),
    "an unknown command": ({"command": PASSWORD}, "InvalidCommandError", f"command: must be one of {ALL}"),
    "a command that is no text": ({"command": [PASSWORD]}, "InvalidCommandError", "command: must be one of"),
    "an unknown field": (
        {"command": "create_user", "email": "a@b", PASSWORD: 1},
        "InvalidCommandError",
        "there is a field that create_user does not take; it takes email, role, verified, password",
    ),
    "a field of a command that takes none": (
        {"command": "doctor", PASSWORD: 1},
        "InvalidCommandError",
        "there is a field that doctor does not take; it takes no field at all",
    ),
    "several faults": (
        {"command": "set_password", "user": 1, "password": "", "x": PASSWORD},
        "InvalidCommandError",
        "user: Input should be a valid string; password: must be 1 to 1024 characters, none of them NUL; there is",
    ),
    "a missing field": ({"command": "verify"}, "InvalidCommandError", "user: Field required"),
    "a password that is no text": (
        {"command": "set_password", "user": DEMO, "password": [PASSWORD]},
        "InvalidCommandError",
        "password: Input should be",
    ),
    "a password that cannot be sent": (
        {"command": "set_password", "user": DEMO, "password": PASSWORD + "\0"},
        "InvalidCommandError",
        "password: must be 1 to 1024 characters",
    ),
    "a text for a flag": (
        {"command": "create_user", "email": "a@b", "verified": "false"},
        "InvalidCommandError",
        "verified: Input should be a valid boolean",
    ),
    "an unknown role": (
        {"command": "set_role", "user": DEMO, "role": PASSWORD},
        "InvalidCommandError",
        "role: Input should be 'USER' or 'ADMIN'",
    ),
    "what is no email": ({"command": "create_user", "email": PASSWORD}, "InvalidInputError", "email: must"),
    "an email that is taken": (
        {"command": "create_user", "email": "DEMO@example.com", "password": PASSWORD},
        "EmailTakenError",
        "another user has this email",
    ),
    "an unknown email": ({"command": "verify", "user": "x@y"}, "UserNotFoundError", "there is no user of this email"),
    "an unknown ID": ({"command": "disable", "user": NOBODY}, "UserNotFoundError", "there is no user of this email"),
    "an unknown user's deletion": ({"command": "delete_user", "user": NOBODY}, "UserNotFoundError", "there is no"),
    "an unknown handle": (
        {"command": "end_sessions", "user": DEMO, "handle": "f" * 64},
        "SessionNotFoundError",
        "the user has no live session of this handle",
    ),
    "a session ID for a handle": (
        {"command": "explain", "handle": DEMO_SESSION_ID},
        "InvalidInputError",
        "handle: must be the 64 hex digits",
    ),
    "a page of none": ({"command": "list_users", "limit": 0}, "InvalidCommandError", "limit: Input should be greater"),
    "a page after nobody": ({"command": "list_users", "after": "x"}, "InvalidInputError", "after: must be the ID"),
}


@pytest.mark.parametrize(("event", "kind", "why"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_done_is_a_function_error_that_says_why(
    service: Service, log: Log, event: Any, kind: str, why: str
) -> None:
    """P5: and repeats no value, which may be a secret in the wrong place."""
    told = refused(service, event)
    assert told[0] == kind
    assert told[1].startswith(why)
    for secret in (PASSWORD, DEMO_SESSION_ID):
        assert secret not in told[1] + log.text


def test_a_command_is_logged_by_the_users_id_alone(service: Service, log: Log) -> None:
    """P5."""
    user = command(service, "create_user", **ANN, password=PASSWORD)["user"]
    (line,) = log.saying("an operator's command was done")
    assert (line["command"], line["user_id"]) == ("create_user", user["id"])
    assert PASSWORD not in log.text
    assert "ann@example.com" not in log.text


@pytest.mark.parametrize("at_rest", ["digest", "plain"])
def test_no_answer_holds_a_password_a_hash_or_a_session_id(service: Service, at_rest: str) -> None:
    """P5: nor the key under which the stores keep a session, which may be its ID."""
    service.configure(SESSION_ID_AT_REST=at_rest)
    user = command(service, "create_user", **ANN, password=PASSWORD)["user"]
    logged_in = service.manager.log_in("ann@example.com", PASSWORD, SessionMetadata())
    answers = [
        user,
        command(service, "set_role", user=user["id"], role="USER"),
        command(service, "list_users"),
        command(service, "list_sessions", user=user["id"]),
        command(service, "explain", handle=logged_in.session.handle),
        command(service, "set_password", user=user["id"], password=PASSWORD),
        command(service, "doctor"),
    ]
    text = json.dumps(answers)
    for secret in (PASSWORD, "$argon2", logged_in.session_id):
        assert secret not in text
    assert logged_in.session.handle in text


def test_the_doctor_says_that_mock_mode_keeps_nothing(service: Service, stores: Stores) -> None:
    answer = command(service, "doctor")
    checks = {check["name"]: check for check in answer["checks"]}
    assert (answer["status"], answer["mode"]) == ("warning", "mock")
    assert checks["mode"]["status"] == "warning"
    assert checks["revocation_bound"]["facts"] == {
        "seconds": 60,
        "while_postgresql_is_down_seconds": 300,
        "stale_if_error_adds_seconds": 240,
    }
    assert answer["settings"]["SESSION_MAX_AGE_SECONDS"] == 604_800
    assert stores.calls == []


def test_a_long_bound_is_worth_a_warning(service: Service) -> None:
    service.configure(SESSION_STALE_IF_ERROR_SECONDS="301", SESSION_REVALIDATE_SECONDS="30")
    (bound,) = [check for check in command(service, "doctor")["checks"] if check["name"] == "revocation_bound"]
    assert (bound["status"], bound["facts"]["stale_if_error_adds_seconds"]) == ("warning", 271)
    assert "SESSION_STALE_IF_ERROR_SECONDS" in bound["advice"]


def test_the_doctor_tells_faults_of_the_settings_and_every_other_command_fails(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Exception, match="DATABASE_URL"):
        service.configure(APP_ENV="production", DATABASE_PASSWORD=PASSWORD)
    answer = command(service, "doctor")
    (check,) = answer["checks"]
    assert (answer["status"], check["name"], answer["settings"]) == ("fault", "settings", {})
    assert any(fault.startswith("REDIS_URL: Redis is not configured") for fault in check["facts"]["faults"])
    assert PASSWORD not in json.dumps(answer)
    assert refused(service, {"command": "list_users"})[0] == "ConfigurationError"

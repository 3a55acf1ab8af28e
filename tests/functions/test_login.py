"""POST /login: an email and a password for a session."""

import base64
import re
from datetime import datetime, timedelta
from typing import Any

import bcrypt
import pytest

from session_management.managers.mock import DEMO_PASSWORD
from session_management.models import CreateUserData, UserStatus
from tests.functions.service import POSTGRES, REDIS, Service, Stores, body_of, told
from tests.support.hash_computations import CURRENT, watch_hashes
from tests.support.http_events import http_event

JSON = {"content-type": "application/json"}
EMAIL = "demo@example.com"


def login_event(body: object = None, **parts: Any) -> dict[str, Any]:
    """Return a login, a good one if nothing else is said."""
    headers = {**JSON, **parts.pop("headers", {})}
    return http_event("POST", headers=headers, body=body or {"email": EMAIL, "password": DEMO_PASSWORD}, **parts)


def log_in(service: Service, **fields: str) -> Any:
    """Return the answer to a login with these fields."""
    return service.invoke("Login", login_event({"email": EMAIL, "password": DEMO_PASSWORD, **fields}))


def validate(service: Service, session_id: str) -> Any:
    """Return whose session that is."""
    return service.invoke("Validate", http_event(headers={"authorization": f"Bearer {session_id}"}))


def session_id_in(answer: Any) -> str:
    """Return the session ID in the one cookie of an answer."""
    (cookie,) = answer["cookies"]
    return re.fullmatch(r"[^=]+=([A-Za-z0-9_-]{43});.*", cookie)[1]  # type: ignore[index]


def test_a_right_password_opens_a_session_that_the_cookie_holds(service: Service) -> None:
    answer = log_in(service)

    assert answer["statusCode"] == 200
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert answer["headers"]["X-Content-Type-Options"] == "nosniff"
    assert body_of(validate(service, session_id_in(answer)))["user"] == body_of(answer)["user"]


def test_the_answer_shows_the_user_and_the_end_of_the_session(service: Service) -> None:
    body = body_of(log_in(service))

    assert list(body) == ["user", "expires_at"]
    assert list(body["user"]) == ["id", "email", "role", "is_verified", "created_at", "last_login_at"]
    assert (body["user"]["email"], body["user"]["role"], body["user"]["is_verified"]) == (EMAIL, "USER", True)
    login, end = (datetime.fromisoformat(text) for text in (body["user"]["last_login_at"], body["expires_at"]))
    assert end - login == timedelta(days=7)
    assert body["expires_at"].endswith("Z")


def test_with_the_cookie_the_session_id_is_nowhere_else(service: Service) -> None:
    """ASVS 3.3.4."""
    answer = log_in(service)

    assert session_id_in(answer) not in answer["body"] + repr(answer["headers"])


def test_a_bearer_client_gets_the_session_id_in_the_body_and_no_cookie(service: Service) -> None:
    answer = log_in(service, transport="bearer")

    assert list(body_of(answer)) == ["user", "expires_at", "session_id"]
    assert "cookies" not in answer
    assert validate(service, body_of(answer)["session_id"])["statusCode"] == 200


def test_the_cookie_is_the_transport_if_none_is_asked_for(service: Service) -> None:
    assert log_in(service, transport="cookie").keys() == log_in(service).keys()


def test_two_logins_are_two_sessions(service: Service) -> None:
    first, second = session_id_in(log_in(service)), session_id_in(log_in(service))

    assert first != second
    assert validate(service, first)["statusCode"] == validate(service, second)["statusCode"] == 200


def test_the_email_is_known_in_any_case(service: Service) -> None:
    assert body_of(log_in(service, email="DEMO@Example.com"))["user"]["email"] == EMAIL


def test_the_session_records_where_it_was_opened_from(service: Service) -> None:
    answer = service.invoke("Login", login_event(headers={"user-agent": "Firefox"}))
    session = body_of(validate(service, session_id_in(answer)))["session"]

    assert (session["ip"], session["user_agent"]) == ("192.0.2.7", "Firefox")


@pytest.mark.parametrize("encoded", [False, True])
def test_the_body_may_come_in_base64(service: Service, encoded: bool) -> None:
    event = login_event()
    if encoded:
        event |= {"body": base64.b64encode(event["body"].encode()).decode(), "isBase64Encoded": True}

    assert service.invoke("Login", event)["statusCode"] == 200


@pytest.mark.parametrize("path", ["/", "/login"])
def test_the_same_function_serves_its_url_and_a_route(service: Service, path: str) -> None:
    event = login_event(rawPath=path, routeKey=f"POST {path}")
    event["requestContext"]["http"]["path"] = path

    assert service.invoke("Login", event)["statusCode"] == 200


def test_a_login_that_is_not_to_be_remembered_has_a_cookie_that_goes_with_the_browser(service: Service) -> None:
    answer = service.invoke("Login", login_event({"email": EMAIL, "password": DEMO_PASSWORD, "remember": False}))

    assert "Max-Age" not in answer["cookies"][0]
    body = body_of(answer)
    login, end = (datetime.fromisoformat(text) for text in (body["user"]["last_login_at"], body["expires_at"]))
    assert end - login == timedelta(days=1)


@pytest.mark.parametrize("transport", ["cookie", "bearer"])
def test_a_login_ends_the_session_that_is_presented_with_it(service: Service, transport: str) -> None:
    old = session_id_in(log_in(service))
    ways: dict[str, dict[str, Any]] = {
        "cookie": {"cookies": [f"__Host-sessionId={old}"]},
        "bearer": {"headers": {"authorization": f"Bearer {old}"}},
    }

    assert service.invoke("Login", login_event(**ways[transport]))["statusCode"] == 200
    assert validate(service, old)["statusCode"] == 401


@pytest.mark.parametrize("authorization", ["Basic YTpi", "Bearer x"])
def test_what_is_no_session_id_is_nothing_to_end(service: Service, authorization: str) -> None:
    """A stale or foreign credential keeps nobody from logging in."""
    assert service.invoke("Login", login_event(headers={"authorization": authorization}))["statusCode"] == 200


def test_the_session_records_whom_a_trusted_proxy_names(service: Service) -> None:
    service.configure(TRUSTED_PROXY_HOPS="1")
    headers = {"x-forwarded-for": "203.0.113.9, 198.51.100.1, 192.0.2.7"}
    answer = service.invoke("Login", login_event(headers=headers))

    assert body_of(validate(service, session_id_in(answer)))["session"]["ip"] == "198.51.100.1"


# --- The cookie ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, "__Host-sessionId={id}; HttpOnly; Path=/; Max-Age=604800; SameSite=Lax; Secure"),
        ({"COOKIE_SECURE": "false"}, "sessionId={id}; HttpOnly; Path=/; Max-Age=604800; SameSite=Lax"),
        (
            {"SESSION_MAX_AGE_SECONDS": "3600", "COOKIE_SAMESITE": "Strict"},
            "__Host-sessionId={id}; HttpOnly; Path=/; Max-Age=3600; SameSite=Strict; Secure",
        ),
        (
            {"COOKIE_NAME": "__Secure-sid", "COOKIE_DOMAIN": "example.com", "COOKIE_SAMESITE": "None"},
            "__Secure-sid={id}; HttpOnly; Path=/; Max-Age=604800; SameSite=None; Secure; Domain=example.com",
        ),
    ],
)
def test_the_cookie_is_exactly_what_the_settings_say(
    service: Service, variables: dict[str, str], expected: str
) -> None:
    service.configure(**variables)

    answer = log_in(service)

    assert answer["cookies"] == [expected.format(id=session_id_in(answer))]


# --- Refusals -----------------------------------------------------------------------------------


REFUSED = {
    "a wrong password": {"password": "wrong"},
    "an unknown email": {"email": "nobody@example.com"},
    "a user without a password": {"email": "no-password@example.com"},
    "a disabled user": {"email": "disabled@example.com"},
    "a disabled user with an old hash": {"email": "disabled-old@example.com"},
    "a disabled user and a wrong password": {"email": "disabled@example.com", "password": "wrong"},
    "an unverified user": {"email": "unverified@example.com"},
    "an unverified user with an old hash": {"email": "unverified-old@example.com"},
    "an unverified user and a wrong password": {"email": "unverified@example.com", "password": "wrong"},
    "an unverified and disabled user": {"email": "disabled-unverified@example.com"},
}


@pytest.fixture
def refusing(service: Service) -> Service:
    """The functions, where a login needs a verified email, and users of every kind who may not log in."""
    service.configure(LOGIN_REQUIRES_VERIFIED="true")
    manager = service.manager
    hashed = manager.find_by_email(EMAIL).hashed_password  # type: ignore[union-attr]
    old = bcrypt.hashpw(DEMO_PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    for name, its_hash in {"no-password": None, "disabled": hashed, "disabled-old": old}.items():
        manager.create(CreateUserData(f"{name}@example.com", hashed_password=its_hash, is_verified=True))
    for name, its_hash in {"unverified": hashed, "unverified-old": old, "disabled-unverified": hashed}.items():
        manager.create(CreateUserData(f"{name}@example.com", hashed_password=its_hash))
    for user in manager.get_all():
        if user.email.startswith("disabled"):
            manager.update(user.id, {"status": UserStatus.DISABLED})
    return service


@pytest.mark.parametrize("fields", REFUSED.values(), ids=REFUSED)
def test_every_refusal_is_the_same_to_the_last_byte_and_costs_one_hash_and_one_look(
    refusing: Service, stores: Stores, monkeypatch: pytest.MonkeyPatch, fields: dict[str, str]
) -> None:
    """ASVS 6.3.8: nobody learns whether an email is known, or why a login fails."""
    wrong = log_in(refusing, password="wrong")
    stores.calls.clear()
    computed = watch_hashes(monkeypatch)

    answer = log_in(refusing, **fields)

    assert told(answer) == (401, "invalid_credentials")
    assert answer == wrong
    assert "cookies" not in answer
    assert computed == [CURRENT]
    assert stores.calls == [f"{REDIS}: reserve", f"{POSTGRES}: find_by_email"]


def test_an_unverified_user_gets_in_once_verified_and_at_once_where_it_is_not_asked_for(service: Service) -> None:
    hashed = service.manager.find_by_email(EMAIL).hashed_password  # type: ignore[union-attr]
    user = service.manager.create(CreateUserData("ann@example.com", hashed_password=hashed))
    assert log_in(service, email=user.email)["statusCode"] == 200

    service.configure(LOGIN_REQUIRES_VERIFIED="true")
    user = service.manager.create(CreateUserData("ann@example.com", hashed_password=hashed))
    assert told(log_in(service, email=user.email)) == (401, "invalid_credentials")
    service.manager.update(user.id, {"is_verified": True})
    assert log_in(service, email=user.email)["statusCode"] == 200


def test_a_session_outlives_the_verification_and_the_next_login_does_not(service: Service) -> None:
    """Whoever wants such sessions kept out asks for verified users at the authorizer (REQUIRE_VERIFIED)."""
    service.configure(LOGIN_REQUIRES_VERIFIED="true")
    session_id = session_id_in(log_in(service))
    user = service.manager.find_by_email(EMAIL)
    assert user
    service.manager.update(user.id, {"is_verified": False})

    assert body_of(validate(service, session_id))["user"]["is_verified"] is False
    assert told(log_in(service)) == (401, "invalid_credentials")


def test_a_disabled_user_gets_in_again_once_enabled(service: Service) -> None:
    user = service.manager.find_by_email(EMAIL)
    assert user
    service.manager.update(user.id, {"status": UserStatus.DISABLED})
    assert told(log_in(service)) == (401, "invalid_credentials")
    service.manager.update(user.id, {"status": UserStatus.ACTIVE})

    assert log_in(service)["statusCode"] == 200


def test_a_refused_login_opens_no_session(service: Service, stores: Stores) -> None:
    """ASVS 7.6.2."""
    log_in(service, password="wrong")

    assert stores.calls == [f"{REDIS}: reserve", f"{POSTGRES}: find_by_email"]


def test_with_postgresql_down_nobody_can_tell(service: Service, stores: Stores) -> None:
    """P6: an outage never logs anybody in, and is no refusal."""
    stores.down = {POSTGRES}

    answer = log_in(service)

    assert told(answer) == (503, "unavailable")
    assert int(answer["headers"]["Retry-After"]) > 0
    assert "cookies" not in answer


def test_with_redis_down_a_login_goes_through(service: Service, stores: Stores) -> None:
    """P1: and its session is honoured, by Redis's absence and after its return."""
    stores.down = {REDIS}
    session_id = session_id_in(log_in(service))

    assert validate(service, session_id)["statusCode"] == 200
    stores.down = set()
    assert validate(service, session_id)["statusCode"] == 200


def test_a_page_of_a_foreign_origin_cannot_log_anybody_in(service: Service, stores: Stores) -> None:
    """ASVS 7.6.2."""
    answer = service.invoke(
        "Login", login_event(headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"})
    )

    assert told(answer) == (403, "forbidden_origin")
    assert stores.calls == []

"""POST /register: a new user, and a session for them."""

import unicodedata
from datetime import datetime, timedelta
from typing import Any

import pytest

from session_management.managers.mock import DEMO_SESSION_ID
from session_management.models import UserRole
from tests.functions.service import POSTGRES, REDIS, Service, Stores, body_of, told
from tests.functions.test_login import login_event, session_id_in, validate

EMAIL, TAKEN = "ann@example.com", "Demo@Example.com"
PASSWORD = "nine umbrellas under one moon"


@pytest.fixture
def service(service: Service) -> Service:
    """The functions, where anybody may register."""
    service.configure(REGISTRATION="open")
    return service


def register(service: Service, parts: dict[str, Any] | None = None, **fields: Any) -> Any:
    """Return the answer to a registration, a good one if nothing else is said."""
    body = {"email": EMAIL, "password": PASSWORD, **fields}
    return service.invoke("Register", login_event(body, **(parts or {})))


def test_whoever_registers_is_a_user_and_logged_in(service: Service) -> None:
    answer = register(service)

    assert answer["statusCode"] == 200
    assert list(body_of(answer)) == ["user", "expires_at"]
    user = body_of(answer)["user"]
    assert (user["email"], user["role"], user["is_verified"]) == (EMAIL, "USER", False)
    assert user["last_login_at"]
    assert body_of(validate(service, session_id_in(answer)))["user"] == user
    assert service.invoke("Login", login_event({"email": EMAIL, "password": PASSWORD}))["statusCode"] == 200


def test_a_bearer_client_gets_the_session_id_in_the_body_and_no_cookie(service: Service) -> None:
    answer = register(service, transport="bearer")

    assert "cookies" not in answer
    assert validate(service, body_of(answer)["session_id"])["statusCode"] == 200


def test_a_session_that_is_not_to_be_remembered_is_a_short_one(service: Service) -> None:
    answer = register(service, remember=False)

    body = body_of(answer)
    login, end = (datetime.fromisoformat(text) for text in (body["user"]["last_login_at"], body["expires_at"]))
    assert end - login == timedelta(days=1)
    assert "Max-Age" not in answer["cookies"][0]


def test_the_session_that_is_presented_with_it_ends(service: Service) -> None:
    """ASVS 7.2.4."""
    assert register(service, {"cookies": [f"__Host-sessionId={DEMO_SESSION_ID}"]})["statusCode"] == 200
    assert validate(service, DEMO_SESSION_ID)["statusCode"] == 401


@pytest.mark.parametrize(
    "field",
    [{"role": "ADMIN"}, {"is_verified": True}, {"id": "1"}, {"status": "ACTIVE"}, {"hashed_password": "x"}],
    ids=lambda field: next(iter(field)),
)
def test_nothing_else_of_a_user_can_be_said(service: Service, stores: Stores, field: dict[str, Any]) -> None:
    """P7, ASVS 15.3.3."""
    assert told(register(service, **field)) == (400, "invalid_request")
    assert stores.calls == []


def test_an_email_that_is_taken_in_any_case_is_told(service: Service) -> None:
    answer = register(service, email=TAKEN)

    assert told(answer) == (409, "email_taken")
    assert "cookies" not in answer
    assert service.manager.count() == 2


def test_a_weak_password_is_told_with_the_reason_before_any_store_is_asked(service: Service, stores: Stores) -> None:
    """ASVS 6.2.1."""
    answer = register(service, password="x" * 20)

    assert told(answer) == (400, "weak_password")
    assert "one character over and over" in body_of(answer)["detail"]
    assert stores.calls == []


@pytest.mark.parametrize(("characters", "status"), [(14, 400), (15, 200), (128, 200), (129, 400)])
def test_a_password_has_15_to_128_characters_however_many_bytes_they_are(
    service: Service, characters: int, status: int
) -> None:
    """ASVS 6.2.1, 6.2.9."""
    password = "".join(chr(0x1F600 + number % 64) for number in range(characters))

    assert register(service, password=password)["statusCode"] == status


def test_it_does_not_matter_how_a_keyboard_composes_a_letter(service: Service) -> None:
    """Registered in one form, one logs in with either, and changes it with either (NIST SP 800-63B-4, 3.1.1.2)."""
    composed, decomposed = (unicodedata.normalize(form, "zwölf Boxkämpfer jagen") for form in ("NFC", "NFD"))
    assert composed != decomposed
    session_id = session_id_in(register(service, password=decomposed))

    for password in (composed, decomposed):
        assert service.invoke("Login", login_event({"email": EMAIL, "password": password}))["statusCode"] == 200
    body = {"current_password": composed, "new_password": PASSWORD}
    event = login_event(body, cookies=[f"__Host-sessionId={session_id}"])
    assert service.invoke("Password", event)["statusCode"] == 200


def test_the_minimum_length_is_a_setting(service: Service) -> None:
    service.configure(PASSWORD_MIN_LENGTH="8")
    assert register(service, password="8 chars!")["statusCode"] == 200


def test_a_closed_registration_is_closed_to_all_and_asks_no_store(service: Service, stores: Stores) -> None:
    """Which is so unless somebody opens it."""
    service.configure(REGISTRATION="")
    refused: list[dict[str, Any]] = [{}, {"email": TAKEN}, {"email": "no email"}, {"password": "weak"}]
    for fields in refused:
        assert told(register(service, **fields)) == (403, "registration_closed")
    assert stores.calls == []


# --- Where accounts are hidden --------------------------------------------------------------------


def test_where_accounts_are_hidden_a_taken_email_is_answered_as_a_free_one(service: Service, stores: Stores) -> None:
    """To the last byte, with the same calls, without a session; the new user is there all the same."""
    service.configure(REGISTRATION_HIDES_ACCOUNTS="true")
    answers, calls = [], []
    for email in (EMAIL, TAKEN):
        stores.calls.clear()
        answers.append(register(service, {"cookies": [f"__Host-sessionId={DEMO_SESSION_ID}"]}, email=email))
        calls.append([*stores.calls])

    assert answers[0] == answers[1]
    assert (answers[0]["statusCode"], body_of(answers[0])) == (202, {"accepted": True})
    assert "cookies" not in answers[0]
    assert calls[0] == calls[1] == [f"{REDIS}: reserve", f"{POSTGRES}: create"]
    assert validate(service, DEMO_SESSION_ID)["statusCode"] == 200
    found = service.manager.find_by_email(EMAIL)
    assert found
    assert (found.role, found.is_verified) == (UserRole.USER, False)
    assert service.invoke("Login", login_event({"email": EMAIL, "password": PASSWORD}))["statusCode"] == 200


def test_and_the_password_of_a_taken_email_stays_what_it_was(service: Service) -> None:
    service.configure(REGISTRATION_HIDES_ACCOUNTS="true")
    before = service.manager.find_by_email(TAKEN)
    register(service, email=TAKEN)

    assert service.manager.find_by_email(TAKEN) == before


# --- Where a login needs a verified email ---------------------------------------------------------


@pytest.mark.parametrize("transport", ["cookie", "bearer"])
def test_whoever_may_not_log_in_yet_is_a_user_without_a_session(service: Service, transport: str) -> None:
    """And the session that was presented goes on: no other is in its place."""
    service.configure(LOGIN_REQUIRES_VERIFIED="true")
    answer = register(service, {"cookies": [f"__Host-sessionId={DEMO_SESSION_ID}"]}, transport=transport)

    assert (answer["statusCode"], body_of(answer)) == (202, {"accepted": True})
    assert "cookies" not in answer
    assert validate(service, DEMO_SESSION_ID)["statusCode"] == 200
    user = service.manager.find_by_email(EMAIL)
    assert user
    assert (user.role, user.is_verified, service.manager.list_sessions(user.id)) == (UserRole.USER, False, [])


def test_they_can_log_in_once_they_are_verified(service: Service) -> None:
    service.configure(LOGIN_REQUIRES_VERIFIED="true")
    register(service)
    credentials = login_event({"email": EMAIL, "password": PASSWORD})
    assert told(service.invoke("Login", credentials)) == (401, "invalid_credentials")
    user = service.manager.find_by_email(EMAIL)
    assert user
    service.manager.update(user.id, {"is_verified": True})

    assert service.invoke("Login", credentials)["statusCode"] == 200


@pytest.mark.parametrize(("hides", "expected"), [("false", (409, "email_taken")), ("true", (202, None))])
def test_a_taken_email_is_told_there_unless_accounts_are_hidden(
    service: Service, hides: str, expected: tuple[int, str | None]
) -> None:
    service.configure(LOGIN_REQUIRES_VERIFIED="true", REGISTRATION_HIDES_ACCOUNTS=hides)

    assert told(register(service, email=TAKEN)) == expected
    assert told(register(service)) == (202, None)


# --- Outages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["REGISTRATION_HIDES_ACCOUNTS", "LOGIN_REQUIRES_VERIFIED"])
@pytest.mark.parametrize("value", ["true", "false"])
def test_with_postgresql_down_nobody_can_tell(service: Service, stores: Stores, setting: str, value: str) -> None:
    """P6."""
    service.configure(**{setting: value})
    stores.down = {POSTGRES}

    for email in (EMAIL, TAKEN):
        assert told(register(service, email=email)) == (503, "unavailable")


def test_with_redis_down_a_registration_goes_through(service: Service, stores: Stores) -> None:
    """P1."""
    stores.down = {REDIS}
    assert validate(service, session_id_in(register(service)))["statusCode"] == 200


def test_a_page_of_a_foreign_origin_cannot_register_anybody(service: Service, stores: Stores) -> None:
    answer = register(service, {"headers": {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}})

    assert told(answer) == (403, "forbidden_origin")
    assert stores.calls == []

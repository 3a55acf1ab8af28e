"""POST /password: a new password for the current one, and one new session for all that there were."""

from typing import Any

import pytest

from session_management.managers import password_change
from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.passwords import hash_password
from tests.functions.service import POSTGRES, REDIS, Service, Stores, body_of, told
from tests.functions.test_login import EMAIL, log_in, login_event, session_id_in, validate

NEW = "nine umbrellas under one moon"
COOKIE = {"cookies": [f"__Host-sessionId={DEMO_SESSION_ID}"]}
BEARER = {"headers": {"authorization": f"Bearer {DEMO_SESSION_ID}"}}


def change(service: Service, parts: dict[str, Any] | None = None, **fields: Any) -> Any:
    """Return the answer to a change of the demo user's password, a good one if nothing else is said."""
    body = {"current_password": DEMO_PASSWORD, "new_password": NEW, **fields}
    return service.invoke("Password", login_event(body, **(COOKIE if parts is None else parts)))


def test_the_new_password_is_the_only_one(service: Service) -> None:
    """ASVS 6.2.2."""
    answer = change(service)

    assert answer["statusCode"] == 200
    assert body_of(answer)["user"]["email"] == EMAIL
    assert told(log_in(service)) == (401, "invalid_credentials")
    assert log_in(service, password=NEW)["statusCode"] == 200


def test_the_client_goes_on_under_a_new_session_id_and_all_others_are_out(service: Service) -> None:
    """P2, ASVS 7.2.4, 7.4.3."""
    others = [session_id_in(log_in(service)) for _ in range(2)]
    new = session_id_in(change(service))

    assert validate(service, new)["statusCode"] == 200
    for old in (DEMO_SESSION_ID, *others):
        assert validate(service, old)["statusCode"] == 401


def test_other_users_stay_in(service: Service) -> None:
    admin = session_id_in(log_in(service, email="admin@example.com"))
    change(service)

    assert validate(service, admin)["statusCode"] == 200


def test_the_new_session_dates_its_authentication_from_now(service: Service) -> None:
    session = body_of(validate(service, session_id_in(change(service))))["session"]

    assert session["authenticated_at"] == session["created_at"] == session["last_activity"]


@pytest.mark.parametrize(
    ("parts", "is_cookie"),
    [(COOKIE, True), (BEARER, False), (COOKIE | BEARER, True)],
    ids=["cookie", "bearer", "both"],
)
def test_the_new_session_id_comes_as_the_old_one_did(service: Service, parts: dict[str, Any], is_cookie: bool) -> None:
    answer = change(service, parts)

    assert ("session_id" in body_of(answer)) != is_cookie
    assert ("cookies" in answer) == is_cookie
    new = session_id_in(answer) if is_cookie else body_of(answer)["session_id"]
    assert new != DEMO_SESSION_ID
    assert validate(service, new)["statusCode"] == 200


@pytest.mark.parametrize("remember", [True, False])
def test_a_session_that_goes_with_the_browser_is_followed_by_one_that_does(service: Service, remember: bool) -> None:
    body = {"email": EMAIL, "password": DEMO_PASSWORD, "remember": remember}
    old = session_id_in(service.invoke("Login", login_event(body)))

    answer = change(service, {"cookies": [f"__Host-sessionId={old}"]})

    assert ("Max-Age=604800" in answer["cookies"][0]) == remember
    assert ("Max-Age" in answer["cookies"][0]) == remember


# --- Refusals -----------------------------------------------------------------------------------


def test_a_wrong_current_password_changes_nothing_and_the_session_lives_on(service: Service) -> None:
    """ASVS 6.2.3, 7.5.1."""
    answer = change(service, current_password="not the current one")

    assert told(answer) == (401, "invalid_credentials")
    assert "cookies" not in answer
    assert validate(service, DEMO_SESSION_ID)["statusCode"] == 200
    assert log_in(service)["statusCode"] == 200


def test_a_user_without_a_password_cannot_get_one_so(service: Service) -> None:
    user = service.manager.find_by_email(EMAIL)
    assert user
    service.manager._database.users.update(user.id, {"hashed_password": None})

    answers = [change(service), change(service, current_password="x")]

    assert [told(answer) for answer in answers] == [(401, "invalid_credentials")] * 2
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    "parts",
    [{}, {"headers": {"authorization": f"Bearer {'A' * 43}"}}, {"headers": {"authorization": "Bearer x"}}],
    ids=["none", "unknown", "malformed"],
)
def test_without_a_live_session_nothing_is_changed(service: Service, parts: dict[str, Any]) -> None:
    assert told(change(service, parts)) == (401, "unauthenticated")
    assert log_in(service)["statusCode"] == 200


def test_an_ended_session_changes_nothing(service: Service) -> None:
    service.manager.delete_session(DEMO_SESSION_ID)

    assert told(change(service)) == (401, "unauthenticated")


def test_without_a_session_id_no_store_is_asked(service: Service, stores: Stores) -> None:
    """P7."""
    change(service, {})
    change(service, {"headers": {"authorization": "Bearer x"}})
    change(service, unknown_field="x")

    assert stores.calls == []


@pytest.mark.parametrize("current", [DEMO_PASSWORD, "wrong"])
def test_a_weak_new_password_is_told_whatever_the_current_one_is(service: Service, current: str) -> None:
    """And nobody learns from it whether the current one is right."""
    answer = change(service, current_password=current, new_password="demo@example.com")

    assert told(answer) == (400, "weak_password")
    assert "made of the email" in body_of(answer)["detail"]
    assert validate(service, DEMO_SESSION_ID)["statusCode"] == 200


@pytest.mark.parametrize("field", ["current_password", "new_password"])
@pytest.mark.parametrize("value", ["", None, 5, "x" * 1025, "a\0b"])
def test_what_is_no_password_is_no_request(service: Service, stores: Stores, field: str, value: Any) -> None:
    fields: dict[str, Any] = {field: value}
    assert told(change(service, **fields)) == (400, "invalid_request")
    assert stores.calls == []


def test_a_page_of_a_foreign_origin_changes_nothing(service: Service, stores: Stores) -> None:
    answer = change(service, {**COOKIE, "headers": {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}})

    assert told(answer) == (403, "forbidden_origin")
    assert stores.calls == []


# --- Outages --------------------------------------------------------------------------------------


def test_with_postgresql_down_nothing_is_changed(service: Service, stores: Stores) -> None:
    """P6."""
    validate(service, DEMO_SESSION_ID)
    stores.down = {POSTGRES}

    assert told(change(service)) == (503, "unavailable")
    stores.down = set()
    assert validate(service, DEMO_SESSION_ID)["statusCode"] == 200
    assert log_in(service)["statusCode"] == 200


def test_with_redis_down_nothing_is_changed(service: Service, stores: Stores) -> None:
    """P2: no fence could be written, so nothing is begun; and no password is hashed or looked at."""
    stores.down = {REDIS}
    answers = [change(service), change(service, current_password="wrong")]

    assert [told(answer) for answer in answers] == [(503, "unavailable")] * 2
    assert stores.calls == [f"{REDIS}: get", f"{POSTGRES}: check", f"{REDIS}: get"] * 2
    assert validate(service, DEMO_SESSION_ID)["statusCode"] == 200
    assert log_in(service)["statusCode"] == 200


def test_where_redis_fails_midway_it_is_done_and_not_acknowledged(
    service: Service, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P2: copies of what ended may be believed elsewhere. Whoever logs in with the new password is in."""
    validate(service, DEMO_SESSION_ID)

    def hash_and_lose_redis(password: str) -> str:
        stores.down = {REDIS}
        return hash_password(password)

    monkeypatch.setattr(password_change, "hash_password", hash_and_lose_redis)
    answer = change(service)

    assert told(answer) == (503, "unavailable")
    assert "cookies" not in answer
    assert told(validate(service, DEMO_SESSION_ID)) == (401, "unauthenticated")
    assert log_in(service, password=NEW)["statusCode"] == 200

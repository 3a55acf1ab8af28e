"""POST /logout: the end of a session, and of the cookie whatever the stores say."""

from typing import Any

import pytest

from session_management.managers.mock import DEMO_SESSION_ID
from tests.functions.service import POSTGRES, REDIS, Service, Stores, told
from tests.support.http_events import http_event

COOKIE = f"__Host-sessionId={DEMO_SESSION_ID}"
BEARER = {"authorization": f"Bearer {DEMO_SESSION_ID}"}
CLEARED = ["__Host-sessionId=; HttpOnly; Path=/; Max-Age=0; SameSite=Lax; Secure"]


def log_out(service: Service, **parts: Any) -> Any:
    """Return the answer to a logout."""
    return service.invoke("Logout", http_event("POST", **parts))


def is_live(service: Service) -> bool:
    """Whether the demo session is."""
    return bool(service.invoke("Validate", http_event(headers=BEARER))["statusCode"] == 200)


@pytest.mark.parametrize(
    "parts", [{"cookies": [COOKIE]}, {"headers": BEARER}, {"cookies": [COOKIE], "headers": BEARER}]
)
def test_after_a_logout_the_session_is_refused(service: Service, parts: dict[str, Any]) -> None:
    """P2."""
    assert is_live(service)

    answer = log_out(service, **parts)

    assert (answer["statusCode"], answer["body"], answer["cookies"]) == (204, "", CLEARED)
    assert not is_live(service)


def test_a_logout_twice_is_as_good_as_once(service: Service) -> None:
    assert log_out(service, headers=BEARER) == log_out(service, headers=BEARER)


@pytest.mark.parametrize(
    "parts",
    [{}, {"cookies": ["__Host-sessionId="]}, {"headers": {"authorization": "Bearer " + "x" * 43}}],
    ids=["none", "empty", "unknown"],
)
def test_a_logout_of_nothing_is_done(service: Service, parts: dict[str, Any]) -> None:
    answer = log_out(service, **parts)

    assert (answer["statusCode"], answer["cookies"]) == (204, CLEARED)
    assert is_live(service)


def test_a_logout_of_an_unknown_session_writes_nothing_to_redis(service: Service, stores: Stores) -> None:
    """Or anybody could fill it."""
    log_out(service, headers={"authorization": "Bearer " + "x" * 43})

    assert stores.calls == [f"{POSTGRES}: revoke"]


@pytest.mark.parametrize(
    "parts",
    [
        {"headers": {"authorization": "Basic YTpi"}},
        {"headers": {"authorization": "Bearer short"}},
        {"cookies": ["__Host-sessionId=short"]},
        {"cookies": [COOKIE], "headers": {"authorization": "Bearer " + "x" * 43}},
        {"cookies": [COOKIE, "__Host-sessionId=" + "x" * 43]},
        {"cookies": [COOKIE + "\r\n"]},
    ],
    ids=repr,
)
def test_what_is_no_session_id_is_401_and_the_cookie_is_cleared(
    service: Service, stores: Stores, parts: dict[str, Any]
) -> None:
    answer = log_out(service, **parts)

    assert told(answer) == (401, "unauthenticated")
    assert answer["cookies"] == CLEARED
    assert stores.calls == []
    assert is_live(service)


@pytest.mark.parametrize("down", [{REDIS}, {POSTGRES}, {REDIS, POSTGRES}], ids=["redis", "postgresql", "both"])
def test_when_a_store_does_not_know_of_it_yet_it_is_503_and_the_cookie_is_cleared(
    service: Service, stores: Stores, down: set[str]
) -> None:
    stores.down = down

    answer = log_out(service, headers=BEARER)

    assert told(answer) == (503, "unavailable")
    assert int(answer["headers"]["Retry-After"]) > 0
    assert answer["cookies"] == CLEARED


def test_with_redis_down_the_record_is_revoked_and_the_next_try_finishes(service: Service, stores: Stores) -> None:
    """P2: the row is revoked already."""
    assert is_live(service)
    stores.down = {REDIS}
    assert log_out(service, headers=BEARER)["statusCode"] == 503
    assert not is_live(service)
    stores.down = set()

    assert log_out(service, headers=BEARER)["statusCode"] == 204
    assert not is_live(service)


def test_with_redis_down_the_sweeper_finishes_the_job(service: Service, stores: Stores) -> None:
    assert is_live(service)
    stores.down = {REDIS}
    log_out(service, headers=BEARER)
    stores.down = set()

    assert service.invoke("Sweeper", {})["fences_written"] == 1
    assert not is_live(service)


def test_with_postgresql_down_the_copy_is_fenced(service: Service, stores: Stores) -> None:
    assert is_live(service)
    stores.down = {POSTGRES}
    assert log_out(service, headers=BEARER)["statusCode"] == 503

    assert told(service.invoke("Validate", http_event(headers=BEARER))) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"COOKIE_SECURE": "false"}, "sessionId=; HttpOnly; Path=/; Max-Age=0; SameSite=Lax"),
        (
            {"COOKIE_NAME": "__Secure-sid", "COOKIE_DOMAIN": "example.com", "COOKIE_SAMESITE": "Strict"},
            "__Secure-sid=; HttpOnly; Path=/; Max-Age=0; SameSite=Strict; Secure; Domain=example.com",
        ),
    ],
)
def test_the_cookie_is_cleared_with_the_attributes_it_was_set_with(
    service: Service, variables: dict[str, str], expected: str
) -> None:
    service.configure(**variables)

    assert log_out(service)["cookies"] == [expected]


def test_a_page_of_a_foreign_origin_cannot_log_anybody_out(service: Service, stores: Stores) -> None:
    """Nor clear their cookie. ASVS 3.5.1."""
    answer = log_out(service, cookies=[COOKIE], headers={"origin": "https://evil.example"})

    assert told(answer) == (403, "forbidden_origin")
    assert "cookies" not in answer
    assert stores.calls == []


def test_an_allowed_origin_can(service: Service) -> None:
    service.configure(ALLOWED_ORIGINS="https://app.example.com")

    answer = log_out(
        service, cookies=[COOKIE], headers={"origin": "https://app.example.com", "sec-fetch-site": "cross-site"}
    )

    assert answer["statusCode"] == 204
    assert answer["headers"]["Access-Control-Allow-Origin"] == "https://app.example.com"


@pytest.mark.parametrize("body", ["", "{}", "not json", "x" * 16_384])
def test_a_body_does_not_matter(service: Service, body: str) -> None:
    assert log_out(service, headers=BEARER, body=body)["statusCode"] == 204


def test_a_link_cannot_log_anybody_out(service: Service) -> None:
    """ASVS 3.5.3."""
    assert told(service.invoke("Logout", http_event("GET", cookies=[COOKIE]))) == (405, "method_not_allowed")
    assert is_live(service)

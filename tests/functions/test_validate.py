"""GET /validate: whose session is this?"""

from datetime import datetime, timedelta

import pytest

from session_management.managers.mock import DEMO_SESSION_ID
from session_management.models import SessionMetadata
from session_management.tokens import handle_of
from tests.functions.service import POSTGRES, REDIS, Service, Stores, body_of, told
from tests.support.http_events import http_event

COOKIE = f"__Host-sessionId={DEMO_SESSION_ID}"
BEARER = {"authorization": f"Bearer {DEMO_SESSION_ID}"}


def test_a_live_session_is_shown_with_its_user(service: Service) -> None:
    answer = service.invoke("Validate", http_event(cookies=[COOKIE]))

    body = body_of(answer)
    assert answer["statusCode"] == 200
    assert list(body) == ["user", "session"]
    assert body["user"]["email"] == "demo@example.com"
    assert list(body["session"]) == [
        "handle",
        "created_at",
        "expires_at",
        "last_activity",
        "authenticated_at",
        "ip",
        "user_agent",
    ]
    assert body["session"]["handle"] == handle_of(DEMO_SESSION_ID)
    created_at, expires_at = (datetime.fromisoformat(body["session"][name]) for name in ("created_at", "expires_at"))
    assert expires_at - created_at == timedelta(days=7)


def test_the_cookie_and_the_bearer_token_are_answered_alike(service: Service) -> None:
    assert service.invoke("Validate", http_event(cookies=[COOKIE])) == service.invoke(
        "Validate", http_event(headers=BEARER)
    )


def test_the_answer_holds_no_session_id_and_nobody_may_store_it(service: Service) -> None:
    """ASVS 14.3.2."""
    answer = service.invoke("Validate", http_event(cookies=[COOKIE]))

    assert DEMO_SESSION_ID not in str(answer)
    assert answer["headers"]["Cache-Control"] == "no-store"
    assert "cookies" not in answer


def test_the_usual_validation_asks_redis_once_and_postgresql_never(service: Service, stores: Stores) -> None:
    """Section "validate", Redis hot: one round trip."""
    service.invoke("Validate", http_event(cookies=[COOKIE]))
    stores.calls.clear()

    assert service.invoke("Validate", http_event(cookies=[COOKIE]))["statusCode"] == 200
    assert stores.calls == [f"{REDIS}: get"]


@pytest.mark.parametrize(
    "event",
    [
        http_event(),
        http_event(cookies=["__Host-sessionId="]),
        http_event(cookies=["__Host-sessionId=" + "x" * 43]),
        http_event(headers={"authorization": "Bearer " + "x" * 43}),
        http_event(rawQueryString=f"sessionId={DEMO_SESSION_ID}"),
    ],
    ids=["none", "empty", "unknown cookie", "unknown bearer", "query"],
)
def test_without_a_live_session_it_is_401(service: Service, event: dict[str, object]) -> None:
    answer = service.invoke("Validate", event)

    assert told(answer) == (401, "unauthenticated")
    assert answer["headers"]["WWW-Authenticate"] == "Bearer"


def test_an_unknown_session_and_none_are_refused_with_the_same_answer(service: Service) -> None:
    unknown = http_event(headers={"authorization": "Bearer " + "x" * 43})

    assert service.invoke("Validate", http_event()) == service.invoke("Validate", unknown)


def test_an_attackers_id_never_becomes_a_session(service: Service, stores: Stores) -> None:
    """An unknown ID writes nothing."""
    service.invoke("Validate", http_event(headers={"authorization": "Bearer " + "x" * 43}))

    assert stores.calls == [f"{REDIS}: get", f"{POSTGRES}: check"]


@pytest.mark.parametrize("down", [{POSTGRES}, {POSTGRES, REDIS}], ids=["postgresql", "both"])
def test_when_nobody_can_tell_it_is_503_and_never_401(service: Service, stores: Stores, down: set[str]) -> None:
    """P6: an outage never tells a client that it is logged out."""
    stores.down = down

    for session_id in (DEMO_SESSION_ID, "x" * 43):
        answer = service.invoke("Validate", http_event(headers={"authorization": f"Bearer {session_id}"}))
        assert told(answer) == (503, "unavailable")
        assert int(answer["headers"]["Retry-After"]) > 0
        assert "cookies" not in answer


def test_with_redis_down_postgresql_alone_tells(service: Service, stores: Stores) -> None:
    """P1."""
    stores.down = {REDIS}

    assert service.invoke("Validate", http_event(cookies=[COOKIE]))["statusCode"] == 200
    assert told(service.invoke("Validate", http_event(headers={"authorization": "Bearer " + "x" * 43})))[0] == 401


def test_with_postgresql_down_a_hot_copy_is_believed(service: Service, stores: Stores) -> None:
    service.invoke("Validate", http_event(cookies=[COOKIE]))
    stores.down = {POSTGRES}

    assert service.invoke("Validate", http_event(cookies=[COOKIE]))["statusCode"] == 200


def test_a_change_of_the_user_is_seen_by_the_next_validation(service: Service) -> None:
    """P4."""
    user = body_of(service.invoke("Validate", http_event(cookies=[COOKIE])))["user"]
    service.manager.update(user["id"], {"role": "ADMIN"})

    assert body_of(service.invoke("Validate", http_event(cookies=[COOKIE])))["user"]["role"] == "ADMIN"


def test_what_the_user_agent_holds_does_not_matter_to_the_answer(service: Service) -> None:
    user = service.manager.find_by_email("demo@example.com")
    assert user
    session_id = service.manager.create_session(user.id, SessionMetadata("x", "\x00\r\n\ud800<script>"), 60)

    answer = service.invoke("Validate", http_event(headers={"authorization": f"Bearer {session_id}"}))

    assert body_of(answer)["session"]["user_agent"] == "<script>"
    assert body_of(answer)["session"]["ip"] is None

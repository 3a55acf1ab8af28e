"""/sessions: a user's own sessions, seen and ended by themselves and by nobody else."""

import json
from copy import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from session_management.adapters.memory import MemoryDatabase
from session_management.adapters.memory_copies import MemoryCopyAdapter
from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.models import CreateUserData, SessionMetadata
from session_management.session_data import to_ms
from session_management.tokens import handle_of
from tests.functions.service import POSTGRES, REDIS, Service, Stores, body_of, told
from tests.support.clock import ToldClock
from tests.support.http_events import http_event

COOKIE = f"__Host-sessionId={DEMO_SESSION_ID}"
OWN = handle_of(DEMO_SESSION_ID)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"
)


def ask(service: Service, method: str = "GET", path: str = "/sessions", **parts: Any) -> Any:
    """Return the answer to the demo user's browser, unless *parts* present something else."""
    if "cookies" not in parts and "headers" not in parts:
        parts["cookies"] = [COOKIE]
    return service.invoke("Sessions", http_event(method, rawPath=path, **parts))


def another_session(service: Service, **metadata: str) -> str:
    """Return the ID of another session of the demo user's."""
    user = service.manager.find_by_email("demo@example.com")
    assert user
    return service.manager.create_session(user.id, SessionMetadata(**metadata), 3_600)


def is_live(service: Service, session_id: str) -> bool:
    return service.manager.find_session(session_id) is not None


def test_the_callers_sessions_are_listed(service: Service) -> None:
    """ASVS 7.5.2."""
    other = another_session(service, ip="192.0.2.8", user_agent=CHROME)

    answer = ask(service)

    assert answer["statusCode"] == 200
    second, first = sorted(body_of(answer)["sessions"], key=lambda session: session["is_current"], reverse=True)
    assert [*first] == [
        "handle",
        "created_at",
        "expires_at",
        "last_activity",
        "authenticated_at",
        "ip",
        "user_agent",
        "device",
        "is_current",
    ]
    assert (first["handle"], first["device"], first["ip"]) == (handle_of(other), "Chrome on Windows", "192.0.2.8")
    assert [first["is_current"], second["is_current"]] == [False, True]
    assert second["handle"] == OWN


def test_the_newest_come_first_and_this_one_is_marked(service: Service) -> None:
    others = [handle_of(another_session(service)) for _ in range(3)]

    body = body_of(ask(service))

    created = [session["created_at"] for session in body["sessions"]]
    assert created == sorted(created, reverse=True)
    assert {session["handle"]: session["is_current"] for session in body["sessions"]} == {
        OWN: True,
        **dict.fromkeys(others, False),
    }
    assert body["has_more"] is False


@pytest.mark.parametrize(("more", "has_more"), [(0, False), (1, True), (30, True)])
def test_of_very_many_sessions_the_newest_hundred_are_listed_and_this_one(
    service: Service, told_clock: ToldClock, more: int, has_more: bool
) -> None:
    """Lambda answers with 6 MB at most, and nobody reads through that."""
    for _ in range(99 + more):
        told_clock.advance(1)
        another_session(service, user_agent="x" * 512)

    body = body_of(ask(service))

    assert [session["is_current"] for session in body["sessions"]] == [False] * (100 if has_more else 99) + [True]
    assert body["has_more"] is has_more
    assert body_of(ask(service, "DELETE")) == {"ended": 99 + more}
    assert [session["handle"] for session in body_of(ask(service))["sessions"]] == [OWN]


def test_nobody_elses_sessions_and_no_session_ids_are_listed(service: Service) -> None:
    eve = service.manager.create(CreateUserData("eve@example.com"))
    eves = service.manager.create_session(eve.id, SessionMetadata(), 3_600)

    body = ask(service)["body"]

    assert handle_of(eves) not in body
    assert DEMO_SESSION_ID not in body


def test_one_session_is_ended_by_its_handle(service: Service) -> None:
    other = another_session(service)

    assert ask(service, "DELETE", f"/sessions/{handle_of(other)}")["statusCode"] == 204

    assert not is_live(service, other)
    assert is_live(service, DEMO_SESSION_ID)


def test_ending_ones_own_session_clears_the_cookie(service: Service) -> None:
    answer = ask(service, "DELETE", f"/sessions/{OWN}")

    assert answer["statusCode"] == 204
    assert "Max-Age=0" in answer["cookies"][0]
    assert not is_live(service, DEMO_SESSION_ID)


def test_another_users_handle_is_none_of_the_callers(service: Service) -> None:
    """The same answer as for one that nobody has."""
    eve = service.manager.create(CreateUserData("eve@example.com"))
    eves = service.manager.create_session(eve.id, SessionMetadata(), 3_600)

    theirs, nobodys = (ask(service, "DELETE", f"/sessions/{handle}") for handle in (handle_of(eves), "0" * 64))

    assert told(theirs) == (404, "not_found")
    assert theirs == nobodys
    assert is_live(service, eves)


def test_all_other_sessions_are_ended_at_once(service: Service) -> None:
    others = [another_session(service) for _ in range(3)]

    answer = ask(service, "DELETE")

    assert body_of(answer) == {"ended": 3}
    assert "cookies" not in answer
    assert not any(is_live(service, other) for other in others)
    assert is_live(service, DEMO_SESSION_ID)


def test_this_one_is_ended_as_well_if_that_is_asked_for(service: Service) -> None:
    another_session(service)

    answer = ask(service, "DELETE", queryStringParameters={"all": "true"})

    assert body_of(answer) == {"ended": 2}
    assert "Max-Age=0" in answer["cookies"][0]
    assert not is_live(service, DEMO_SESSION_ID)


@pytest.mark.parametrize("asked", ["yes", "maybe", "", "TRUE", "1", "true,false", "true,true"])
def test_all_must_be_true_or_false(service: Service, stores: Stores, asked: str) -> None:
    """P7: and costs no store call. Gateways join what is said twice."""
    assert told(ask(service, "DELETE", queryStringParameters={"all": asked})) == (400, "invalid_request")
    assert stores.calls == []


def test_a_session_is_extended_and_its_cookie_with_it(service: Service) -> None:
    session_id = another_session(service)

    answer = ask(service, "POST", "/sessions/extend", cookies=[f"__Host-sessionId={session_id}"])

    found = service.manager.find_session(session_id)
    assert found
    assert found.session.expires_at - found.session.last_activity == timedelta(days=7)
    assert datetime.fromisoformat(body_of(answer)["expires_at"]) == found.session.expires_at
    assert answer["cookies"][0].startswith(f"__Host-sessionId={session_id}; ")
    assert "Max-Age=604800" in answer["cookies"][0]


@pytest.mark.parametrize(
    "presented",
    [
        {"cookies": [COOKIE]},
        {"headers": {"cookie": COOKIE}},
        {"headers": {"authorization": f"Bearer {DEMO_SESSION_ID}"}},
        {"cookies": [COOKIE], "headers": {"authorization": f"bearer {DEMO_SESSION_ID}"}},
    ],
    ids=["cookies", "cookie header", "bearer", "both"],
)
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/sessions", 200),
        ("POST", "/sessions/extend", 200),
        ("DELETE", "/sessions", 200),
        ("DELETE", f"/sessions/{OWN}", 204),
    ],
    ids=["list", "extend", "end others", "end one"],
)
def test_the_cookie_and_the_bearer_token_do_the_same(
    service: Service, presented: dict[str, Any], method: str, path: str, status: int
) -> None:
    other = another_session(service)

    assert ask(service, method, path, **presented)["statusCode"] == status

    assert is_live(service, other) == ((method, path) != ("DELETE", "/sessions"))
    assert is_live(service, DEMO_SESSION_ID) == (OWN not in path)


def test_a_bearer_client_is_given_no_cookie(service: Service) -> None:
    headers = {"authorization": f"Bearer {DEMO_SESSION_ID}"}

    answer = ask(service, "POST", "/sessions/extend", headers=headers)

    assert answer["statusCode"] == 200
    assert "cookies" not in answer
    assert ask(service, headers=headers)["statusCode"] == 200


@pytest.mark.parametrize("prefix", ["", "/sessions", "/prod/sessions", "/api/v1/sessions"])
def test_the_function_serves_its_own_url_and_any_route_that_ends_in_its_name(service: Service, prefix: str) -> None:
    assert ask(service, "GET", prefix or "/")["statusCode"] == 200
    assert ask(service, "POST", f"{prefix}/extend")["statusCode"] == 200
    assert told(ask(service, "DELETE", f"{prefix}/{'0' * 64}")) == (404, "not_found")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/sessions", "GET, DELETE, OPTIONS"),
        ("/sessions/extend", "POST, OPTIONS"),
        (f"/sessions/{OWN}", "DELETE, OPTIONS"),
    ],
    ids=["root", "extend", "one"],
)
def test_each_path_has_its_methods(service: Service, stores: Stores, path: str, allowed: str) -> None:
    answer = ask(service, "PUT", path)

    assert told(answer) == (405, "method_not_allowed")
    assert answer["headers"]["Allow"] == allowed
    assert ask(service, "OPTIONS", path)["headers"]["Allow"] == allowed
    assert stores.calls == []


@pytest.mark.parametrize(
    "path",
    [
        "/sessions/elsewhere",
        f"/sessions/{OWN}/more",
        f"/sessions/{OWN}/sessions",
        f"/sessions/{OWN.upper()}",
        f"/sessions/{OWN}\n",
        f"/sessions/{OWN}/",
        "/sessions/extend/",
        "/sessions//extend",
        "/sessions/%65xtend",
        "/sessions/../sessions",
        "/Sessions",
        "/a/b",
        "/prod/",
    ],
)
def test_elsewhere_there_is_nothing(service: Service, stores: Stores, path: str) -> None:
    """P7: and looking costs no store call. A handle that was left out ends nothing."""
    for method in ("GET", "DELETE", "POST"):
        assert told(ask(service, method, path)) == (404, "not_found")
    assert stores.calls == []


@pytest.mark.parametrize(
    "path",
    [
        "/sessions/",
        "/sessions//",
        "/prod/sessions/",
        "//",
        f"/{OWN}/sessions/",
        "/sessions/sessions",
        "/sessions/x/sessions",
    ],
)
def test_a_handle_that_was_left_out_is_none_and_ends_nothing(service: Service, stores: Stores, path: str) -> None:
    """Or a client with an empty variable would end all sessions, where it meant one."""
    other = another_session(service)
    stores.calls.clear()

    for query in ({}, {"queryStringParameters": {"all": "true"}}):
        assert told(ask(service, "DELETE", path, **query)) == (404, "not_found")
    assert stores.calls == []
    assert is_live(service, other)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/sessions"), ("DELETE", "/sessions"), ("DELETE", f"/sessions/{OWN}"), ("POST", "/sessions/extend")],
)
def test_without_a_live_session_nothing_is_shown_or_done(service: Service, method: str, path: str) -> None:
    for cookies in ([], [f"__Host-sessionId={'A' * 43}"], ["__Host-sessionId=x"]):
        assert told(ask(service, method, path, cookies=cookies)) == (401, "unauthenticated")
    assert is_live(service, DEMO_SESSION_ID)


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/sessions"), ("DELETE", f"/sessions/{OWN}"), ("POST", "/sessions/extend")]
)
def test_a_foreign_page_changes_nothing(service: Service, stores: Stores, method: str, path: str) -> None:
    """ASVS 3.5.1."""
    headers = {"cookie": COOKIE, "origin": "https://evil.example.com", "sec-fetch-site": "cross-site"}

    assert told(ask(service, method, path, headers=headers)) == (403, "forbidden_origin")
    assert stores.calls == []


def test_while_redis_is_down_an_end_is_recorded_and_finished_when_it_is_asked_for_again(
    service: Service, stores: Stores
) -> None:
    """P2."""
    other = another_session(service)
    path = f"/sessions/{handle_of(other)}"
    stores.down = {REDIS}
    assert told(ask(service, "DELETE", path)) == (503, "unavailable")
    stores.down = set()

    assert ask(service, "DELETE", path)["statusCode"] == 204
    assert not is_live(service, other)


@pytest.mark.parametrize(("method", "path"), [("GET", "/sessions"), ("POST", "/sessions/extend")])
def test_while_postgresql_is_down_it_cannot_be_told(service: Service, stores: Stores, method: str, path: str) -> None:
    """P6."""
    service.manager.find_session(DEMO_SESSION_ID)
    stores.down = {POSTGRES}
    assert told(ask(service, method, path)) == (503, "unavailable")


def test_another_client_than_the_sessions_own_is_shown_nothing_where_that_is_denied(service: Service) -> None:
    service.configure(CLIENT_CHANGE_POLICY="deny")
    cookies = [f"__Host-sessionId={another_session(service, ip='198.51.100.7', user_agent=CHROME)}"]

    assert told(ask(service, cookies=cookies)) == (401, "unauthenticated")


# --- Outages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("query", [{}, {"queryStringParameters": {"all": "true"}}], ids=["others", "all"])
def test_while_redis_is_down_the_others_are_ended_in_the_record_and_whoever_asked_may_ask_again(
    service: Service, stores: Stores, query: dict[str, Any]
) -> None:
    """P2."""
    other = another_session(service)
    stores.down = {REDIS}
    answer = ask(service, "DELETE", **query)
    assert told(answer) == (503, "unavailable")
    assert "cookies" not in answer
    assert not is_live(service, other)
    stores.down = set()

    assert ask(service, "DELETE", **query)["statusCode"] == 200
    assert not is_live(service, other)
    assert is_live(service, DEMO_SESSION_ID) == (not query)


def test_while_postgresql_is_down_ending_ones_own_session_fences_its_copy(service: Service, stores: Stores) -> None:
    """P2: as a logout does."""
    service.manager.find_session(DEMO_SESSION_ID)
    stores.down = {POSTGRES}

    assert told(ask(service, "DELETE", f"/sessions/{OWN}")) == (503, "unavailable")
    assert not is_live(service, DEMO_SESSION_ID)


@pytest.mark.parametrize("path", ["/sessions", f"/sessions/{'0' * 64}"], ids=["all", "another"])
def test_while_postgresql_is_down_no_other_session_can_be_ended(service: Service, stores: Stores, path: str) -> None:
    """P6: and no handle is said to be unknown."""
    service.manager.find_session(DEMO_SESSION_ID)
    stores.down = {POSTGRES}
    assert told(ask(service, "DELETE", path)) == (503, "unavailable")
    stores.down = set()
    assert is_live(service, DEMO_SESSION_ID)


def test_an_extension_that_did_not_reach_the_record_is_none(service: Service, stores: Stores) -> None:
    """P6: neither a later end nor a cookie is promised."""
    service.manager.find_session(DEMO_SESSION_ID)
    stores.down = {POSTGRES}
    answer = ask(service, "POST", "/sessions/extend")

    assert told(answer) == (503, "unavailable")
    assert "cookies" not in answer


def test_a_session_that_ended_a_moment_ago_is_not_extended(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the question who calls and what they ask for."""
    extend = service.manager.extend_session

    def end_and_extend(session_id: str, ttl_seconds: int) -> datetime | None:
        service.manager.delete_session(session_id)
        return extend(session_id, ttl_seconds)

    monkeypatch.setattr(service.manager, "extend_session", end_and_extend)

    assert told(ask(service, "POST", "/sessions/extend")) == (401, "unauthenticated")


# --- Lifetimes ------------------------------------------------------------------------------------


def test_no_session_is_extended_past_its_absolute_lifetime(service: Service) -> None:
    """P3."""
    service.configure(SESSION_MAX_AGE_SECONDS="3600", SESSION_ABSOLUTE_MAX_AGE_SECONDS="3600")
    before = service.manager.find_session(DEMO_SESSION_ID)
    assert before

    answer = ask(service, "POST", "/sessions/extend")

    assert datetime.fromisoformat(body_of(answer)["expires_at"]) == before.session.absolute_expires_at


def test_an_extension_makes_no_login_more_recent(service: Service, told_clock: ToldClock) -> None:
    """ASVS 7.5.3: MAX_AUTH_AGE_SECONDS counts from `authenticated_at`."""
    before = body_of(ask(service))["sessions"][0]
    told_clock.advance(600)

    assert ask(service, "POST", "/sessions/extend")["statusCode"] == 200

    after = body_of(ask(service))["sessions"][0]
    assert after["authenticated_at"] == before["authenticated_at"]
    assert after["last_activity"] > before["last_activity"]
    assert after["expires_at"] > before["expires_at"]


def test_a_session_that_goes_with_the_browser_is_extended_by_the_shorter_lifetime(service: Service) -> None:
    """And its cookie still goes with the browser."""
    logged_in = service.manager.log_in("demo@example.com", DEMO_PASSWORD, SessionMetadata(), remember=False)

    answer = ask(service, "POST", "/sessions/extend", cookies=[f"__Host-sessionId={logged_in.session_id}"])

    found = service.manager.find_session(logged_in.session_id)
    assert found
    short = service.manager._policy.short_max_age
    assert found.session.expires_at - found.session.last_activity == short
    assert "Max-Age" not in answer["cookies"][0]


# --- Where session IDs are kept in plain form -----------------------------------------------------


@pytest.fixture
def plain(service: Service) -> Service:
    """Beside the original application."""
    service.configure(SESSION_ID_AT_REST="plain")
    return service


ORIGINAL = "a-session-of-the-original-application"


@pytest.fixture
def original(plain: Service) -> dict[str, Any]:
    """What presents a session that the original opened for the demo user, in its column."""
    return in_its_column(plain)


def in_its_column(service: Service) -> dict[str, Any]:
    """Write the column; what presents that session."""
    database: MemoryDatabase = service.manager._database.sessions._adapter._database  # type: ignore[attr-defined]
    user = service.manager.find_by_email("demo@example.com")
    assert user
    row = database.users[user.id]
    logged_in = replace(row.user, last_login_at=datetime.now(UTC))
    database.users[user.id] = replace(row, user=logged_in, session_id=ORIGINAL)
    return {"cookies": [f"__Host-sessionId={ORIGINAL}"]}


def test_handles_are_no_session_ids_there_either(plain: Service) -> None:
    """P5."""
    other = another_session(plain)

    answer = ask(plain)
    assert {session["handle"] for session in body_of(answer)["sessions"]} == {OWN, handle_of(other)}
    assert other not in answer["body"]
    assert ask(plain, "DELETE", f"/sessions/{handle_of(other)}")["statusCode"] == 204
    assert not is_live(plain, other)


def test_no_session_is_ended_by_its_id(plain: Service) -> None:
    """There, IDs are keys; in a path they would be logged."""
    other = another_session(plain)
    assert told(ask(plain, "DELETE", f"/sessions/{other}")) == (404, "not_found")
    assert is_live(plain, other)


def test_a_session_of_the_original_is_listed_to_whoever_uses_it(plain: Service, original: dict[str, Any]) -> None:
    sessions = body_of(ask(plain, **original))["sessions"]

    assert {session["handle"]: session["is_current"] for session in sessions} == {
        OWN: False,
        handle_of(ORIGINAL): True,
    }


def test_one_that_cannot_be_upgraded_while_redis_is_down_is_listed_as_well(service: Service, stores: Stores) -> None:
    """It is accepted as it is, and recorded later."""
    service.configure(SESSION_UPGRADE_PLAIN_UNTIL="2100-01-01T00:00:00Z")
    original = in_its_column(service)
    stores.down = {REDIS}

    sessions = body_of(ask(service, **original))["sessions"]

    assert [session["handle"] for session in sessions if session["is_current"]] == [handle_of(ORIGINAL)]


@pytest.mark.parametrize(
    ("path", "query"),
    [(f"/sessions/{handle_of(ORIGINAL)}", {}), ("/sessions", {"queryStringParameters": {"all": "true"}})],
    ids=["one", "all"],
)
def test_a_session_of_the_original_is_ended_by_whoever_uses_it(
    plain: Service, original: dict[str, Any], path: str, query: dict[str, Any]
) -> None:
    answer = ask(plain, "DELETE", path, **query, **original)

    assert answer["statusCode"] in (200, 204)
    assert "Max-Age=0" in answer["cookies"][0]
    assert not is_live(plain, ORIGINAL)


def test_one_that_only_redis_knows_of_is_ended_as_well(plain: Service) -> None:
    """Of all its sessions, the original's column names one."""
    user = plain.manager.find_by_email("demo@example.com")
    assert user
    now, end = to_ms(datetime.now(UTC)), to_ms(datetime.now(UTC) + timedelta(days=1))
    data = json.dumps({"user_id": user.id, "created_at": now, "expires_at": end})
    copies: MemoryCopyAdapter = plain.manager._adapter._adapter  # type: ignore[attr-defined]
    copies._values[ORIGINAL] = data.encode(), end
    assert is_live(plain, ORIGINAL)

    answer = ask(plain, "DELETE", queryStringParameters={"all": "true"}, cookies=[f"__Host-sessionId={ORIGINAL}"])

    assert answer["statusCode"] == 200
    assert not is_live(plain, ORIGINAL)

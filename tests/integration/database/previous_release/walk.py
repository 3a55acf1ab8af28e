"""One way through every door, over sessions that are opened on it."""

import json
from collections.abc import Callable
from typing import Any

from session_management.tokens import handle_of
from tests.integration.lambda_life.conftest import EMAIL, PASSWORD
from tests.integration.lambda_life.requests import DONE, NEW_PASSWORD, event_for, outcome
from tests.support.http_events import http_event

type Ask = Callable[[str, Any], Any]
"""Returns what a function answers to an event."""

_JSON = {"content-type": "application/json"}


def walk_through(ask: Ask, age: Callable[[], None]) -> None:
    """Make a user, log in, use the sessions, change the password, log out, sweep and look back; all must go well.

    *age* makes what is recorded old enough for the next validation to record activity, and for the sweep to delete.
    """
    admin = {"email": EMAIL, "password": PASSWORD, "verified": True}
    assert "user" in ask("admin", {"command": "create_user", **admin})
    assert outcome(ask("register", event_for("register", ""))) == DONE["register"]
    first, second, third = (_logged_in(ask, PASSWORD) for _ in range(3))
    _use(ask, age, first)
    for function in ("sessions, list", "sessions, extend"):
        assert outcome(ask("sessions", event_for(function, first))) == DONE[function]
    ended = event_for("sessions, end one", first, handle_of(third))
    assert outcome(ask("sessions", ended)) == DONE["sessions, end one"]
    assert _statuses(ask, first, second, third) == [200, 200, 401]

    changed = ask("password", event_for("password", first))
    assert outcome(changed) == DONE["password"]
    assert _statuses(ask, first, second) == [401, 401]
    fourth, fifth = (_logged_in(ask, NEW_PASSWORD) for _ in range(2))
    assert outcome(ask("sessions", event_for("sessions, end others", fourth))) == DONE["sessions, end others"]
    assert outcome(ask("logout", event_for("logout", fourth))) == DONE["logout"]
    assert _statuses(ask, fourth, fifth) == [401, 401]
    _look_back(ask, age)


def _look_back(ask: Ask, age: Callable[[], None]) -> None:
    sixth = _logged_in(ask, NEW_PASSWORD)
    listed = ask("admin", {"command": "list_sessions", "user": EMAIL})
    assert handle_of(sixth) in [one["handle"] for one in listed["sessions"]]
    assert ask("admin", {"command": "explain", "handle": handle_of(sixth)})["state"] == "live"
    age()
    swept = ask("sweeper", event_for("sweeper", ""))
    assert (swept["finished"], swept["revoked_deleted"] > 0) == (True, True)
    for command in ("set_role", "verify", "end_sessions", "disable", "delete_user"):
        asked = {"command": command, "user": EMAIL} | ({"role": "ADMIN"} if command == "set_role" else {})
        assert "errorType" not in ask("admin", asked)
    assert _statuses(ask, sixth) == [401]


def _logged_in(ask: Ask, password: str) -> str:
    body = {"email": EMAIL, "password": password, "transport": "bearer"}
    answer = ask("login", http_event("POST", headers=_JSON, body=body))
    assert answer["statusCode"] == 200, answer
    session_id: str = json.loads(answer["body"])["session_id"]
    return session_id


def _use(ask: Ask, age: Callable[[], None], session_id: str) -> None:
    for function in ("validate", "authorizer"):
        age()
        assert outcome(ask(function, event_for(function, session_id))) == DONE[function]


def _statuses(ask: Ask, *session_ids: str) -> list[Any]:
    return [outcome(ask("validate", event_for("validate", one))) for one in session_ids]

"""The events that the load consists of."""

import json
from typing import Any, Final

from session_management.tokens import new_session_id
from tests.events import EVENTS
from tests.support.http_events import http_event

_AUTHORIZER: Final[dict[str, Any]] = json.loads((EVENTS / "authorizer.http-api-v2.bearer.json").read_text())
SWEEP: Final[dict[str, Any]] = json.loads((EVENTS / "sweeper.schedule.json").read_text())

DOORS_THAT_ASK: Final = ("validate", "authorizer")


def login(email: str, password: str) -> dict[str, Any]:
    """Return a login that wants its session ID in the answer."""
    body = {"email": email, "password": password, "transport": "bearer"}
    return http_event("POST", headers={"content-type": "application/json"}, body=body)


def logout(session_id: str) -> dict[str, Any]:
    """Return a logout."""
    return http_event("POST", headers={"authorization": f"Bearer {session_id}"})


def question(function: str, session_id: str) -> dict[str, Any]:
    """Return whose session this is, as *function*, one of `DOORS_THAT_ASK`, is asked."""
    presented = {"authorization": f"Bearer {session_id}"}
    if function == "validate":
        return http_event("GET", headers=presented)
    return {**_AUTHORIZER, "headers": {**_AUTHORIZER["headers"], **presented}}


def first(function: str) -> dict[str, Any]:
    """Return an event that changes nothing, for a new environment of *function* to begin with."""
    match function:
        case "login":
            return login("nobody@example.com", "no password")
        case "logout":
            return logout(new_session_id())
        case "sweeper":
            return SWEEP
        case "account":
            return {"revoke_all": "nobody"}
        case _:
            return question(function, new_session_id())

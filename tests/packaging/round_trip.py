"""One user's way through the built functions in production mode, however they are invoked."""

import json
from collections.abc import Callable
from typing import Any

from tests.events import EVENTS

type Invoke = Callable[[str, Any], Any]
"""Sends an event to the function of a logical ID and returns its answer."""


def walk_through(invoke: Invoke) -> None:
    """Log the demo user in, use the session at every door, log out, and see every door refuse it."""
    logged_in = invoke("Login", _event("login.good"))
    assert logged_in["statusCode"] == 200, logged_in
    (set_cookie,) = logged_in["cookies"]
    cookie = set_cookie.partition(";")[0]

    validated = invoke("Validate", _event("validate.cookie", cookie))
    authorized = invoke("Authorizer", _event("authorizer.http-api-v2", cookie))
    assert json.loads(validated["body"])["user"]["email"] == "demo@example.com", validated
    assert authorized["isAuthorized"], authorized
    assert authorized["context"]["session_handle"] == json.loads(validated["body"])["session"]["handle"]

    assert invoke("Logout", _event("logout.cookie", cookie))["statusCode"] == 204
    assert invoke("Validate", _event("validate.cookie", cookie))["statusCode"] == 401
    assert invoke("Authorizer", _event("authorizer.http-api-v2", cookie)) == {"isAuthorized": False}

    assert invoke("Sweeper", _event("sweeper.schedule"))["finished"]
    assert invoke("Migrate", _event("migrate"))["applied"] == []


def _event(name: str, cookie: str | None = None) -> Any:
    """Return an event, with *cookie* in place of the demo session's."""
    event = json.loads((EVENTS / f"{name}.json").read_text())
    if cookie:
        event["cookies"][-1] = cookie
    return event

"""What each function is asked for Ann, and how it is told that it was done."""

import json
import uuid
from typing import Any, Final

from infra.local.deployment import PROJECT
from tests.integration.lambda_life.conftest import EMAIL, PASSWORD
from tests.support.http_events import http_event

FUNCTIONS: Final = ("validate", "authorizer", "login", "logout", "sweeper")
ONCE: Final = ("register", "password")
"""What is done once: the same request is refused when it comes again."""
OWN_SESSIONS: Final = {
    "sessions, list": ("GET", "/sessions"),
    "sessions, end others": ("DELETE", "/sessions"),
    "sessions, end one": ("DELETE", "/sessions/{handle}"),
    "sessions, extend": ("POST", "/sessions/extend"),
}

NEW_PASSWORD: Final = "nine umbrellas under one moon"
_JSON: Final = {"content-type": "application/json"}

_FILES: Final = {
    "authorizer": "authorizer.rest-token.json",
    "authorizer, simple": "authorizer.http-api-v2.bearer.json",
    "sweeper": "sweeper.schedule.json",
    "migrate": "migrate.json",
}


def event_for(function: str, session_id: str, handle: str = "") -> Any:
    """Return the event with which *function* is asked about Ann's session, or for one; *handle* names another."""
    bearer = {"authorization": f"Bearer {session_id}"}
    match function:
        case "login" | "login, anew":
            body = {"email": EMAIL, "password": PASSWORD}
            return http_event("POST", headers=_JSON | (bearer if "anew" in function else {}), body=body)
        case _ if function in OWN_SESSIONS:
            method, path = OWN_SESSIONS[function]
            return http_event(method, headers=bearer, rawPath=path.format(handle=handle))
        case "register" | "password":
            return http_event("POST", headers={**_JSON, **bearer}, body=_body_of(function))
        case "logout":
            return http_event("POST", headers=bearer)
        case "validate":
            return http_event("GET", headers=bearer)
    event = json.loads((PROJECT / "events" / _FILES[function]).read_text())
    match function:
        case "authorizer":
            event["authorizationToken"] = f"Bearer {session_id}"
        case "authorizer, simple":
            event["headers"] |= bearer
    return event


def _body_of(function: str) -> dict[str, str]:
    if function == "password":
        return {"current_password": PASSWORD, "new_password": NEW_PASSWORD}
    # Another at each time: what is registered is taken from then on.
    return {"email": f"{uuid.uuid4()}@example.com", "password": NEW_PASSWORD}


_OUTAGE: Final = "StoreUnavailableError"


def outcome(answer: Any) -> Any:
    """Return an answer's essence: the status, the verdict, whether all was swept or migrated, or the error's type."""
    match answer:
        case {"statusCode": status}:
            return status
        case {"policyDocument": {"Statement": [{"Effect": verdict}]}}:
            return verdict
        case {"isAuthorized": verdict}:
            return verdict
        case {"finished": finished}:
            return finished
        case {"pending": pending}:
            return not pending
        case {"errorMessage": message}:
            kind = message.partition(":")[0]
            return _OUTAGE if kind == "CommitUnknownError" else kind
    raise AssertionError(answer)


DONE: Final = {
    "validate": 200,
    "authorizer": "Allow",
    "authorizer, simple": True,
    "login": 200,
    "login, anew": 200,
    "sessions, list": 200,
    "sessions, end others": 200,
    "sessions, end one": 204,
    "sessions, extend": 200,
    "register": 200,
    "password": 200,
    "logout": 204,
    "sweeper": True,
    "migrate": True,
}
"""What each function answers when all is well."""

UNAVAILABLE: Final = {
    **dict.fromkeys(("validate", "login", "register", "password", "logout"), 503),
    **dict.fromkeys(("authorizer", "sweeper"), _OUTAGE),
}
"""What each function answers when it cannot be told or done."""

"""What each function is asked for Ann, and how it is told that it was done."""

import json
from typing import Any, Final

from infra.local.deployment import PROJECT
from tests.integration.lambda_life.conftest import EMAIL, PASSWORD
from tests.support.http_events import http_event

FUNCTIONS: Final = ("validate", "authorizer", "login", "logout", "sweeper")

_FILES: Final = {
    "authorizer": "authorizer.rest-token.json",
    "authorizer, simple": "authorizer.http-api-v2.bearer.json",
    "sweeper": "sweeper.schedule.json",
    "migrate": "migrate.json",
}


def event_for(function: str, session_id: str) -> Any:
    """Return the event with which *function* is asked about Ann's session, or for one."""
    bearer = {"authorization": f"Bearer {session_id}"}
    match function:
        case "login":
            body = {"email": EMAIL, "password": PASSWORD}
            return http_event("POST", headers={"content-type": "application/json"}, body=body)
        case "logout":
            return http_event("POST", headers=bearer)
        case "validate":
            return http_event("GET", headers=bearer)
        case "sessions, listed" | "sessions, ended":
            return http_event("GET" if function.endswith("listed") else "DELETE", headers=bearer, rawPath="/sessions")
    event = json.loads((PROJECT / "events" / _FILES[function]).read_text())
    match function:
        case "authorizer":
            event["authorizationToken"] = f"Bearer {session_id}"
        case "authorizer, simple":
            event["headers"] |= bearer
    return event


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
    "logout": 204,
    "sessions, listed": 200,
    "sessions, ended": 200,
    "sweeper": True,
    "migrate": True,
}
"""What each function answers when all is well."""

UNAVAILABLE: Final = {"validate": 503, "authorizer": _OUTAGE, "login": 503, "logout": 503, "sweeper": _OUTAGE}
"""What each function answers when it cannot be told or done."""

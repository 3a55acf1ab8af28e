"""What each function is asked for Ann, and how it is told that it was done."""

import json
from typing import Any, Final

from infra.local.deployment import PROJECT
from tests.integration.lambda_life.conftest import EMAIL, PASSWORD
from tests.support.http_events import http_event

FUNCTIONS: Final = ("validate", "authorizer", "login", "logout", "sweeper")


def event_for(function: str, session_id: str) -> Any:
    """Return the event with which *function* is asked about Ann's session, or for one."""
    bearer = {"authorization": f"Bearer {session_id}"}
    match function:
        case "login":
            body = {"email": EMAIL, "password": PASSWORD}
            return http_event("POST", headers={"content-type": "application/json"}, body=body)
        case "logout":
            return http_event("POST", headers=bearer)
        case "list_sessions" | "end_sessions":
            method = "GET" if function == "list_sessions" else "DELETE"
            return http_event(method, headers=bearer, rawPath="/sessions")
        case "authorizer":
            event = json.loads((PROJECT / "events/authorizer.rest-token.json").read_text())
            return {**event, "authorizationToken": f"Bearer {session_id}"}
        case "sweeper":
            return json.loads((PROJECT / "events/sweeper.schedule.json").read_text())
        case _:
            return http_event("GET", headers=bearer)


_OUTAGE: Final = "StoreUnavailableError"


def outcome(answer: Any) -> Any:
    """Return an answer's essence: the status, the verdict, whether a sweep finished, or the error's type."""
    match answer:
        case {"statusCode": status}:
            return status
        case {"policyDocument": {"Statement": [{"Effect": verdict}]}}:
            return verdict
        case {"finished": finished}:
            return finished
        case {"errorMessage": message}:
            kind = message.partition(":")[0]
            return _OUTAGE if kind == "CommitUnknownError" else kind
    raise AssertionError(answer)


DONE: Final = {
    "validate": 200,
    "authorizer": "Allow",
    "login": 200,
    "logout": 204,
    "list_sessions": 200,
    "end_sessions": 200,
    "sweeper": True,
}
"""What each function answers when all is well."""

UNAVAILABLE: Final = {"validate": 503, "authorizer": _OUTAGE, "login": 503, "logout": 503, "sweeper": _OUTAGE}
"""What each function answers when it cannot be told or done."""

"""What each file in events/ is answered in mock mode, for all tests that send them.

`outcome` reduces an answer to what a case expects of it, wherever the answer comes from.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

EVENTS: Final = Path(__file__).parent.parent / "events"
MOCK_ENVIRONMENT: Final[Mapping[str, str]] = json.loads((EVENTS / "env/mock.json").read_text())["Parameters"]

type Outcome = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EventCase:
    """One event file, the function that it is for (its logical ID in template.yaml), and the outcome."""

    file: str
    function: str
    expected: Outcome

    @property
    def path(self) -> Path:
        """Return where the file is."""
        return EVENTS / self.file

    @property
    def event(self) -> Any:
        """Return the event, read anew, so that a handler may change it."""
        return json.loads(self.path.read_text())

    def __str__(self) -> str:
        return self.file.removesuffix(".json")


def outcome(answer: Any) -> Outcome:
    """Return an answer's essence: status, code and cookie, an authorizer's verdict, an error, or its keys.

    An exception is what Lambda makes of it: a mapping with `errorType` and `errorMessage`.
    """
    match answer:
        case {"errorMessage": message}:
            return {"error": message}
        case {"statusCode": status}:
            body = json.loads(answer.get("body") or "{}")
            told = {"status": status, "code": body.get("code"), "cookies": len(answer.get("cookies", []))}
            return {name: value for name, value in told.items() if value}
        case {"isAuthorized": verdict}:
            return {"isAuthorized": verdict}
        case {"policyDocument": {"Statement": statements}}:
            return {"effects": sorted({statement["Effect"] for statement in statements})}
        case _:
            return {"keys": sorted(answer)}


_LOGGED_IN: Final = {"status": 200, "cookies": 1}
_LOGGED_OUT: Final = {"status": 204, "cookies": 1}
_UNAUTHENTICATED: Final = {"status": 401, "code": "unauthenticated"}
_REFUSED: Final = {"status": 401, "code": "invalid_credentials"}
_UNKNOWN: Final = {"error": "the event is of no authorizer's shape"}
_ALLOWED: Final = {"effects": ["Allow"]}
_COUNTS: Final = (
    "batches",
    "expired_deleted",
    "fences_written",
    "finished",
    "legacy_cleared",
    "plain_deleted",
    "plain_left",
    "revoked_deleted",
)
_SWEPT: Final = {"keys": [*_COUNTS]}
_MIGRATED: Final = {"keys": ["applied", "current", "pending"]}

CASES: Final = (
    EventCase("login.good.json", "Login", _LOGGED_IN),
    EventCase("login.bearer.json", "Login", {"status": 200}),
    EventCase("login.bad-password.json", "Login", _REFUSED),
    EventCase("login.unknown-user.json", "Login", _REFUSED),
    EventCase("login.garbage.json", "Login", {"status": 400, "code": "invalid_request"}),
    EventCase("login.form.json", "Login", {"status": 415, "code": "unsupported_media_type"}),
    EventCase("login.get.json", "Login", {"status": 405, "code": "method_not_allowed"}),
    EventCase("validate.cookie.json", "Validate", {"status": 200}),
    EventCase("validate.bearer.json", "Validate", {"status": 200}),
    EventCase("validate.http-api.json", "Validate", {"status": 200}),
    EventCase("validate.none.json", "Validate", _UNAUTHENTICATED),
    EventCase("validate.malformed.json", "Validate", _UNAUTHENTICATED),
    EventCase("validate.unknown.json", "Validate", _UNAUTHENTICATED),
    EventCase("validate.conflict.json", "Validate", _UNAUTHENTICATED),
    EventCase("logout.cookie.json", "Logout", _LOGGED_OUT),
    EventCase("logout.bearer.json", "Logout", _LOGGED_OUT),
    EventCase("logout.none.json", "Logout", _LOGGED_OUT),
    EventCase("authorizer.http-api-v2.json", "Authorizer", {"isAuthorized": True}),
    EventCase("authorizer.http-api-v2.bearer.json", "Authorizer", {"isAuthorized": True}),
    EventCase("authorizer.http-api-v2.denied.json", "Authorizer", {"isAuthorized": False}),
    EventCase("authorizer.http-api-v1.json", "Authorizer", _ALLOWED),
    EventCase("authorizer.rest-token.json", "Authorizer", _ALLOWED),
    EventCase("authorizer.rest-token.denied.json", "Authorizer", {"error": "Unauthorized"}),
    EventCase("authorizer.rest-request.json", "Authorizer", _ALLOWED),
    EventCase("authorizer.websocket.json", "Authorizer", _ALLOWED),
    EventCase("authorizer.unknown.json", "Authorizer", _UNKNOWN),
    EventCase("me.json", "Me", {"status": 200}),
    EventCase("sweeper.schedule.json", "Sweeper", _SWEPT),
    EventCase("migrate.json", "Migrate", _MIGRATED),
    EventCase("migrate.dry-run.json", "Migrate", _MIGRATED),
)

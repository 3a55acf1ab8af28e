"""What each file in events/ is answered in mock mode, for all tests that send them.

`outcome` reduces an answer to what a case expects of it, wherever the answer comes from.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

EVENTS: Final = Path(__file__).parent.parent / "events"
ADMINS_ONLY: Final = EVENTS / "env/admins-only.json"
"""The variables of an authorizer that lets administrators alone pass, whom the event files present none of."""


def environment_of(file: Path) -> Mapping[str, str]:
    """Return the variables that a file for `sam local invoke --env-vars` gives to every function."""
    parameters: Mapping[str, str] = json.loads(file.read_text())["Parameters"]
    return parameters


MOCK_ENVIRONMENT: Final = environment_of(EVENTS / "env/mock.json")

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
_WEAK: Final = {"status": 400, "code": "weak_password"}
_UNKNOWN: Final = {"error": "the event is of no authorizer's shape"}
_ALLOWED: Final = {"effects": ["Allow"]}
_COUNTS: Final = (
    "batches",
    "expired_deleted",
    "fences_written",
    "finished",
    "lag_seconds",
    "legacy_cleared",
    "plain_deleted",
    "plain_left",
    "revoked_deleted",
)
_SWEPT: Final = {"keys": [*_COUNTS]}
_USER: Final = {"keys": ["user"]}
_COMMANDS: Final = (
    "command: must be one of create_user, set_password, verify, unverify, set_role, disable, enable, delete_user,"
    " list_users, list_sessions, end_sessions, lift_limit, explain, doctor"
)
_VERIFY: Final = "there is a field that verify does not take; it takes user"
_EXPLAINED: Final = ["ended_at", "handle", "reason", "redis", "said", "session", "state", "user", "validation"]
_MIGRATED: Final = {"keys": ["applied", "current", "pending", "roles_made"]}
# No such host: nobody takes the answer.
_NOT_ANSWERED: Final = {"error": "CloudFormation could not be answered, and waits until its own time is up"}

CASES: Final = (
    EventCase("login.good.json", "Login", _LOGGED_IN),
    EventCase("login.bearer.json", "Login", {"status": 200}),
    EventCase("login.bad-password.json", "Login", _REFUSED),
    EventCase("login.unknown-user.json", "Login", _REFUSED),
    EventCase("login.garbage.json", "Login", {"status": 400, "code": "invalid_request"}),
    EventCase("login.form.json", "Login", {"status": 415, "code": "unsupported_media_type"}),
    EventCase("login.get.json", "Login", {"status": 405, "code": "method_not_allowed"}),
    EventCase("register.good.json", "Register", _LOGGED_IN),
    EventCase("register.bearer.json", "Register", {"status": 200}),
    EventCase("register.taken.json", "Register", {"status": 409, "code": "email_taken"}),
    EventCase("register.weak-password.json", "Register", _WEAK),
    EventCase("register.role.json", "Register", {"status": 400, "code": "invalid_request"}),
    EventCase("password.none.json", "Password", _UNAUTHENTICATED),
    EventCase("password.bad-password.json", "Password", _REFUSED),
    EventCase("password.weak-password.json", "Password", _WEAK),
    EventCase("password.good.json", "Password", _LOGGED_IN),
    EventCase("validate.cookie.json", "Validate", {"status": 200}),
    EventCase("validate.bearer.json", "Validate", {"status": 200}),
    EventCase("validate.http-api.json", "Validate", {"status": 200}),
    EventCase("validate.none.json", "Validate", _UNAUTHENTICATED),
    EventCase("validate.malformed.json", "Validate", _UNAUTHENTICATED),
    EventCase("validate.unknown.json", "Validate", _UNAUTHENTICATED),
    EventCase("validate.conflict.json", "Validate", _UNAUTHENTICATED),
    EventCase("sessions.list.json", "Sessions", {"status": 200}),
    EventCase("sessions.list-at-own-url.json", "Sessions", {"status": 200}),
    EventCase("sessions.extend.json", "Sessions", {"status": 200, "cookies": 1}),
    EventCase("sessions.end-unknown.json", "Sessions", {"status": 404, "code": "not_found"}),
    EventCase("sessions.end-others.json", "Sessions", {"status": 200}),
    EventCase("sessions.none.json", "Sessions", _UNAUTHENTICATED),
    EventCase("sessions.elsewhere.json", "Sessions", {"status": 404, "code": "not_found"}),
    EventCase("sessions.end-all.json", "Sessions", {"status": 200, "cookies": 1}),
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
    EventCase("admin.create-user.json", "Admin", _USER),
    EventCase("admin.list-users.json", "Admin", {"keys": ["next", "users"]}),
    EventCase("admin.list-sessions.json", "Admin", {"keys": ["has_more", "sessions", "user_id"]}),
    EventCase("admin.set-role.json", "Admin", _USER),
    EventCase("admin.lift-limit.json", "Admin", {"keys": ["forgotten"]}),
    EventCase("admin.explain.json", "Admin", {"keys": _EXPLAINED}),
    EventCase("admin.doctor.json", "Admin", {"keys": ["checks", "mode", "settings", "status"]}),
    EventCase("admin.unknown-command.json", "Admin", {"error": _COMMANDS}),
    EventCase("admin.unknown-field.json", "Admin", {"error": _VERIFY}),
    EventCase("migrate.json", "Migrate", _MIGRATED),
    EventCase("migrate.dry-run.json", "Migrate", _MIGRATED),
    EventCase("migrate.custom-resource.json", "Migrate", _NOT_ANSWERED),
)

# Of the authorizer whose variables are in ADMINS_ONLY: who has no session is told so, who has one is denied.
DENIED_CASES: Final = (
    EventCase("authorizer.http-api-v2.json", "Authorizer", {"isAuthorized": False}),
    EventCase("authorizer.http-api-v2.denied.json", "Authorizer", {"isAuthorized": False}),
    EventCase("authorizer.http-api-v1.json", "Authorizer", {"effects": ["Deny"]}),
    EventCase("authorizer.rest-token.json", "Authorizer", {"effects": ["Deny"]}),
    EventCase("authorizer.rest-token.denied.json", "Authorizer", {"error": "Unauthorized"}),
    EventCase("authorizer.rest-request.json", "Authorizer", {"effects": ["Deny"]}),
    EventCase("authorizer.websocket.json", "Authorizer", {"effects": ["Deny"]}),
    EventCase("authorizer.unknown.json", "Authorizer", _UNKNOWN),
)

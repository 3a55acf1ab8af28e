"""What holds of any answer to any event, whatever stores stand behind."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from openapi_schema_validator import OAS31Validator

from session_management.access import Denial
from session_management.tokens import AtRest
from tests.fuzz.document import operations
from tests.fuzz.targets.target import is_clean

_PATHS: Final = {
    "/login": ("POST",),
    "/register": ("POST",),
    "/password": ("POST",),
    "/validate": ("GET",),
    "/logout": ("POST",),
    "/sessions": ("GET", "DELETE"),
    "/sessions/extend": ("POST",),
    "/sessions/{handle}": ("DELETE",),
}
HTTP: Final = ("Login", "Register", "Password", "Validate", "Logout", "Sessions")
_NEEDS_NO_SESSION: Final = ("Login", "Register")
_LENGTHS: Final[dict[AtRest, str]] = {"digest": "43", "plain": "16,255"}
_SESSION_IDS: Final = {
    at_rest: re.compile(f"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{{{lengths}}}(?![A-Za-z0-9_-])")
    for at_rest, lengths in _LENGTHS.items()
}
_HANDLE: Final = re.compile(r"[0-9a-f]{64}")
_NO_CALL: Final = (400, 403, 405, 413, 415)
_NEVER_FAILED: Final = {
    "UnauthorizedError": "Unauthorized",
    "UnknownEventError": "the event is of no authorizer's shape",
}
# What an operator is told; nothing else is an exception there.
_OF_OPERATORS: Final = (
    None,
    "InvalidCommandError",
    "InvalidInputError",
    "EmailTakenError",
    "UserNotFoundError",
    "SessionNotFoundError",
)

# A role that can be none, and a URL at which nobody takes the answer.
_OF_DEPLOYMENTS: Final = (None, "InvalidInputError", "NotAnsweredError")


def check(function: str, event: Any, answer: Any, calls: list[str], *, at_rest: AtRest = "digest") -> None:
    """Hold the *answer* of *function* to *event*, for which the stores got *calls*."""
    json.dumps(answer).encode()
    may_present = _may_present(event, _SESSION_IDS[at_rest])
    if function in HTTP:
        _check_http(function, event, answer, calls, may_present=may_present)
    elif function == "Me":
        _check_payload(answer)
        assert answer["statusCode"] in (200, 401)
        assert not calls
    elif function == "Authorizer":
        _check_verdict(answer, calls, may_present=may_present)
    elif function == "Admin":
        assert answer.get("errorType") in _OF_OPERATORS, answer
    elif function == "Migrate":
        assert answer.get("errorType") in _OF_DEPLOYMENTS, answer
    else:
        assert "errorType" not in answer, answer


def _check_http(function: str, event: Any, answer: dict[str, Any], calls: list[str], *, may_present: bool) -> None:
    _check_payload(answer)
    status = answer["statusCode"]
    assert status < 500 or status == 503
    _is_documented(function, event, answer)
    if status in _NO_CALL or (function not in _NEEDS_NO_SESSION and not may_present):
        assert not calls
    assert answer["headers"]["Cache-Control"] == "no-store"


def _check_payload(answer: dict[str, Any]) -> None:
    assert answer.keys() <= {"statusCode", "headers", "body", "cookies"}
    headers: Mapping[str, Any] = answer["headers"]
    assert all(type(value) is str for value in headers.values())
    assert is_clean(headers.values())
    assert is_clean(answer.get("cookies", []))
    assert answer["body"].encode() is not None


def _is_documented(function: str, event: Any, answer: dict[str, Any]) -> None:
    """The answer is one that docs/openapi.yaml has for that method and status."""
    path = f"/{function.lower()}" + _below(event) * (function == "Sessions")
    method, status = _method(event), str(answer["statusCode"])
    if path not in _PATHS:
        assert status in ("400", "404", "413", "503")
        return
    own = _PATHS[path]
    if method not in (*own, "OPTIONS"):
        assert status in ("400", "405", "413", "503")
    if status == "405":
        assert method not in (*own, "OPTIONS")
        assert json.loads(answer["body"])["code"] == "method_not_allowed"
        return
    operation = f"{method if method == 'OPTIONS' or method in own else own[0]} {path}"
    content = operations()[operation]["responses"][status].get("content")
    if content is None:
        assert answer["body"] == ""
        return
    media_type = answer["headers"]["Content-Type"]
    assert [*content] == [media_type]
    _validator(operation, status, media_type).validate(json.loads(answer["body"]))


@cache
def _validator(operation: str, status: str, media_type: str) -> OAS31Validator:
    return OAS31Validator(operations()[operation]["responses"][status]["content"][media_type]["schema"])


def _check_verdict(answer: dict[str, Any], calls: list[str], *, may_present: bool) -> None:
    if "errorType" in answer:
        assert _NEVER_FAILED[answer["errorType"]] == answer["errorMessage"]
    context = answer.get("context", {})
    assert all(type(value) is str for value in context.values())
    effects = [statement["Effect"] for statement in answer.get("policyDocument", {}).get("Statement", ())]
    if effects == ["Allow"] or answer.get("isAuthorized"):
        assert context["session_handle"]
        assert calls
    elif effects:
        assert effects == ["Deny"]
        assert context.keys() == {"denied"}
        assert context["denied"] in [*Denial]
        assert calls
    elif "isAuthorized" in answer:
        assert answer == {"isAuthorized": False}
    if calls:
        assert may_present


def _below(event: Any) -> str:
    """Return where below /sessions an event leads, as the document has it."""
    path = event.get("rawPath", "/") if isinstance(event, dict) else "/"
    whole = str(path).removeprefix("/")
    _, named, below = f"/{whole}/".partition("/sessions/")
    if not whole or (named and not below):
        return ""
    below = below[:-1] if named else whole
    return "/{handle}" if _HANDLE.fullmatch(below) else f"/{below}"


def _method(event: Any) -> str:
    match event:
        case {"requestContext": {"http": {"method": str(method)}}}:
            return method.upper()
        case _:
            return ""


def _may_present(event: Any, form: re.Pattern[str]) -> bool:
    """Whether anything where session IDs belong has the *form* of one."""
    return any(form.search(text) for place in _places(event) for text in _texts(place))


def _places(event: Any) -> Iterator[Any]:
    if isinstance(event, dict):
        yield event.get("cookies") if isinstance(event.get("cookies"), list) else None
        yield event.get("authorizationToken")
        for headers in (event.get("headers"), event.get("multiValueHeaders")):
            for name, value in headers.items() if isinstance(headers, dict) else ():
                yield value if name.lower() in ("cookie", "authorization") else None


def _texts(part: Any) -> Iterator[str]:
    """Return the text that *part* is, or the texts in the list that it is."""
    yield from (text for text in (part if isinstance(part, list) else [part]) if isinstance(text, str))

"""Lambda authorizers: the question in each of API Gateway's event shapes, and the answer in its form."""

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from session_management.access import Denial
from session_management.errors import SessionManagementError
from session_management.http.requests import cookies_of, lower_case, source_ip_of
from session_management.iso8601 import instant
from session_management.models import SessionWithUser

_STAGE: Final = re.compile(r"arn:[^:/]+:execute-api:[^:/]*:[^:/]*:[^:/]+/[^/]+/")


class UnknownEventError(SessionManagementError):
    """The event is of no authorizer's shape; API Gateway answers 500 and lets nobody in."""


class UnauthorizedError(Exception):
    """Makes API Gateway answer 401: it looks for exactly this message."""

    def __init__(self) -> None:
        """Say the word, and nothing else."""
        super().__init__("Unauthorized")


class AuthorizerRequest(NamedTuple):
    """What is asked: with which headers (names in lower case) and cookies, for what, and in which form to answer."""

    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    arn: str
    may_be_simple: bool
    source_ip: str | None = None


def read_authorizer_event(event: Mapping[str, Any]) -> AuthorizerRequest:
    """Return the question of an HTTP API (payload 2.0 or 1.0), REST (TOKEN or REQUEST) or WebSocket authorizer.

    Raises:
        UnknownEventError: it is none of these.
    """
    try:
        request = _read(event)
        if request and _STAGE.match(request.arn):
            return request
    except (KeyError, TypeError, AttributeError):
        pass
    raise UnknownEventError("the event is of no authorizer's shape")


def context_of(found: SessionWithUser) -> dict[str, str]:
    """Return what the backend is told: strings only, for API Gateway takes no other values everywhere."""
    return {
        "user_id": found.user.id,
        "email": found.user.email,
        "role": str(found.user.role),
        "session_handle": found.session.handle,
        "expires_at": instant(found.session.expires_at),
        "authenticated_at": instant(found.session.authenticated_at),
    }


def allow_policy(arn: str, found: SessionWithUser) -> dict[str, Any]:
    """Return the policy that allows everything on the stage of *arn*: API Gateway may reuse it for other routes."""
    return _policy("Allow", arn, found, context_of(found))


def deny_policy(arn: str, found: SessionWithUser, denial: Denial) -> dict[str, Any]:
    """Return the policy that denies everything on the stage of *arn*: API Gateway answers 403, and not 401.

    Of the caller its context says no more than why, for access logs and gateway responses.
    """
    return _policy("Deny", arn, found, {"denied": str(denial)})


def _policy(effect: str, arn: str, found: SessionWithUser, context: Mapping[str, str]) -> dict[str, Any]:
    stage = "/".join(arn.split("/", 2)[:2])
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": f"{stage}/*"}
    return {
        "principalId": found.user.id,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": context,
    }


def _read(event: Mapping[str, Any]) -> AuthorizerRequest | None:
    if event.get("version") == "2.0" and event["type"] == "REQUEST":
        headers = lower_case(event.get("headers"))
        return AuthorizerRequest(headers, cookies_of(event), event["routeArn"], True, source_ip_of(event))
    if event["type"] == "TOKEN":
        headers = lower_case({"authorization": event["authorizationToken"]})
        return AuthorizerRequest(headers, (), event["methodArn"], may_be_simple=False)
    if event["type"] == "REQUEST":
        return AuthorizerRequest(_all_headers(event), (), event["methodArn"], False, source_ip_of(event))
    return None


def _all_headers(event: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers, the repeated ones joined, whichever of the two maps they are in."""
    several = event.get("multiValueHeaders")
    repeated = {name: _joined(name, values) for name, values in ({} if several is None else several).items()}
    return {**lower_case(event.get("headers")), **lower_case(repeated)}


def _joined(name: str, values: Any) -> str | None:
    if not isinstance(values, list):
        raise TypeError("the values of a repeated header are no list")
    texts = [value for value in values if isinstance(value, str)]
    return ("; " if name.lower() == "cookie" else ", ").join(texts) if texts else None

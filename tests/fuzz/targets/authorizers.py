"""Authorizer events, as JSON: a question comes out, or UnknownEventError; a policy never reaches beyond its stage."""

from datetime import UTC, datetime
from typing import Any, Final

from session_management.access import Denial
from session_management.client_changes import changes_of
from session_management.errors import UnauthenticatedError
from session_management.http.authorizers import (
    UnknownEventError,
    allow_policy,
    deny_policy,
    read_authorizer_event,
)
from session_management.http.clients import client_of
from session_management.http.session_ids import presented_session_id
from session_management.models import Session, SessionWithUser, User, UserRole
from session_management.settings import Settings
from tests.fuzz.targets.target import Target, event_of, events_of

_AT: Final = datetime(2026, 1, 31, tzinfo=UTC)
_FOUND: Final = SessionWithUser(
    Session("k", "h", "u", _AT, _AT, _AT, _AT, _AT, ip="203.0.113.7", user_agent="curl/8.17.0"),
    User("u", "a@example.com", UserRole.USER, is_verified=True, created_at=_AT),
)
_SETTINGS: Final = Settings.from_environment({})


def check(data: bytes) -> None:
    """Hold the question, who asks it, and the policies that would answer it, to the event."""
    event: Any = event_of(data)
    try:
        request = read_authorizer_event(event)
    except UnknownEventError:
        return
    assert all(type(value) is str and name == name.lower() for name, value in request.headers.items())
    assert all(type(cookie) is str for cookie in request.cookies)
    assert request.may_be_simple == (event.get("version") == "2.0")
    assert request.source_ip is None or event["type"] == "REQUEST"
    assert len(changes_of(_FOUND.session, client_of(request, _SETTINGS))) <= 2
    _check_policy(request.arn, allow_policy(request.arn, _FOUND))
    _check_policy(request.arn, deny_policy(request.arn, _FOUND, Denial.ROLE))
    try:
        session_id = presented_session_id(request, _SETTINGS)
    except UnauthenticatedError:
        return
    assert session_id is None or session_id in data.decode(errors="replace") or "\\u" in data.decode(errors="replace")


def _check_policy(arn: str, policy: dict[str, Any]) -> None:
    (statement,) = policy["policyDocument"]["Statement"]
    resource: str = statement["Resource"]
    assert resource.endswith("/*")
    assert arn.startswith(resource[:-1])
    api, stage, _all = resource.split("/")
    assert stage
    assert api.split(":")[:1] + api.split(":")[2:3] == ["arn", "execute-api"]
    assert len(api.split(":")) == 6


TARGET: Final = Target(
    check,
    seeds=events_of("Authorizer"),
    words=(
        *(
            "TOKEN",
            "REQUEST",
            "2.0",
            "1.0",
            "authorizationToken",
            "multiValueHeaders",
            "methodArn",
            "routeArn",
            "Cookie",
            "sourceIp",
            "identity",
            "User-Agent",
            "::ffff:203.0.113.7",
        ),
        *("Authorization", "arn:aws-cn:execute-api:cn-north-1:1:api/stage/GET/me", "arn:aws:execute-api:::a/b/"),
    ),
    is_json=True,
)

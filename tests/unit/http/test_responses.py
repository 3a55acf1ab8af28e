"""Answers: the one table from errors to statuses, and what every answer carries."""

import json
from copy import replace
from datetime import UTC, datetime
from http import HTTPStatus

import pytest

import session_management.clients.postgres_errors
from session_management.errors import (
    CommitUnknownError,
    ConfigurationError,
    EmailTakenError,
    InvalidCredentialsError,
    InvalidInputError,
    SessionManagementError,
    StoreUnavailableError,
    TooManyAttemptsError,
    UnauthenticatedError,
    UniqueViolationError,
    WeakPasswordError,
)
from session_management.http.authorizers import UnknownEventError
from session_management.http.errors import (
    DirectAccessError,
    Fault,
    ForbiddenOriginError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
    RegistrationClosedError,
    UnsupportedMediaTypeError,
)
from session_management.http.responses import Response, no_content, ok, problem, session_body, user_body
from session_management.iso8601 import instant
from session_management.models import SessionWithUser

TABLE: list[tuple[SessionManagementError, int, str, dict[str, str]]] = [
    (InvalidRequestError("no JSON"), 400, "invalid_request", {}),
    (InvalidInputError("email: must be an address"), 400, "invalid_request", {}),
    (WeakPasswordError("short"), 400, "weak_password", {}),
    (InvalidCredentialsError("wrong"), 401, "invalid_credentials", {"WWW-Authenticate": "Bearer"}),
    (UnauthenticatedError("none"), 401, "unauthenticated", {"WWW-Authenticate": "Bearer"}),
    (DirectAccessError("elsewhere"), 403, "direct_access", {}),
    (ForbiddenOriginError("foreign"), 403, "forbidden_origin", {}),
    (RegistrationClosedError("closed"), 403, "registration_closed", {}),
    (MethodNotAllowedError(("GET", "POST")), 405, "method_not_allowed", {"Allow": "GET, POST, OPTIONS"}),
    (NotFoundError("there is nothing at this path"), 404, "not_found", {}),
    (EmailTakenError("taken"), 409, "email_taken", {}),
    (PayloadTooLargeError("large"), 413, "payload_too_large", {}),
    (UnsupportedMediaTypeError("form"), 415, "unsupported_media_type", {}),
    (TooManyAttemptsError(7), 429, "too_many_attempts", {"Retry-After": "7"}),
    (StoreUnavailableError("redis", "silent"), 503, "unavailable", {"Retry-After": "5"}),
    (CommitUnknownError("postgresql", "silent"), 503, "unavailable", {"Retry-After": "5"}),
    (ConfigurationError(["A: is not set"]), 503, "unavailable", {"Retry-After": "5"}),
]

# What never leaves an HTTP door: it becomes another error further down, or belongs to the authorizer.
INSIDE = {
    UniqueViolationError,
    UnknownEventError,
    session_management.clients.postgres_errors.ConnectionLostError,
    session_management.clients.postgres_errors.AuthenticationRefusedError,
}


@pytest.mark.parametrize(("error", "status", "code", "headers"), TABLE, ids=lambda value: type(value).__name__)
def test_each_error_has_its_status_code_and_headers(
    error: SessionManagementError, status: int, code: str, headers: dict[str, str]
) -> None:
    """ASVS 3.4.4."""
    payload = problem(error).as_payload()
    body = json.loads(payload["body"])

    assert payload["statusCode"] == body["status"] == status
    assert body["code"] == code
    assert body["title"] == HTTPStatus(status).phrase
    assert body["type"] == "about:blank"
    assert body["detail"]
    assert payload["headers"] == {
        "Content-Type": "application/problem+json",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        **headers,
    }
    assert "cookies" not in payload


def test_every_error_that_can_reach_a_door_is_in_the_table() -> None:
    def kinds(of: type[SessionManagementError]) -> set[type[SessionManagementError]]:
        return {of}.union(*(kinds(kind) for kind in of.__subclasses__()))

    # Operators' commands are behind no door: their errors go to Lambda.
    of_the_package = {
        kind
        for kind in kinds(SessionManagementError)
        if kind.__module__.startswith("session_management.") and ".admin." not in kind.__module__
    }
    assert of_the_package - {SessionManagementError} == {type(error) for error, *_ in TABLE} | INSIDE


@pytest.mark.parametrize(
    "error", [error for error, status, *_ in TABLE if status == 503], ids=lambda e: type(e).__name__
)
def test_what_is_wrong_inside_is_not_told_outside(error: SessionManagementError) -> None:
    """ASVS 16.5.1."""
    detail = json.loads(problem(error).as_payload()["body"])["detail"]

    assert detail == "the service cannot answer at the moment; try again"


def test_faults_of_a_body_are_told_with_their_places() -> None:
    error = InvalidRequestError("the body is not what this call takes", [Fault("/email", "is missing")])

    assert json.loads(problem(error).as_payload()["body"])["errors"] == [{"pointer": "/email", "detail": "is missing"}]


def test_an_answer_is_json_that_nobody_may_store() -> None:
    """ASVS 3.4.4, 14.2.2, 14.3.2."""
    assert ok({"a": "é"}, "b=c").as_payload() == {
        "statusCode": 200,
        "headers": {
            "Content-Type": "application/json",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
        "body": '{"a":"é"}',
        "cookies": ["b=c"],
    }


def test_no_content_has_no_body_and_no_type() -> None:
    payload = no_content("a=b").as_payload()

    assert (payload["statusCode"], payload["body"], payload["cookies"]) == (204, "", ["a=b"])
    assert payload["headers"] == {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def test_headers_and_cookies_can_be_added() -> None:
    response = Response(HTTPStatus.OK, {}, {"A": "1"}, ("a=1",))

    added = response.adding({"B": "2"}, cookies=("b=2",))

    assert (added.headers, added.cookies) == ({"A": "1", "B": "2"}, ("a=1", "b=2"))
    assert (response.headers, response.cookies) == ({"A": "1"}, ("a=1",))


def test_a_user_is_shown_with_these_fields_and_no_other(found: SessionWithUser) -> None:
    """ASVS 14.2.6."""
    user = replace(found.user, hashed_password="$argon2id$canary")

    body = user_body(user)

    assert list(body) == ["id", "email", "role", "is_verified", "created_at", "last_login_at"]
    assert (body["id"], body["email"], body["role"], body["is_verified"]) == (user.id, "Ann@example.com", "ADMIN", True)
    assert user_body(replace(user, last_login_at=None))["last_login_at"] is None
    assert "canary" not in json.dumps(body)


def test_a_session_is_shown_with_these_fields_and_no_other(found: SessionWithUser) -> None:
    body = session_body(found.session)

    assert list(body) == [
        "handle",
        "created_at",
        "expires_at",
        "last_activity",
        "authenticated_at",
        "ip",
        "user_agent",
    ]
    assert (body["handle"], body["ip"], body["user_agent"]) == (found.session.handle, "192.0.2.7", "Mozilla/5.0")


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 31, 9, 30, tzinfo=UTC), "2026-01-31T09:30:00.000Z"),
        (datetime(2026, 1, 31, 9, 30, 0, 123_000, tzinfo=UTC), "2026-01-31T09:30:00.123Z"),
        (datetime(2026, 1, 31, 9, 30, 0, 999, tzinfo=UTC), "2026-01-31T09:30:00.000Z"),
    ],
)
def test_times_are_iso_8601_in_utc_to_the_millisecond(moment: datetime, text: str) -> None:
    assert instant(moment) == text


def test_an_error_that_no_door_should_meet_is_raised_on() -> None:
    error = UniqueViolationError("users_pkey")

    with pytest.raises(UniqueViolationError) as raised:
        problem(error)

    assert raised.value is error

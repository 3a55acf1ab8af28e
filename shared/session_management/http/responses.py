"""Answers, and the one table that turns an error into a status (RFC 9457 problem details with a stable `code`)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple, Self

import orjson

from session_management.errors import (
    ConfigurationError,
    EmailTakenError,
    InvalidCredentialsError,
    InvalidInputError,
    SessionManagementError,
    StoreUnavailableError,
    TooManyAttemptsError,
    UnauthenticatedError,
    WeakPasswordError,
)
from session_management.http.errors import (
    DirectAccessError,
    ForbiddenOriginError,
    InvalidRequestError,
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
    RegistrationClosedError,
    UnsupportedMediaTypeError,
)
from session_management.iso8601 import instant
from session_management.models import Session, User

RETRY_AFTER_SECONDS: Final = 5

_NO_HEADERS: Final[Mapping[str, str]] = {}
_ALWAYS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_CANNOT_TELL: Final = "the service cannot answer at the moment; try again"

_TABLE: Final[dict[type[SessionManagementError], tuple[HTTPStatus, str]]] = {
    InvalidRequestError: (HTTPStatus.BAD_REQUEST, "invalid_request"),
    InvalidInputError: (HTTPStatus.BAD_REQUEST, "invalid_request"),
    WeakPasswordError: (HTTPStatus.BAD_REQUEST, "weak_password"),
    InvalidCredentialsError: (HTTPStatus.UNAUTHORIZED, "invalid_credentials"),
    UnauthenticatedError: (HTTPStatus.UNAUTHORIZED, "unauthenticated"),
    DirectAccessError: (HTTPStatus.FORBIDDEN, "direct_access"),
    ForbiddenOriginError: (HTTPStatus.FORBIDDEN, "forbidden_origin"),
    RegistrationClosedError: (HTTPStatus.FORBIDDEN, "registration_closed"),
    NotFoundError: (HTTPStatus.NOT_FOUND, "not_found"),
    MethodNotAllowedError: (HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed"),
    EmailTakenError: (HTTPStatus.CONFLICT, "email_taken"),
    PayloadTooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "payload_too_large"),
    UnsupportedMediaTypeError: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
    TooManyAttemptsError: (HTTPStatus.TOO_MANY_REQUESTS, "too_many_attempts"),
    StoreUnavailableError: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
    ConfigurationError: (HTTPStatus.SERVICE_UNAVAILABLE, "unavailable"),
}


class Response(NamedTuple):
    """An answer, before it becomes what Lambda returns. `body` None is no body."""

    status: HTTPStatus
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = _NO_HEADERS
    cookies: tuple[str, ...] = ()
    content_type: str = "application/json"

    def adding(self, headers: Mapping[str, str] | None = None, cookies: tuple[str, ...] = ()) -> Self:
        """Return this answer with more headers and cookies."""
        if not headers and not cookies:
            return self
        return self._replace(headers={**self.headers, **(headers or {})}, cookies=(*self.cookies, *cookies))

    def as_payload(self) -> dict[str, Any]:
        """Return the answer in payload format 2.0."""
        headers, body = {**_ALWAYS}, ""
        if self.body is not None:
            headers["Content-Type"] = self.content_type
            body = orjson.dumps(self.body).decode()
        payload = {"statusCode": int(self.status), "headers": {**headers, **self.headers}, "body": body}
        if self.cookies:
            payload["cookies"] = [*self.cookies]
        return payload


def ok(body: Mapping[str, Any], *cookies: str) -> Response:
    """Return 200 with a JSON body."""
    return Response(HTTPStatus.OK, body, cookies=cookies)


def accepted(body: Mapping[str, Any]) -> Response:
    """Return 202 with a JSON body."""
    return Response(HTTPStatus.ACCEPTED, body)


def no_content(*cookies: str) -> Response:
    """Return 204."""
    return Response(HTTPStatus.NO_CONTENT, cookies=cookies)


def problem(error: SessionManagementError) -> Response:
    """Return the problem document of *error*; one that no door should meet is a bug, and is raised on."""
    entry = next((entry for kind, entry in _TABLE.items() if isinstance(error, kind)), None)
    if entry is None:
        raise error
    status, code = entry
    unavailable = status is HTTPStatus.SERVICE_UNAVAILABLE
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": int(status),
        "code": code,
        "detail": _CANNOT_TELL if unavailable else str(error),
    }
    if isinstance(error, InvalidRequestError) and error.faults:
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in error.faults]
    return Response(status, body, _headers_of(error, status), content_type="application/problem+json")


def user_body(user: User) -> dict[str, Any]:
    """Return what clients see of a user."""
    return {
        "id": user.id,
        "email": user.email,
        "role": user.role,
        "is_verified": user.is_verified,
        "created_at": instant(user.created_at),
        "last_login_at": instant(user.last_login_at) if user.last_login_at else None,
    }


def session_body(session: Session) -> dict[str, Any]:
    """Return what clients see of a session."""
    return {
        "handle": session.handle,
        "created_at": instant(session.created_at),
        "expires_at": instant(session.expires_at),
        "last_activity": instant(session.last_activity),
        "authenticated_at": instant(session.authenticated_at),
        "ip": session.ip,
        "user_agent": session.user_agent,
    }


def _headers_of(error: SessionManagementError, status: HTTPStatus) -> dict[str, str]:
    if isinstance(error, MethodNotAllowedError):
        return {"Allow": ", ".join((*error.allowed, "OPTIONS"))}
    if isinstance(error, TooManyAttemptsError):
        return {"Retry-After": str(error.retry_after_seconds)}
    if status is HTTPStatus.UNAUTHORIZED:
        return {"WWW-Authenticate": "Bearer"}
    if status is HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}

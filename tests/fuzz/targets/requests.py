"""Events of payload 2.0, as JSON: a request comes out with all its parts in order, or one of two refusals."""

import base64
import ipaddress
import re
from typing import Any, Final

from session_management.http.clients import client_of
from session_management.http.errors import InvalidRequestError, PayloadTooLargeError
from session_management.http.requests import BODY_BYTES, Request, read_request
from session_management.settings import Settings
from tests.fuzz.targets.target import Target, event_of, events_of, is_clean

_CREDENTIALS: Final = ("cookie", "authorization")
_SECRET: Final = "s" * 32
_SETTINGS: Final = Settings.from_environment({"TRUSTED_PROXY_HOPS": "1"})
_BEHIND_THE_EDGE: Final = Settings.from_environment({"ORIGIN_SECRET": _SECRET})
_SESSION_ID: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def check(data: bytes) -> None:
    """Hold the request to the event."""
    event: Any = event_of(data)
    try:
        request = read_request(event)
    except (InvalidRequestError, PayloadTooLargeError) as error:
        assert is_clean([str(error)])
        return
    headers = request.headers
    assert all(type(value) is str and name == name.lower() for name, value in headers.items())
    assert is_clean(value for name, value in headers.items() if name not in _CREDENTIALS)
    assert all(type(cookie) is str for cookie in request.cookies)
    assert type(request.method) is str
    assert request.path == event.get("rawPath", "/")
    assert all(type(name) is type(value) is str for name, value in request.query.items())
    _check_body(request, event)
    _check_metadata(request, _SETTINGS)
    _check_metadata(request, _BEHIND_THE_EDGE)
    _check_metadata(request._replace(headers={**headers, "x-origin-secret": _SECRET}), _BEHIND_THE_EDGE)


def _check_body(request: Request, event: dict[str, Any]) -> None:
    assert len(request.body) <= BODY_BYTES
    sent = event.get("body") or ""
    if event.get("isBase64Encoded") is True:
        assert base64.b64encode(request.body).decode() == sent or base64.b64decode(sent) == request.body
    else:
        assert request.body.decode() == sent


def _check_metadata(request: Request, settings: Settings) -> None:
    metadata = client_of(request, settings)
    if metadata.ip is not None:
        assert str(ipaddress.ip_address(metadata.ip)) == metadata.ip
        assert "%" not in metadata.ip
    agent = metadata.user_agent
    assert agent is None or (is_clean([agent]) and 0 < len(agent) <= 512 and agent.encode())
    assert not _SESSION_ID.search(agent or "")


TARGET: Final = Target(
    check,
    seeds=events_of("Login", "Register", "Password", "Validate", "Logout", "Sessions"),
    words=(
        "headers",
        "cookies",
        "body",
        "isBase64Encoded",
        "rawPath",
        "queryStringParameters",
        "sourceIp",
        "method",
        "http",
        "Content-Type",
        "fe80::1%eth0",
        "x-viewer-address",
        "==",
    ),
    is_json=True,
)

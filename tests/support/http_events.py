"""Events of payload format 2.0, as a function URL sends them, for requests that no event file has."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from session_management.http.requests import Request, read_request

SAME_ORIGIN = {"sec-fetch-site": "same-origin"}
HOST = "abc.lambda-url.eu-central-1.on.aws"


def http_event(
    method: str = "GET",
    *,
    headers: Mapping[str, str] | None = None,
    cookies: Sequence[str] = (),
    body: object = None,
    **changes: Any,
) -> dict[str, Any]:
    """Return an event; *body* is sent as it is if it is text, else as JSON; *changes* replace whole fields.

    With a cookie it comes from a page of our own, unless the headers say where from.
    """
    headers = _from_our_own_page(cookies, headers or {})
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/",
        "rawQueryString": "",
        "headers": {"host": HOST, "user-agent": "tests", **headers},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc",
            "domainName": HOST,
            "http": {
                "method": method,
                "path": "/",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "tests",
            },
            "requestId": "3fedea1c-421d-40b3-b1ab-3f7bd20e59f1",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }
    if cookies:
        event["cookies"] = list(cookies)
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return {**event, **changes}


def _from_our_own_page(cookies: Sequence[str], headers: Mapping[str, str]) -> Mapping[str, str]:
    names = {name.lower() for name in headers}
    has_cookie = cookies or "cookie" in names
    return headers if names & {"origin", "sec-fetch-site"} or not has_cookie else {**headers, **SAME_ORIGIN}


def a_request(method: str = "GET", **parts: Any) -> Request:
    """Return the request of such an event."""
    return read_request(http_event(method, **parts))

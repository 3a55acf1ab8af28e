"""HTTP requests as Lambda events: payload 2.0 of function URLs, of HTTP APIs, and of their authorizers.

The shapes are those of AWS's pages on function URLs (urls-invocation), on proxy integrations for HTTP APIs
(http-api-develop-integrations-lambda) and on their authorizers (http-api-lambda-authorizer).
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from infra.local.door.http_request import HttpRequest
from infra.local.door.routes import FrontRoute

_ACCOUNT = "123456789012"
_API_ID = "localstack"
# All other types, form posts and bodies without a type among them, arrive as base64.
_TEXT_TYPES = ("application/json", "application/xml", "application/javascript")


def function_event(
    request: HttpRequest, route: FrontRoute, authorized: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the event for the function behind *route*; *authorized* is the context of its authorizer."""
    event = _common(request, route)
    if authorized is not None:
        event["requestContext"]["authorizer"] = {"lambda": dict(authorized)}
    return event | _body(request.body, request.headers.get("content-type", ""))


def authorizer_event(request: HttpRequest, route: FrontRoute) -> dict[str, Any]:
    """Return the event of *route*'s authorizer: type REQUEST, format 2.0, no identity source."""
    event = _common(request, route)
    resource = f"{_API_ID}/$default/{request.method}{event['rawPath']}"
    return {
        "version": event.pop("version"),
        "type": "REQUEST",
        "routeArn": f"arn:aws:execute-api:eu-central-1:{_ACCOUNT}:{resource}",
        "identitySource": None,
        **event,
    }


def _common(request: HttpRequest, route: FrontRoute) -> dict[str, Any]:
    """Return what all these events have in common; what the request lacks is absent, not empty."""
    optional = {"cookies": request.cookies, "queryStringParameters": request.query}
    return {
        "version": "2.0",
        "routeKey": route.key,
        "rawPath": _path(request, route),
        "rawQueryString": request.raw_query,
        "headers": dict(request.headers),
        "requestContext": _request_context(request, route),
    } | {name: value for name, value in optional.items() if value}


def _path(request: HttpRequest, route: FrontRoute) -> str:
    """Return the path: function URLs leave it as it was sent, HTTP APIs decode it."""
    return unquote(request.raw_path) if route.is_api else request.raw_path


def _request_context(request: HttpRequest, route: FrontRoute) -> dict[str, Any]:
    return {
        # A function URL without authentication knows no account.
        "accountId": _ACCOUNT if route.is_api else "anonymous",
        "apiId": _API_ID,
        "domainName": request.domain,
        "domainPrefix": request.domain.split(".", maxsplit=1)[0],
        "http": {
            "method": request.method,
            "path": _path(request, route),
            "protocol": f"HTTP/{request.scope['http_version']}",
            "sourceIp": request.source_ip,
            "userAgent": request.headers.get("user-agent", ""),
        },
        "requestId": str(uuid4()),
        "routeKey": route.key,
        "stage": "$default",
        "time": request.received_at.strftime("%d/%b/%Y:%H:%M:%S %z"),
        "timeEpoch": int(request.received_at.timestamp() * 1000),
    }


def _body(body: bytes, content_type: str) -> dict[str, Any]:
    """Return the body as text or base64, decided by its content type; no body, no key."""
    if not body:
        return {"isBase64Encoded": False}
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type in _TEXT_TYPES or media_type.startswith("text/"):
        try:
            return {"body": body.decode(), "isBase64Encoded": False}
        except UnicodeDecodeError:
            pass
    return {"body": b64encode(body).decode("ascii"), "isBase64Encoded": True}

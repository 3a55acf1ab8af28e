"""What a function answered, as an HTTP response: payload 2.0, read the way function URLs read it."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

_STATUSES = range(200, 600)
_BODILESS = (204, 304)
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token of RFC 9110
_VALUE = re.compile(r"[^\r\n\0\u0100-\U0010ffff]*")


class MalformedAnswerError(ValueError):
    """A function answered something that cannot become an HTTP response."""


def message(status: int, text: str) -> Response:
    """Return an answer of the gateway itself, as AWS words them: `{"message": text}`."""
    return Response(json.dumps({"message": text}), status, media_type="application/json")


def http_response(answer: Any) -> Response:
    """Return the HTTP response for a function's answer; one without a statusCode is a 200 with all of it.

    Raises:
        MalformedAnswerError: a status, header, cookie or body is not what it must be.
    """
    if not isinstance(answer, Mapping) or "statusCode" not in answer:
        body = answer if isinstance(answer, str) else json.dumps(answer)
        return Response(body, media_type="application/json")
    response = Response(_body(answer), _status(answer["statusCode"]))
    _add_headers(response, answer)
    if response.status_code not in _BODILESS:
        response.headers.setdefault("content-type", "application/json")
    return response


def _status(status: Any) -> int:
    if not str(status).isdecimal() or int(status) not in _STATUSES:
        raise MalformedAnswerError(f"statusCode {status!r}")
    return int(status)


def _body(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None or _status(answer["statusCode"]) in _BODILESS:
        return b""
    if not isinstance(body, str):
        raise MalformedAnswerError(f"a body must be text, not {type(body).__name__}")
    try:
        return b64decode(body, validate=True) if answer.get("isBase64Encoded") else body.encode()
    except ValueError as error:
        raise MalformedAnswerError("the body is not the base64 that it says it is") from error


def _add_headers(response: Response, answer: Mapping[str, Any]) -> None:
    headers, cookies = answer.get("headers") or {}, answer.get("cookies") or []
    if not isinstance(headers, dict) or not isinstance(cookies, list):
        raise MalformedAnswerError("headers must be an object and cookies a list")
    for name, value in headers.items():
        if not _NAME.fullmatch(name):
            raise MalformedAnswerError("a header's name must be a token")
        if name.lower() != "content-length":
            response.headers[name] = _value(value)
    for cookie in cookies:
        response.headers.append("set-cookie", _value(cookie))


def _value(value: Any) -> str:
    """Return a header's value as text, if it is one and cannot start another header."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float) or not _VALUE.fullmatch(str(value)):
        raise MalformedAnswerError("a header's value must be text without line breaks")
    return str(value)

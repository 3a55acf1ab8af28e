"""The request in an event of payload format 2.0: function URL, HTTP API or CloudFront before either."""

import base64
import binascii
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from session_management.http.errors import InvalidRequestError, PayloadTooLargeError, UnsupportedMediaTypeError

BODY_BYTES: Final = 16_384
_BASE64_BYTES: Final = (BODY_BYTES + 2) // 3 * 4
_CREDENTIALS: Final = ("cookie", "authorization")


class Request(NamedTuple):
    """A request. Header names are in lower case; `cookies` are "name=value" pairs as they came.

    `path` is as the gateway gives it: a function URL leaves it encoded. `query` has the last of repeated parameters.
    """

    method: str
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes
    source_ip: str | None
    path: str = "/"
    query: Mapping[str, str] = MappingProxyType({})


def read_request(event: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Request:
    """Return the request of *event*, whose *headers* may have been put in lower case already.

    Raises:
        InvalidRequestError: a line break in a header, or a body that is not the base64 it says it is.
        PayloadTooLargeError: the body is over 16 KiB.
    """
    try:
        http = event["requestContext"]["http"]
        headers = lower_case(event.get("headers")) if headers is None else headers
        cookies = cookies_of(event)
        method = http["method"].upper()
        path, query = _path_of(event), _query_of(event)
    except (KeyError, TypeError, AttributeError):
        raise InvalidRequestError("the event is not of payload format 2.0") from None
    if has_line_break(headers.values()):
        # A session ID with a line break is a malformed session ID, and is refused as one where it is looked for.
        _refuse_line_breaks(value for name, value in headers.items() if name not in _CREDENTIALS)
    return Request(method, headers, cookies, _read_body(event), source_ip_of(event), path, query)


def source_ip_of(event: Mapping[str, Any]) -> str | None:
    """Return the address that connected, as API Gateway or the function URL tells it; None if it does not.

    Payload 2.0 has it below `http`; 1.0, REST and WebSocket below `identity`; a TOKEN authorizer's event nowhere.
    """
    context = event.get("requestContext")
    if isinstance(context, dict):
        for place in ("http", "identity"):
            said = context.get(place)
            source_ip = said.get("sourceIp") if isinstance(said, dict) else None
            if isinstance(source_ip, str):
                return source_ip
    return None


def cookies_of(event: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the "name=value" pairs that payload 2.0 has beside the headers, if it has any.

    Raises:
        TypeError: they are no list of texts. A mapping or a text could be gone through, too, and must not be believed.
    """
    cookies = event.get("cookies")
    if cookies is None:
        return ()
    if not isinstance(cookies, list) or not all(isinstance(cookie, str) for cookie in cookies):
        raise TypeError("the cookies are no list of texts")
    return tuple(cookies)


def lower_case(headers: Mapping[str, Any] | None) -> dict[str, str]:
    """Return *headers* with their names in lower case; a header in two cases is joined as HTTP joins it.

    A value that is no text is left out.
    """
    if headers is None:
        return {}
    result = {str(name).lower(): value for name, value in headers.items() if isinstance(value, str)}
    # One is missing where it is no text, or where two are the same but for their case.
    return result if len(result) == len(headers) else _joined(headers)


def _joined(headers: Mapping[str, Any]) -> dict[str, str]:
    result: dict[str, str] = {}
    for name, value in headers.items():
        key = str(name).lower()
        if isinstance(value, str):
            result[key] = f"{result[key]}, {value}" if key in result else value
    return result


def has_line_break(texts: Iterable[str]) -> bool:
    """Return whether any of *texts* holds a character that would end a header, or the text."""
    text = "".join(texts)
    return "\n" in text or "\r" in text or "\0" in text


def json_of(request: Request) -> bytes:
    """Return the request's body, which is said to be JSON if there is any.

    Raises:
        UnsupportedMediaTypeError: the content type is not JSON.
        InvalidRequestError: there is a line break in any header.
    """
    _refuse_line_breaks((*request.headers.values(), *request.cookies))
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if request.body and content_type != "application/json":
        raise UnsupportedMediaTypeError("send the body with Content-Type: application/json")
    return request.body


def _path_of(event: Mapping[str, Any]) -> str:
    path = event.get("rawPath", "/")
    if not isinstance(path, str):
        raise TypeError("the path is no text")
    return path


def _query_of(event: Mapping[str, Any]) -> dict[str, str]:
    query = event.get("queryStringParameters")
    return {} if query is None else {str(name): value for name, value in query.items() if isinstance(value, str)}


def _refuse_line_breaks(headers: Iterable[str]) -> None:
    if has_line_break(headers):
        raise InvalidRequestError("a header holds a line break")


def _read_body(event: Mapping[str, Any]) -> bytes:
    text = event.get("body")
    if text is None:
        return b""
    if not isinstance(text, str):
        raise InvalidRequestError("the body of the event is not text")
    is_base64 = event.get("isBase64Encoded") is True
    if len(text) > (_BASE64_BYTES if is_base64 else BODY_BYTES):
        raise PayloadTooLargeError(f"send at most {BODY_BYTES} bytes")
    try:
        body = base64.b64decode(text, validate=True) if is_base64 else text.encode()
    except (binascii.Error, ValueError):
        raise InvalidRequestError("the body is not what its encoding says") from None
    if len(body) > BODY_BYTES:
        raise PayloadTooLargeError(f"send at most {BODY_BYTES} bytes")
    return body

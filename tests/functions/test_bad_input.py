"""P7: bad input is the documented refusal, before any store is asked (whatever else may come: tests/fuzz)."""

import base64
import json
from typing import Any

import pytest

from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from tests.functions.service import Service, Stores, told
from tests.support.http_events import http_event

JSON = {"content-type": "application/json"}
NAME = "__Host-sessionId"
GOOD = {"email": "demo@example.com", "password": DEMO_PASSWORD}
GOOD_TEXT = json.dumps(GOOD)
BEARER = {"authorization": f"Bearer {DEMO_SESSION_ID}"}
METHODS = {"Login": "POST", "Register": "POST", "Password": "POST", "Logout": "POST", "Validate": "GET"}
FIRST_METHODS = {**METHODS, "Sessions": "GET"}


def login(body: object = GOOD, **parts: Any) -> dict[str, Any]:
    """Return a login."""
    return http_event("POST", body=body, **{"headers": JSON, **parts})


def nested(depth: int) -> str:
    """Return JSON that nests so deep."""
    return '{"email": ' + "[" * depth + "]" * depth + "}"


def in_base64(body: bytes) -> dict[str, Any]:
    """Return a login with these bytes for a body."""
    return login(base64.b64encode(body).decode(), isBase64Encoded=True)


# --- Bodies -------------------------------------------------------------------------------------

BAD_BODIES: dict[str, tuple[dict[str, Any], int, str]] = {
    "no body": (http_event("POST", headers=JSON), 400, "invalid_request"),
    "an empty body": (login(""), 400, "invalid_request"),
    "no JSON": (login("{"), 400, "invalid_request"),
    "half a JSON": (login(GOOD_TEXT[:-1]), 400, "invalid_request"),
    "JSON and more": (login(GOOD_TEXT + "x"), 400, "invalid_request"),
    "a form, said to be JSON": (login("email=demo%40example.com&password=x"), 400, "invalid_request"),
    "a list": (login("[]"), 400, "invalid_request"),
    "null": (login("null"), 400, "invalid_request"),
    "a word": (login('"demo@example.com"'), 400, "invalid_request"),
    "deep nesting": (login(nested(8_000)), 400, "invalid_request"),
    "a huge number": (login('{"email": ' + "9" * 16_000 + "}"), 400, "invalid_request"),
    "no field": (login({}), 400, "invalid_request"),
    "no password": (login({"email": "demo@example.com"}), 400, "invalid_request"),
    "no email": (login({"password": "x"}), 400, "invalid_request"),
    "an extra field": (login({**GOOD, "role": "ADMIN"}), 400, "invalid_request"),
    "a number for an email": (login({**GOOD, "email": 5}), 400, "invalid_request"),
    "a list for an email": (login({**GOOD, "email": ["demo@example.com"]}), 400, "invalid_request"),
    "an object for a password": (login({**GOOD, "password": {"$ne": None}}), 400, "invalid_request"),
    "null for a password": (login({**GOOD, "password": None}), 400, "invalid_request"),
    "true for a password": (login({**GOOD, "password": True}), 400, "invalid_request"),
    "an empty password": (login({**GOOD, "password": ""}), 400, "invalid_request"),
    "an endless password": (login({**GOOD, "password": "x" * 1025}), 400, "invalid_request"),
    "NUL in the password": (login({**GOOD, "password": "a\x00b"}), 400, "invalid_request"),
    "NUL in the email": (login({**GOOD, "email": "demo@example.com\x00"}), 400, "invalid_request"),
    "a line break in the email": (login({**GOOD, "email": "demo@example.com\r\n"}), 400, "invalid_request"),
    "a C1 control in the email": (login({**GOOD, "email": "demo@example.com\x85"}), 400, "invalid_request"),
    "a wide space in the email": (login({**GOOD, "email": "demo\u3000@example.com"}), 400, "invalid_request"),
    "no email at all": (login({**GOOD, "email": "demo"}), 400, "invalid_request"),
    "an endless email": (login({**GOOD, "email": "a" * 250 + "@b.com"}), 400, "invalid_request"),
    "a lone surrogate": (login('{"email": "a@b.c", "password": "\\ud800"}'), 400, "invalid_request"),
    "a raw surrogate": (login('{"email": "a@b.c", "password": "\ud800"}'), 400, "invalid_request"),
    "an unknown transport": (login({**GOOD, "transport": "header"}), 400, "invalid_request"),
    "raw NUL": (login("\x00" * 10), 400, "invalid_request"),
    "no UTF-8": (in_base64(b'{"email": "\xff\xfe"}'), 400, "invalid_request"),
    "UTF-16": (in_base64(GOOD_TEXT.encode("utf-16")), 400, "invalid_request"),
    "no base64": (login("!" + GOOD_TEXT, isBase64Encoded=True), 400, "invalid_request"),
    "cut base64": (
        login(base64.b64encode(GOOD_TEXT.encode()).decode()[:-3], isBase64Encoded=True),
        400,
        "invalid_request",
    ),
    "a body that is an object": (login() | {"body": GOOD}, 400, "invalid_request"),
    "16 KiB and a byte": (login(GOOD_TEXT + " " * (16_385 - len(GOOD_TEXT))), 413, "payload_too_large"),
    "a megabyte": (login(json.dumps({**GOOD, "password": "x" * 1024 * 1024})), 413, "payload_too_large"),
    "a megabyte in base64": (in_base64(b"x" * 1024 * 1024), 413, "payload_too_large"),
    "no content type": (login(headers={}), 415, "unsupported_media_type"),
    "a form": (login(headers={"content-type": "application/x-www-form-urlencoded"}), 415, "unsupported_media_type"),
    "plain text": (login(headers={"content-type": "text/plain"}), 415, "unsupported_media_type"),
    "two content types": (
        login(headers={"content-type": "text/plain", "Content-Type": "application/json"}),
        415,
        "unsupported_media_type",
    ),
    "a line break in the content type": (
        login(headers={"content-type": "application/json\r\n"}),
        400,
        "invalid_request",
    ),
}


@pytest.mark.parametrize(("event", "status", "code"), BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_bad_body_is_refused_before_any_store_is_asked(
    service: Service, stores: Stores, event: dict[str, Any], status: int, code: str
) -> None:
    answer = service.invoke("Login", event)

    assert told(answer) == (status, code)
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert "cookies" not in answer
    assert stores.calls == []


def test_a_body_of_exactly_16_kib_is_read(service: Service) -> None:
    assert service.invoke("Login", login(GOOD_TEXT + " " * (16_384 - len(GOOD_TEXT))))["statusCode"] == 200


def test_a_password_of_1024_characters_is_verified(service: Service) -> None:
    """ASVS 6.2.9, NIST SP 800-63B-4, 3.1.1.2."""
    assert told(service.invoke("Login", login({**GOOD, "password": "é" * 1024}))) == (401, "invalid_credentials")


CHANGE = {"current_password": DEMO_PASSWORD, "new_password": "nine umbrellas under one moon"}

# --- Session IDs --------------------------------------------------------------------------------

BAD_CREDENTIALS: dict[str, dict[str, Any]] = {
    "a short ID": {"headers": {"authorization": "Bearer short"}},
    "a long ID": {"headers": {"authorization": f"Bearer {DEMO_SESSION_ID}0"}},
    "10 kB in the header": {"headers": {"authorization": "Bearer " + "a" * 10_240}},
    "a 10 kB cookie": {"cookies": [f"{NAME}=" + "a" * 10_240]},
    "Basic": {"headers": {"authorization": "Basic ZGVtbzpkZW1v"}},
    "another scheme": {"headers": {"authorization": f"Token {DEMO_SESSION_ID}"}},
    "no scheme": {"headers": {"authorization": DEMO_SESSION_ID}},
    "two cookies that differ": {"cookies": [f"{NAME}={DEMO_SESSION_ID}", f"{NAME}={'x' * 43}"]},
    "two cookies in a header": {"headers": {"cookie": f"{NAME}={DEMO_SESSION_ID}; {NAME}={'x' * 43}"}},
    "cookie and header that differ": {"cookies": [f"{NAME}={'x' * 43}"], "headers": BEARER},
    "a malformed cookie beside a good header": {"cookies": [f"{NAME}=x"], "headers": BEARER},
    "NUL in the cookie": {"cookies": [f"{NAME}={DEMO_SESSION_ID[:-1]}\x00"]},
    "CR LF in the cookie": {"cookies": [f"{NAME}={DEMO_SESSION_ID}\r\n"]},
    "CR LF in another cookie": {"cookies": ["theme=da\r\nrk", f"{NAME}={DEMO_SESSION_ID}"]},
    "CR LF in the cookie header": {"headers": {"cookie": f"{NAME}={DEMO_SESSION_ID}\r\nX-A: b"}},
    "CR LF after the token": {"headers": {"authorization": f"Bearer {DEMO_SESSION_ID}\r\n"}},
    "letters of other alphabets": {"cookies": [f"{NAME}=" + "ä" * 43]},
    "a lone surrogate": {"cookies": [f"{NAME}=" + "\ud800" * 43]},
    "quotes": {"cookies": [f'{NAME}="{DEMO_SESSION_ID}"']},
    "SQL": {"cookies": [f"{NAME}=' OR 1=1 --"]},
    "a path": {"cookies": [f"{NAME}=../../etc/passwd"]},
}


@pytest.mark.parametrize("function", ["Validate", "Sessions", "Logout", "Password"])
@pytest.mark.parametrize("parts", BAD_CREDENTIALS.values(), ids=BAD_CREDENTIALS)
def test_what_is_no_session_id_is_401_before_any_store_is_asked(
    service: Service, stores: Stores, function: str, parts: dict[str, Any]
) -> None:
    """ASVS 7.2.1."""
    event = http_event(FIRST_METHODS[function], **parts)
    if function == "Password":
        event |= {"headers": {**event["headers"], **JSON}, "body": json.dumps(CHANGE)}
    answer = service.invoke(function, event)

    # What stands before the body is read: a line break is no request.
    is_no_request = function == "Password" and any(character in repr(parts) for character in ("\\r", "\\x00"))
    assert told(answer) == ((400, "invalid_request") if is_no_request else (401, "unauthenticated"))
    assert len(answer.get("cookies", [])) == (1 if function == "Logout" else 0)
    assert stores.calls == []


# --- Anything else ------------------------------------------------------------------------------


@pytest.mark.parametrize("function", METHODS)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "TRACE", "CONNECT", "get\n", ""])
def test_a_wrong_method_is_told_the_right_one(service: Service, stores: Stores, function: str, method: str) -> None:
    if method == METHODS[function]:
        method = "X" + method
    answer = service.invoke(function, http_event(method, headers={**JSON, **BEARER}, body=GOOD))

    assert told(answer) == (405, "method_not_allowed")
    assert answer["headers"]["Allow"] == f"{METHODS[function]}, OPTIONS"
    assert stores.calls == []


@pytest.mark.parametrize("function", FIRST_METHODS)
@pytest.mark.parametrize(
    "header", ["user-agent", "origin", "host", "accept", "sec-fetch-site", "x-anything", "Content-Type"]
)
@pytest.mark.parametrize("character", ["\r\n", "\r", "\n", "\x00"], ids=repr)
def test_a_line_break_in_any_header_is_refused(
    service: Service, stores: Stores, function: str, header: str, character: str
) -> None:
    headers = {**JSON, **BEARER, header: f"a{character}Set-Cookie: b"}
    answer = service.invoke(function, http_event(FIRST_METHODS[function], headers=headers, body=GOOD))

    assert told(answer) == (400, "invalid_request")
    assert stores.calls == []


@pytest.mark.parametrize(
    "parts",
    [
        {"headers": {**JSON, "cookie": "a\r\nb"}},
        {"cookies": ["a\r\nb"]},
        {"headers": {**JSON, "authorization": "a\nb"}},
    ],
    ids=repr,
)
def test_a_login_with_a_line_break_in_its_credentials_is_refused(
    service: Service, stores: Stores, parts: dict[str, Any]
) -> None:
    assert told(service.invoke("Login", login(**parts))) == (400, "invalid_request")
    assert stores.calls == []


@pytest.mark.parametrize("function", FIRST_METHODS)
def test_an_event_of_another_format_is_refused(service: Service, stores: Stores, function: str) -> None:
    """A REST API's proxy event, for one."""
    event = {"httpMethod": FIRST_METHODS[function], "path": "/", "headers": {**JSON, **BEARER}, "body": GOOD_TEXT}

    assert told(service.invoke(function, event)) == (400, "invalid_request")
    assert stores.calls == []


def test_a_refusal_repeats_nothing_that_was_sent(service: Service) -> None:
    """P5: the password may stand in any field, and in the name of one."""
    answers = [
        service.invoke("Login", login({"email": "canary-1", "password": "canary-2" * 200, "canary-3": "canary-4"})),
        service.invoke("Login", login('{"email": canary-5')),
        service.invoke("Login", login(headers={"content-type": "canary-6"})),
        service.invoke("Validate", http_event(headers={"authorization": "Basic canary-7"})),
        service.invoke("Validate", http_event(headers={"x-canary": "a"}, cookies=[f"{NAME}=canary-8"])),
        service.invoke("Logout", http_event("POST", headers={"user-agent": "canary-9\r\n"})),
        service.invoke("Logout", http_event("CANARY")),
    ]

    assert all(400 <= answer["statusCode"] < 500 for answer in answers)
    assert "canary" not in json.dumps(answers)

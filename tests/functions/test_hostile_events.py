"""P7: events that no gateway sends, and requests that no honest client does: refused, or read as they stand."""

import base64
import json
from typing import Any

import pytest

from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from tests.functions.service import Service, Stores, body_of, told
from tests.support.http_events import http_event

JSON = {"content-type": "application/json"}
COOKIE = f"__Host-sessionId={DEMO_SESSION_ID}"
GOOD = {"email": "demo@example.com", "password": DEMO_PASSWORD}
SIX_MEGABYTES = 6 * 1024 * 1024
INVALID, TOO_LARGE = (400, "invalid_request"), (413, "payload_too_large")
WRONG = (401, "invalid_credentials")


def login(body: object = GOOD, **changes: Any) -> dict[str, Any]:
    return http_event("POST", headers=JSON, body=body, **changes)


def context(**http: Any) -> dict[str, Any]:
    """Return a request context whose `http` has these fields."""
    return {"requestContext": {"http": {"method": "POST", **http}}}


EVENTS: dict[str, tuple[dict[str, Any], tuple[int, str]]] = {
    "6 MB": (login(" " * SIX_MEGABYTES), TOO_LARGE),
    "6 MB that are no base64": (login("\u00fc" * SIX_MEGABYTES, isBase64Encoded=True), TOO_LARGE),
    "base64 without its padding": (login(base64.b64encode(b"{}x").decode()[:-1], isBase64Encoded=True), INVALID),
    "base64 with too much padding": (login("e30===", isBase64Encoded=True), INVALID),
    "base64 of another alphabet": (
        login(base64.urlsafe_b64encode(b"\xff" * 9).decode(), isBase64Encoded=True),
        INVALID,
    ),
    "base64 that is said to be by text": (
        login(base64.b64encode(json.dumps(GOOD).encode()).decode(), isBase64Encoded="true"),
        INVALID,
    ),
    "a body that is a number": (login() | {"body": 0}, INVALID),
    "a body that is false": (login() | {"body": False}, INVALID),
    "an infinite number": (login('{"email": 1e999999, "password": "x"}'), INVALID),
    "no number": (login('{"email": NaN, "password": -Infinity}'), INVALID),
    "a list that nests deeply": (login("[" * 16_000), INVALID),
    "objects that nest deeply": (login('{"email":' * 1_600 + "1" + "}" * 1_600), INVALID),
    "a key that is no text": (login('{1: "x"}'), INVALID),
    "a comment": (login('{"email": "a@b" /* */, "password": "x"}'), INVALID),
    "a byte order mark": (login("\ufeff" + json.dumps(GOOD)), INVALID),
    "the same key twice": (login('{"email": "demo@example.com", "email": "a@b", "password": "x"}'), WRONG),
    "an email in wide letters": (login(GOOD | {"email": "\uff44emo@example.com"}), WRONG),
    "an email with a letter of another alphabet": (login(GOOD | {"email": "d\u0435mo@example.com"}), WRONG),
    "an email with an invisible letter": (login(GOOD | {"email": "demo\u200b@example.com"}), WRONG),
    "an email whose domain is cut short": (login(GOOD | {"email": "demo@example.com\u0000.org"}), INVALID),
    "a password in another normal form": (login(GOOD | {"password": DEMO_PASSWORD + "\u0301"}), WRONG),
    "no request context": ({"version": "2.0", "headers": JSON, "body": json.dumps(GOOD)}, INVALID),
    "a context that is a list": (login() | {"requestContext": [{"http": {"method": "POST"}}]}, INVALID),
    "a method that is a list": (login() | context(method=["POST"]), INVALID),
    "a method that is a number": (login() | context(method=1), INVALID),
    "an address that is an object": (login(GOOD | {"password": "x"}) | context(sourceIp={"ip": "192.0.2.7"}), WRONG),
    "headers that are pairs": (login() | {"headers": [["content-type", "application/json"]]}, INVALID),
    "a content type in two cases": (
        login() | {"headers": {"content-type": "application/json", "Content-Type": "text/plain"}},
        (415, "unsupported_media_type"),
    ),
    "a body of the form of an event": (login(http_event("POST", body=GOOD)), INVALID),
}


@pytest.mark.parametrize(("event", "expected"), EVENTS.values(), ids=EVENTS)
def test_a_hostile_login_is_refused(service: Service, stores: Stores, event: Any, expected: tuple[int, str]) -> None:
    answer = service.answer("Login", event)

    assert told(answer) == expected
    assert bool(stores.calls) == (expected == WRONG)


CREDENTIALS: dict[str, tuple[dict[str, Any], int]] = {
    "the same cookie a thousand times": ({"cookies": [COOKIE] * 1_000}, 200),
    "a hundred thousand cookies": ({"cookies": [f"c{number}=x" for number in range(100_000)]}, 401),
    "a cookie of 100 000 pairs": ({"headers": {"cookie": "a=b;" * 100_000 + COOKIE}}, 200),
    "a cookie of semicolons": ({"headers": {"cookie": ";" * 1_000_000}}, 401),
    "a cookie named twice, once in vain": ({"cookies": [COOKIE, "__Host-sessionId="]}, 200),
    "a cookie's name in another case": ({"cookies": [COOKIE.upper(), COOKIE.lower()]}, 401),
    "a cookie whose name is quoted": ({"cookies": [f'"__Host-sessionId"={DEMO_SESSION_ID}']}, 401),
    "a header in another case": ({"headers": {"AuThOrIzAtIoN": f"bEaReR {DEMO_SESSION_ID}"}}, 200),
    "a header in two cases": (
        {"headers": dict.fromkeys(("Authorization", "authorization"), f"Bearer {DEMO_SESSION_ID}")},
        401,
    ),
    "a bearer token after a megabyte of spaces": (
        {"headers": {"authorization": "Bearer" + " " * 1_000_000 + ","}},
        401,
    ),
    "a header beyond ASCII": ({"headers": {"authorization": f"Bearer {DEMO_SESSION_ID[:-1]}\u00fc"}}, 401),
    "digits of another alphabet": ({"headers": {"authorization": f"Bearer {DEMO_SESSION_ID[:-1]}\u0660"}}, 401),
    "a letter that only lowers to one": ({"headers": {"authorization": f"Bearer {DEMO_SESSION_ID[:-1]}\u212a"}}, 401),
    "a session ID in the query": (
        {"rawQueryString": COOKIE, "queryStringParameters": {"__Host-sessionId": DEMO_SESSION_ID}},
        401,
    ),
    "a session ID in the path": ({"rawPath": f"/{DEMO_SESSION_ID}", "pathParameters": {"id": DEMO_SESSION_ID}}, 401),
    "a session ID in a body": ({"body": json.dumps({"session_id": DEMO_SESSION_ID})}, 401),
    "headers of format 1.0": ({"multiValueHeaders": {"Cookie": [COOKIE]}}, 401),
}


@pytest.mark.parametrize(("parts", "status"), CREDENTIALS.values(), ids=CREDENTIALS)
def test_a_session_id_is_taken_from_where_it_belongs_alone(
    service: Service, stores: Stores, parts: dict[str, Any], status: int
) -> None:
    answer = service.answer("Validate", http_event() | parts)

    assert answer["statusCode"] == status
    assert bool(stores.calls) == (status == 200)
    if status == 200:
        assert body_of(answer)["user"]["email"] == "demo@example.com"

"""A secret in every part of a request, through every door."""

import base64
import json
from collections.abc import Iterator
from typing import Any, Final

from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from tests.events import CASES
from tests.support.http_events import http_event

WRONG: Final = "a-wrong-password-nobody-may-see"
METHODS: Final = {"Login": "POST", "Validate": "GET", "Sessions": "GET", "Logout": "POST", "Me": "GET"}
_JSON: Final = {"content-type": "application/json"}
# What a session keeps of a login: a password has no business there, and cannot be told from any other word.
_KEPT: Final = "the user agent"

type Sent = Iterator[tuple[str, Any]]


def with_secret(secret: str, *, is_session_id: bool) -> Sent:
    """Give each function's name with an event that holds *secret* somewhere; what ends sessions comes last."""
    sent = [*_event_files(secret), *_http_events(secret, is_session_id), *_odd_events(secret)]
    yield from sorted(sent, key=lambda pair: pair[0] in ("Sessions", "Logout"))


def _event_files(secret: str) -> Sent:
    """Every event file, the secret in the place of the demo user's."""
    for case in CASES:
        text = case.path.read_text()
        for demo in (DEMO_SESSION_ID, DEMO_PASSWORD):
            text = text.replace(json.dumps(demo)[1:-1], secret)
        # Me echoes what an authorizer says, who says nothing secret; Migrate has connections of its own.
        if case.function not in ("Me", "Migrate"):
            yield case.function, json.loads(text)


def _http_events(secret: str, is_session_id: bool) -> Sent:
    for function, method in METHODS.items():
        for where, parts in _parts(secret).items():
            if is_session_id or where != _KEPT:
                yield function, http_event(method) | parts
    for headers in _headers(secret):
        event = next(case.event for case in CASES if case.file == "authorizer.http-api-v2.json")
        yield "Authorizer", event | {"cookies": [], "headers": headers}
        yield "Authorizer", {**event, "version": "1.0", "methodArn": event["routeArn"], "headers": headers}


def _odd_events(secret: str) -> Sent:
    """Events of no known shape, which are exceptions of the authorizer's; and the other functions'."""
    for function in ("Authorizer", "Sweeper", *METHODS):
        for event in (secret, [secret], {secret: secret}, {"type": secret}, {"requestContext": {"http": secret}}):
            yield function, event
    arn = f"arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/{secret}"
    yield "Authorizer", {"type": "TOKEN", "authorizationToken": f"Bearer {secret}", "methodArn": arn}
    yield "Authorizer", {"type": "TOKEN", "authorizationToken": secret, "methodArn": secret}


def _parts(secret: str) -> dict[str, dict[str, Any]]:
    known = {"email": "ann@example.com", "password": secret}
    bodies = [secret, f'{{"{secret}', {secret: secret}, {"email": secret, "password": secret}, known]
    bodies += [known | {"transport": secret}, {"email": f"{secret}@example.com", "password": secret}]
    own = http_event()["requestContext"]
    return {
        **{f"header {number}": {"headers": headers} for number, headers in enumerate(_headers(secret))},
        **{f"body {number}": {"headers": _JSON, "body": _text(body)} for number, body in enumerate(bodies)},
        "a body in base64": {"body": base64.b64encode(secret.encode()).decode(), "isBase64Encoded": True},
        "a form": {"body": f"password={secret}", "headers": {"content-type": secret}},
        "cookies": {"cookies": [f"__Host-sessionId={secret}", f"theme={secret}"]},
        "cookies that differ": {"cookies": [f"__Host-sessionId={secret}", "__Host-sessionId=x"]},
        "cookies with a line break": {"cookies": [f"__Host-sessionId={secret}\r\n"]},
        "the query": {"rawQueryString": f"id={secret}", "queryStringParameters": {"id": secret, secret: ""}},
        "the path": {"rawPath": f"/{secret}", "requestContext": own | {"http": own["http"] | {"path": f"/{secret}"}}},
        "the address": {"requestContext": own | {"http": own["http"] | {"sourceIp": secret}}},
        "the method": {"requestContext": own | {"http": own["http"] | {"method": secret}}},
        _KEPT: {
            "headers": {**_JSON, "user-agent": f"sessionId={secret}; x"},
            "body": _text({"email": "ann@example.com", "password": WRONG}),
        },
    }


def _headers(secret: str) -> list[dict[str, str]]:
    return [
        *({"authorization": f"{scheme}{secret}"} for scheme in ("Bearer ", "bearer  ", "Basic ", "")),
        {"Authorization": f"Bearer {secret}", "AUTHORIZATION": f"Bearer {secret}"},
        {"authorization": f"Bearer {secret}\r\nx: y"},
        {"cookie": f"theme=dark; __Host-sessionId={secret}"},
        {secret: secret},
        {secret: "a\r\nb"},
        {"x-anything": f"{secret}\n"},
        {"origin": f"https://{secret}.example", "host": secret, "sec-fetch-site": secret},
    ]


def _text(body: object) -> str:
    return body if isinstance(body, str) else json.dumps(body)

"""GET /me: an example of a backend behind the authorizer."""

import json
from typing import Any

import pytest

from session_management.managers.mock import DEMO_SESSION_ID
from tests.events import EVENTS
from tests.functions.service import Service, Stores, body_of
from tests.support.http_events import http_event

CALLER = {
    "user_id": "0b7e6a52-5f0c-4f7e-9a53-3c1f2d4b5a69",
    "email": "ann@example.com",
    "role": "USER",
    "session_handle": "f" * 64,
    "expires_at": "2026-02-01T00:00:00.000Z",
}


def behind(authorizer: object) -> dict[str, Any]:
    """Return a request that such an authorizer let through."""
    event = http_event()
    event["requestContext"]["authorizer"] = authorizer
    return event


def test_a_backend_receives_what_the_authorizer_told(service: Service) -> None:
    answer = service.invoke("Me", behind({"lambda": CALLER}))

    assert (answer["statusCode"], body_of(answer)) == (200, CALLER)
    assert answer["headers"]["Cache-Control"] == "no-store"


def test_what_the_real_authorizer_tells_is_what_comes_back(service: Service) -> None:
    question = json.loads((EVENTS / "authorizer.http-api-v2.json").read_text())
    context = service.invoke("Authorizer", question)["context"]

    assert body_of(service.invoke("Me", behind({"lambda": context}))) == context
    assert DEMO_SESSION_ID not in json.dumps(context)


def test_a_rest_api_hands_it_on_beside_its_own_fields(service: Service) -> None:
    answer = service.invoke("Me", behind({**CALLER, "principalId": CALLER["user_id"], "integrationLatency": 5}))

    assert body_of(answer)["email"] == "ann@example.com"


@pytest.mark.parametrize(
    "event",
    [
        http_event(),
        {},
        {"requestContext": None},
        {"requestContext": []},
        behind(None),
        behind({}),
        behind([]),
        behind("text"),
        behind({"lambda": None}),
        behind({"lambda": {}}),
        behind({"lambda": "text"}),
        behind({"lambda": {"user_id": ""}}),
        [],
        None,
    ],
    ids=repr,
)
def test_where_no_authorizer_stood_before_it_is_401(service: Service, event: Any) -> None:
    assert service.invoke("Me", event)["statusCode"] == 401


def test_it_asks_no_store(service: Service, stores: Stores) -> None:
    service.invoke("Me", behind({"lambda": CALLER}))

    assert stores.calls == []

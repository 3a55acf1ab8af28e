"""CLIENT_CHANGE_POLICY: who presents a session, against what its login recorded, at every door that asks."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.models import SessionMetadata
from session_management.tokens import handle_of
from tests.functions.service import POSTGRES, REDIS, Service, Stores, told
from tests.functions.test_authorizer import SHAPES, UNKNOWN_ID, question
from tests.support.http_events import http_event
from tests.support.log import Log
from tests.unit.test_devices import CHROME, FIREFOX

HOME, ELSEWHERE, PHONE = "192.0.2.7", "198.51.100.7", "2001:db8::7"
CHANGED = "presented by another client"
LOGIN = SessionMetadata(HOME, CHROME.format(131))


@dataclass(frozen=True)
class Client:
    """Somebody who presents a session, and what of them is not as it was at the login."""

    ip: str | None
    agent: str | None
    changes: list[str] = field(default_factory=list)


CLIENTS = {
    "the same": Client(HOME, CHROME.format(131)),
    "another address of the network": Client("192.0.2.200", CHROME.format(131)),
    "an updated browser": Client(HOME, CHROME.format(140)),
    "another network": Client(ELSEWHERE, CHROME.format(131), ["ip"]),
    "another protocol": Client(PHONE, CHROME.format(131), ["ip"]),
    "another browser": Client(HOME, FIREFOX, ["device"]),
    "another browser elsewhere": Client(ELSEWHERE, FIREFOX, ["ip", "device"]),
    "one that tells nothing": Client(None, None),
}
SELF, OTHER = CLIENTS["the same"], CLIENTS["another browser elsewhere"]


@pytest.fixture(params=["off", "log", "deny"])
def policy(request: pytest.FixtureRequest, service: Service) -> str:
    """Each policy in turn."""
    service.configure(CLIENT_CHANGE_POLICY=request.param)
    return str(request.param)


def opened(service: Service, metadata: SessionMetadata = LOGIN) -> str:
    """Open a session of the demo user's from somewhere, and return its ID."""
    user = service.manager.find_by_email("demo@example.com")
    assert user
    return service.manager.create_session(user.id, metadata, 3600)


def request_of(session_id: str, client: Client) -> dict[str, Any]:
    """Return a request to validate from somewhere."""
    event = http_event(headers={"authorization": f"Bearer {session_id}"})
    del event["headers"]["user-agent"], event["requestContext"]["http"]["sourceIp"]
    if client.agent:
        event["headers"]["user-agent"] = client.agent
    if client.ip:
        event["requestContext"]["http"]["sourceIp"] = client.ip
    return event


def question_of(shape: str, session_id: str, client: Client) -> Any:
    """Return an authorizer's event of this shape from somewhere."""
    event = question(shape, f"Bearer {session_id}", [])
    if shape == "rest-token":
        return event
    name = "user-agent" if shape == "http-api-v2" else "User-Agent"
    event["headers"] |= {name: client.agent} if client.agent else {}
    if "multiValueHeaders" in event:
        event["multiValueHeaders"] |= {name: [client.agent]} if client.agent else {}
    place = event["requestContext"]["http" if shape == "http-api-v2" else "identity"]
    place["sourceIp"] = client.ip
    return event


def check_told(log: Log, session_id: str, changes: list[str], policy: str) -> None:
    """Check that a change is one line, and that nothing else is told."""
    lines = log.saying(CHANGED)
    expected = [changes] if changes and policy != "off" else []
    assert [line["changed"] for line in lines] == expected
    for line in lines:
        assert line["is_refused"] is (policy == "deny")
        assert line["session_handle"] == handle_of(session_id)
    assert not any(text in log.text for text in (HOME, ELSEWHERE, PHONE, "192.0.2.200", "Mozilla", session_id))


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_validate_answers_another_client_as_the_policy_says(
    service: Service, log: Log, policy: str, client: Client
) -> None:
    session_id = opened(service)

    answer = service.invoke("Validate", request_of(session_id, client))

    is_refused = bool(client.changes) and policy == "deny"
    assert told(answer) == ((401, "unauthenticated") if is_refused else (200, None))
    check_told(log, session_id, client.changes, policy)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_the_authorizer_answers_another_client_as_the_policy_says(
    service: Service, log: Log, policy: str, shape: str, client: Client
) -> None:
    """A TOKEN event says nothing of the client, so there is nothing to compare."""
    session_id = opened(service)
    changes = [] if shape == "rest-token" else client.changes

    answer = service.answer("Authorizer", question_of(shape, session_id, client))

    if not (changes and policy == "deny"):
        assert answer["context"]["session_handle"] == handle_of(session_id)
    elif shape == "http-api-v2":
        assert answer == {"isAuthorized": False}
    else:
        assert answer["policyDocument"]["Statement"][0]["Effect"] == "Deny"
        assert answer["context"] == {"denied": "client_change"}
    check_told(log, session_id, changes, policy)


@pytest.mark.parametrize("recorded", [SessionMetadata(), SessionMetadata(HOME), SessionMetadata(None, FIREFOX)])
def test_what_a_login_did_not_record_is_no_change(service: Service, log: Log, recorded: SessionMetadata) -> None:
    service.configure(CLIENT_CHANGE_POLICY="deny")
    session_id = opened(service, recorded)

    assert service.invoke("Validate", request_of(session_id, Client(HOME, FIREFOX)))["statusCode"] == 200
    assert log.saying(CHANGED) == []


def test_a_refused_client_learns_no_more_than_one_with_an_unknown_session(service: Service) -> None:
    """Whoever stole a session ID is not told that it is live."""
    service.configure(CLIENT_CHANGE_POLICY="deny")

    refused = service.invoke("Validate", request_of(opened(service), OTHER))

    assert refused == service.invoke("Validate", request_of(UNKNOWN_ID, OTHER))


def test_a_refused_client_ends_nothing_for_the_one_that_logged_in(service: Service) -> None:
    service.configure(CLIENT_CHANGE_POLICY="deny")
    session_id = opened(service)
    service.invoke("Validate", request_of(session_id, OTHER))

    assert service.invoke("Validate", request_of(session_id, SELF))["statusCode"] == 200


@pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS)
def test_a_password_is_changed_from_another_client_as_the_policy_says(
    service: Service, log: Log, policy: str, client: Client
) -> None:
    """Nor is it said, where that is denied, whether the current password was right."""
    session_id = opened(service)
    event = request_of(session_id, client)
    event["requestContext"]["http"]["method"] = "POST"
    event["headers"]["content-type"] = "application/json"
    event["body"] = json.dumps({"current_password": DEMO_PASSWORD, "new_password": "nine umbrellas under one moon"})

    answer = service.invoke("Password", event)

    is_refused = bool(client.changes) and policy == "deny"
    assert told(answer) == ((401, "unauthenticated") if is_refused else (200, None))
    check_told(log, session_id, client.changes, policy)
    assert (service.manager.find_session(session_id) is not None) == is_refused


def test_a_session_can_be_ended_from_anywhere(service: Service) -> None:
    """Whoever may have stolen it: ending it harms nobody more than keeping it."""
    service.configure(CLIENT_CHANGE_POLICY="deny")
    session_id = opened(service)

    event = request_of(session_id, OTHER)
    event["requestContext"]["http"]["method"] = "POST"
    assert service.invoke("Logout", event)["statusCode"] == 204
    assert service.manager.find_session(session_id) is None


def test_a_changed_client_is_told_before_what_else_the_policy_asks_for(service: Service) -> None:
    service.configure(CLIENT_CHANGE_POLICY="deny", REQUIRED_ROLE="ADMIN")
    event = question_of("rest-request", opened(service), OTHER)

    assert service.answer("Authorizer", event)["context"] == {"denied": "client_change"}


@pytest.mark.usefixtures("policy")
def test_comparing_clients_asks_no_store(service: Service, stores: Stores) -> None:
    event = http_event(cookies=[f"__Host-sessionId={DEMO_SESSION_ID}"])
    service.invoke("Validate", event)
    stores.calls.clear()

    service.invoke("Validate", event)

    assert stores.calls == [f"{REDIS}: get"]


def test_an_outage_is_never_a_changed_client(service: Service, stores: Stores, log: Log) -> None:
    """P6."""
    service.configure(CLIENT_CHANGE_POLICY="deny")
    session_id = opened(service)
    stores.down = {POSTGRES, REDIS}

    assert told(service.invoke("Validate", request_of(session_id, OTHER))) == (503, "unavailable")
    assert log.saying(CHANGED) == []

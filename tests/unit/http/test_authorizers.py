"""API Gateway's questions in each of their shapes, and the answers in their form."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from session_management.access import Denial
from session_management.http.authorizers import (
    AuthorizerRequest,
    UnauthorizedError,
    UnknownEventError,
    allow_policy,
    context_of,
    deny_policy,
    read_authorizer_event,
)
from session_management.http.clients import client_of
from session_management.http.session_ids import presented_session_id
from session_management.iso8601 import instant
from session_management.managers.mock import DEMO_SESSION_ID
from session_management.models import SessionMetadata, SessionWithUser
from session_management.settings import Settings
from tests.events import EVENTS

SETTINGS = Settings.from_environment({})
ARN = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/me"
COOKIE = f"__Host-sessionId={DEMO_SESSION_ID}"
BEARER = f"Bearer {DEMO_SESSION_ID}"

SHAPES = {
    "http-api-v2": True,
    "http-api-v2.bearer": True,
    "http-api-v1": False,
    "rest-request": False,
    "rest-token": False,
    "websocket": False,
}


def event_of(name: str) -> Any:
    """Return the event of one shape, from its file."""
    return json.loads((EVENTS / f"authorizer.{name}.json").read_text())


def rest(**parts: Any) -> dict[str, Any]:
    """Return a REST API's REQUEST event."""
    return {"type": "REQUEST", "methodArn": ARN, **parts}


def presented(request: AuthorizerRequest) -> str | None:
    """Return the session ID that is asked about."""
    return presented_session_id(request, SETTINGS)


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_is_told_apart_by_the_event_alone(name: str) -> None:
    request = read_authorizer_event(event_of(name))

    assert presented(request) == DEMO_SESSION_ID
    assert request.may_be_simple is SHAPES[name]
    assert request.arn.startswith("arn:aws:execute-api:")


@pytest.mark.parametrize("name", ["Cookie", "cookie", "COOKIE"])
@pytest.mark.parametrize("place", ["headers", "multiValueHeaders"])
def test_a_cookie_is_found_in_any_case_and_in_either_map(name: str, place: str) -> None:
    event = rest(**{place: {name: [COOKIE] if place == "multiValueHeaders" else COOKIE}})

    assert presented(read_authorizer_event(event)) == DEMO_SESSION_ID


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
@pytest.mark.parametrize("place", ["headers", "multiValueHeaders"])
def test_a_bearer_token_is_found_in_any_case_and_in_either_map(name: str, place: str) -> None:
    event = rest(**{place: {name: [BEARER] if place == "multiValueHeaders" else BEARER}})

    assert presented(read_authorizer_event(event)) == DEMO_SESSION_ID


def test_a_cookie_header_that_comes_twice_is_read_whole() -> None:
    """`headers` holds only the last of them."""
    event = rest(headers={"Cookie": "lang=de"}, multiValueHeaders={"Cookie": [COOKIE, "lang=de"]})

    assert presented(read_authorizer_event(event)) == DEMO_SESSION_ID


def test_two_authorizations_are_not_one() -> None:
    event = rest(multiValueHeaders={"Authorization": [BEARER, BEARER]})

    assert read_authorizer_event(event).headers["authorization"] == f"{BEARER}, {BEARER}"


def test_an_empty_list_of_values_hides_nothing() -> None:
    event = rest(headers={"Cookie": COOKIE}, multiValueHeaders={"Cookie": []})

    assert presented(read_authorizer_event(event)) == DEMO_SESSION_ID


@pytest.mark.parametrize("empty", [None, {}])
def test_an_event_without_headers_presents_nothing(empty: object) -> None:
    assert presented(read_authorizer_event(rest(headers=empty, multiValueHeaders=empty))) is None
    assert presented(read_authorizer_event({**event_of("http-api-v2"), "headers": empty, "cookies": None})) is None


def test_a_token_event_holds_the_whole_header() -> None:
    event = {"type": "TOKEN", "authorizationToken": BEARER, "methodArn": ARN}

    assert presented(read_authorizer_event(event)) == DEMO_SESSION_ID


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": "REQUEST"},
        {"type": "TOKEN", "methodArn": ARN},
        {"type": "TOKEN", "authorizationToken": BEARER},
        {"type": "request", "methodArn": ARN},
        {"type": None, "methodArn": ARN},
        {"version": "2.0", "routeArn": ARN, "headers": {}},
        {"version": "2.0", "type": "REQUEST", "methodArn": ARN},
        {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "headers": "cookie"},
        {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "cookies": 5},
        {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "cookies": {COOKIE: None}},
        {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "cookies": [COOKIE, None]},
        {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "cookies": COOKIE},
        {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "cookies": ""},
        {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "headers": []},
        {"version": "2.0", "type": "REQUEST", "routeArn": 5},
        {"type": "REQUEST", "methodArn": ["arn"]},
        {"type": "REQUEST", "methodArn": ""},
        {"type": "REQUEST", "methodArn": "*"},
        {"type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5"},
        {"type": "REQUEST", "methodArn": "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod"},
        {"type": "REQUEST", "methodArn": "arn:aws:lambda:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/me"},
        {"type": "REQUEST", "methodArn": "arn:aws:execute-api:eu/central-1:123456789012:a1b2c3d4e5/prod/GET/me"},
        {"type": "REQUEST", "methodArn": ARN, "multiValueHeaders": {"Cookie": 5}},
        {"type": "REQUEST", "methodArn": ARN, "multiValueHeaders": {"Cookie": {COOKIE: None}}},
        {"type": "REQUEST", "methodArn": ARN, "multiValueHeaders": {"Authorization": BEARER}},
        {"type": "REQUEST", "methodArn": ARN, "multiValueHeaders": [["Cookie", [COOKIE]]]},
        {"type": "REQUEST", "methodArn": ARN, "multiValueHeaders": 0},
        {"Records": []},
        [],
        None,
        "event",
        5,
    ],
    ids=repr,
)
def test_an_event_of_no_known_shape_is_an_error(event: Any) -> None:
    with pytest.raises(UnknownEventError):
        read_authorizer_event(event)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "headers",
                "multiValueHeaders",
                "cookies",
                "routeArn",
                "methodArn",
                "type",
                "version",
                "authorizationToken",
            ]
        ),
        json_values | st.just(ARN) | st.sampled_from(["REQUEST", "TOKEN", "2.0"]),
    )
)
def test_whatever_an_event_holds_it_is_a_question_or_of_unknown_shape(event: dict[str, Any]) -> None:
    try:
        request = read_authorizer_event(event)
    except UnknownEventError:
        return
    assert request.arn == ARN
    assert all(isinstance(value, str) for value in [*request.headers.values(), *request.cookies])


# --- Who asks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "rest-token"])
def test_an_event_tells_where_the_request_came_from(name: str) -> None:
    event = event_of(name)
    context = event["requestContext"].get("http") or event["requestContext"]["identity"]

    metadata = client_of(read_authorizer_event(event), SETTINGS)

    assert metadata == SessionMetadata(context["sourceIp"], context["userAgent"])
    assert metadata.ip
    assert metadata.user_agent


def test_a_token_event_tells_nothing_of_the_client() -> None:
    assert client_of(read_authorizer_event(event_of("rest-token")), SETTINGS) == SessionMetadata()


@pytest.mark.parametrize(
    "context", [None, [], "http", {}, {"http": None}, {"http": {"sourceIp": 5}}, {"identity": {"sourceIp": ["x"]}}]
)
def test_a_client_that_cannot_be_told_is_none(context: object) -> None:
    assert client_of(read_authorizer_event(rest(requestContext=context)), SETTINGS) == SessionMetadata()


# --- Answers ------------------------------------------------------------------------------------


def test_the_backend_is_told_flat_strings(found: SessionWithUser) -> None:
    context = context_of(found)

    assert context == {
        "user_id": found.user.id,
        "email": "Ann@example.com",
        "role": "ADMIN",
        "session_handle": found.session.handle,
        "expires_at": found.session.expires_at.strftime("%Y-%m-%dT%H:%M:%S.")
        + f"{found.session.expires_at:%f}"[:3]
        + "Z",
        "authenticated_at": instant(found.session.authenticated_at),
    }
    assert {type(value) for value in context.values()} == {str}


def test_the_backend_is_not_told_the_session_id(found: SessionWithUser) -> None:
    """P5."""
    assert "a" * 43 not in json.dumps(context_of(found))


@pytest.mark.parametrize(
    ("arn", "resource"),
    [
        (ARN, "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*"),
        (
            "arn:aws-cn:execute-api:cn-north-1:123456789012:a1b2c3d4e5/prod/POST/a/b/c",
            "arn:aws-cn:execute-api:cn-north-1:123456789012:a1b2c3d4e5/prod/*",
        ),
        (
            "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:a1b2c3d4e5/v1/GET/",
            "arn:aws-us-gov:execute-api:us-gov-west-1:123456789012:a1b2c3d4e5/v1/*",
        ),
        (
            "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/$default/GET/me",
            "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/$default/*",
        ),
        (
            "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/$connect",
            "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*",
        ),
        (
            "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/arn:aws:x/y",
            "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/*",
        ),
    ],
)
def test_a_policy_allows_the_whole_stage_in_the_same_partition(found: SessionWithUser, arn: str, resource: str) -> None:
    """API Gateway may reuse it for other routes of the stage, and for nothing beyond."""
    policy = allow_policy(arn, found)

    assert policy["principalId"] == found.user.id
    assert policy["policyDocument"] == {
        "Version": "2012-10-17",
        "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": resource}],
    }
    assert policy["context"] == context_of(found)


@pytest.mark.parametrize("denial", Denial)
def test_a_deny_covers_what_an_allow_does_and_says_why_in_one_word(found: SessionWithUser, denial: Denial) -> None:
    allowed, denied = allow_policy(ARN, found), deny_policy(ARN, found, denial)

    (yes,), (no,) = allowed["policyDocument"]["Statement"], denied["policyDocument"]["Statement"]
    assert no == yes | {"Effect": "Deny"}
    assert denied["principalId"] == allowed["principalId"]
    assert denied["context"] == {"denied": denial.value}
    assert type(denied["context"]["denied"]) is str


def test_a_refusal_says_exactly_the_word_that_api_gateway_looks_for() -> None:
    assert str(UnauthorizedError()) == "Unauthorized"

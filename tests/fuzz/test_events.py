"""P7: whatever comes, a function answers as it says it does, and asks no store for what is no session ID."""

from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings

from session_management.managers.mock import DEMO_SESSION_ID
from tests.functions.service import FOLDERS, Service, Stores
from tests.fuzz.events import ARN, anything, presenting
from tests.fuzz.properties import check
from tests.fuzz.values import nested
from tests.support.http_events import http_event

EXAMPLES = 400
PLAIN_EXAMPLES = 80
COOKIE = f"__Host-sessionId={DEMO_SESSION_ID}"
STRICT = {"REQUIRED_ROLE": "USER", "REQUIRE_VERIFIED": "true", "CLIENT_CHANGE_POLICY": "deny"}
QUESTION = {"version": "2.0", "type": "REQUEST", "routeArn": ARN, "methodArn": ARN}


@pytest.fixture
def plain_service(service: Service) -> Service:
    """The functions beside the original application."""
    service.configure(SESSION_ID_AT_REST="plain")
    return service


@pytest.mark.usefixtures("cheap_passwords")
@pytest.mark.parametrize("function", FOLDERS)
@settings(
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(event=anything)
@example(event=http_event() | {"headers": {"a": [[[]]] * 10}})
@example(event=http_event("POST", headers={"content-type": "application/json"}, body=nested(8_000)))
@example(event=http_event(headers={"content-type": "application/json"}) | {"cookies": {COOKIE: None}})
@example(event=QUESTION | {"cookies": {COOKIE: None}})
@example(event=QUESTION | {"version": "1.0", "multiValueHeaders": {"Cookie": {COOKIE: None}}})
@example(event=None)
@example(event={"dry_run": "yes"})
def test_whatever_comes_is_answered_as_documented(service: Service, stores: Stores, function: str, event: Any) -> None:
    stores.calls.clear()
    answer = service.answer(function, event)

    check(function, event, answer, stores.calls)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(presenting())
def test_whatever_is_presented_is_answered_as_documented(
    service: Service, stores: Stores, drawn: tuple[str, Any]
) -> None:
    function, event = drawn
    stores.calls.clear()
    answer = service.answer(function, event)

    check(function, event, answer, stores.calls)


@pytest.mark.usefixtures("cheap_passwords")
@pytest.mark.parametrize("function", ["Login", "Validate", "Logout", "Authorizer", "Sessions"])
@settings(
    max_examples=PLAIN_EXAMPLES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(event=anything)
def test_so_it_is_where_session_ids_are_kept_in_plain_form(
    plain_service: Service, stores: Stores, function: str, event: Any
) -> None:
    """There an ID may be of any length that the original's have."""
    stores.calls.clear()
    answer = plain_service.answer(function, event)

    check(function, event, answer, stores.calls, at_rest="plain")


@settings(max_examples=PLAIN_EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(presenting())
def test_so_is_what_is_presented_where_session_ids_are_kept_in_plain_form(
    plain_service: Service, stores: Stores, drawn: tuple[str, Any]
) -> None:
    function, event = drawn
    stores.calls.clear()
    answer = plain_service.answer(function, event)

    check(function, event, answer, stores.calls, at_rest="plain")


@pytest.fixture
def strict(service: Service) -> Service:
    """The functions under a policy that a session may meet or not; the demo session's user agent is nobody's."""
    service.configure(**STRICT)
    return service


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(presenting())
def test_whoever_presents_what_is_answered_as_documented_under_a_policy(
    strict: Service, stores: Stores, drawn: tuple[str, Any]
) -> None:
    function, event = drawn
    stores.calls.clear()
    answer = strict.answer(function, event)

    check(function, event, answer, stores.calls)

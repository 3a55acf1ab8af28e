"""The authorizer: every shape of API Gateway's question, with every answer there is."""

import json
from typing import Any

import pytest

from session_management.errors import ConfigurationError
from session_management.managers.mock import DEMO_SESSION_ID
from session_management.tokens import handle_of
from tests.events import EVENTS
from tests.functions.service import POSTGRES, REDIS, Service, Stores
from tests.support.log import Log

COOKIE_NAME = "__Host-sessionId"
UNKNOWN_ID = "x" * 43
POLICY_SHAPES = ("http-api-v1", "rest-request", "rest-token", "websocket")
SHAPES = ("http-api-v2", *POLICY_SHAPES)

# What a client presents: its Authorization header, and its cookies.
PRESENTED: dict[str, tuple[str | None, list[str]]] = {
    "nothing": (None, []),
    "an unknown session": (f"Bearer {UNKNOWN_ID}", []),
    "a malformed one": ("Bearer x", []),
    "another scheme": ("Basic YTpi", []),
    "no scheme": (DEMO_SESSION_ID, []),
    "a malformed cookie": (None, [f"{COOKIE_NAME}=x"]),
    "two that differ": (f"Bearer {DEMO_SESSION_ID}", [f"{COOKIE_NAME}={UNKNOWN_ID}"]),
    "two cookies that differ": (None, [f"{COOKIE_NAME}={DEMO_SESSION_ID}", f"{COOKIE_NAME}={UNKNOWN_ID}"]),
    "a line break": (f"Bearer {DEMO_SESSION_ID}\r\n", []),
}
LIVE = (f"Bearer {DEMO_SESSION_ID}", list[str]())


def question(shape: str, authorization: str | None, cookies: list[str]) -> Any:
    """Return an event of this shape that presents these."""
    event = json.loads((EVENTS / f"authorizer.{shape}.json").read_text())
    headers = {"Authorization": authorization} if authorization is not None else {}
    if shape == "http-api-v2":
        return {**event, "headers": {name.lower(): value for name, value in headers.items()}, "cookies": cookies}
    if shape == "rest-token":
        return {**event, "authorizationToken": authorization or ""}
    if cookies:
        headers["Cookie"] = "; ".join(cookies)
    repeated = {name: [value] for name, value in headers.items()}
    return {**event, "headers": headers} | ({"multiValueHeaders": repeated} if "multiValueHeaders" in event else {})


def cases() -> list[Any]:
    """Return each shape with each thing that is no live session; a TOKEN event has no cookies."""
    return [
        pytest.param(shape, *presented, id=f"{shape}: {name}")
        for shape in SHAPES
        for name, presented in PRESENTED.items()
        if not (shape == "rest-token" and presented[1])
    ]


def check_context(context: dict[str, str]) -> None:
    """Check what the backend is told."""
    assert context["email"] == "demo@example.com"
    assert context["role"] == "USER"
    assert context["session_handle"] == handle_of(DEMO_SESSION_ID)
    assert set(context) == {"user_id", "email", "role", "session_handle", "expires_at", "authenticated_at"}
    assert all(type(value) is str for value in context.values())


@pytest.mark.parametrize("presented", [LIVE, (None, [f"{COOKIE_NAME}={DEMO_SESSION_ID}"])], ids=["bearer", "cookie"])
def test_the_simple_form_allows_a_live_session(service: Service, presented: tuple[str | None, list[str]]) -> None:
    answer = service.invoke("Authorizer", question("http-api-v2", *presented))

    assert answer.keys() == {"isAuthorized", "context"}
    assert answer["isAuthorized"] is True
    check_context(answer["context"])


@pytest.mark.parametrize("shape", POLICY_SHAPES)
def test_the_policy_shapes_allow_a_live_session_on_the_whole_stage(service: Service, shape: str) -> None:
    event = question(shape, *LIVE)

    answer = service.invoke("Authorizer", event)

    (statement,) = answer["policyDocument"]["Statement"]
    arn = event["methodArn"]
    assert (statement["Effect"], statement["Action"]) == ("Allow", "execute-api:Invoke")
    assert statement["Resource"] == "/".join(arn.split("/")[:2]) + "/*"
    assert answer["principalId"] == answer["context"]["user_id"]
    check_context(answer["context"])


def test_an_http_api_may_ask_for_policies(service: Service) -> None:
    service.configure(AUTHORIZER_RESPONSE="policy")
    event = question("http-api-v2", *LIVE)

    answer = service.invoke("Authorizer", event)

    assert answer["policyDocument"]["Statement"][0]["Resource"] == "/".join(event["routeArn"].split("/")[:2]) + "/*"
    assert service.answer("Authorizer", question("http-api-v2", None, [])) == {
        "errorType": "UnauthorizedError",
        "errorMessage": "Unauthorized",
    }


@pytest.mark.parametrize(("shape", "authorization", "cookies"), cases())
def test_without_a_live_session_each_shape_denies_in_its_own_way(
    service: Service, shape: str, authorization: str | None, cookies: list[str]
) -> None:
    answer = service.answer("Authorizer", question(shape, authorization, cookies))

    if shape == "http-api-v2":
        assert answer == {"isAuthorized": False}
    else:
        assert answer["errorMessage"] == "Unauthorized"


@pytest.mark.parametrize(
    ("shape", "authorization", "cookies"), [case for case in cases() if "unknown" not in (case.id or "")]
)
def test_what_is_no_session_id_costs_no_store_call(
    service: Service, stores: Stores, shape: str, authorization: str | None, cookies: list[str]
) -> None:
    """P7."""
    service.answer("Authorizer", question(shape, authorization, cookies))

    assert stores.calls == []


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("down", [{POSTGRES}, {POSTGRES, REDIS}], ids=["postgresql", "both"])
def test_an_outage_is_another_exception_which_denies_and_is_not_cached(
    service: Service, stores: Stores, shape: str, down: set[str]
) -> None:
    """P6: API Gateway makes 500 of it, and 401 only of `Unauthorized`. ASVS 16.5.3."""
    stores.down = down

    answer = service.answer("Authorizer", question(shape, *LIVE))

    assert answer["errorType"] == "StoreUnavailableError"
    assert "Unauthorized" not in answer["errorMessage"]


@pytest.mark.parametrize("shape", SHAPES)
def test_with_redis_down_a_live_session_is_allowed(service: Service, stores: Stores, shape: str) -> None:
    stores.down = {REDIS}

    assert "context" in service.answer("Authorizer", question(shape, *LIVE))


@pytest.mark.parametrize("shape", SHAPES)
def test_settings_that_cannot_work_deny_and_are_told_in_one_line(service: Service, log: Log, shape: str) -> None:
    with pytest.raises(ConfigurationError):
        service.configure(APP_ENV="production")

    answer = service.answer("Authorizer", question(shape, *LIVE))

    assert answer["errorType"] == "ConfigurationError"
    assert [line["level"] for line in log.saying("settings cannot work")] == ["ERROR"]
    assert "Traceback" not in log.text


@pytest.mark.parametrize(
    "event",
    [{}, {"type": "REQUEST"}, {"type": "TOKEN"}, {"version": "2.0"}, {"Records": [{}]}, [], None, "x"],
    ids=repr,
)
def test_an_event_of_no_known_shape_denies_before_any_store_is_asked(
    service: Service, stores: Stores, event: Any
) -> None:
    answer = service.answer("Authorizer", event)

    assert answer["errorType"] == "UnknownEventError"
    assert answer["errorMessage"] != "Unauthorized"
    assert stores.calls == []


def test_after_a_logout_the_authorizer_denies(service: Service) -> None:
    """P2. ASVS 7.4.1."""
    service.invoke("Authorizer", question("http-api-v2", *LIVE))
    service.manager.delete_session(DEMO_SESSION_ID)

    assert service.invoke("Authorizer", question("http-api-v2", *LIVE)) == {"isAuthorized": False}

"""Every door, where a secret is set that only the edge knows: whoever comes past it is refused, unseen."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.tokens import handle_of
from tests.functions.service import Service, Stores, body_of, told
from tests.functions.told import BEARER, HANDLE, JSON, NEW_PASSWORD, only
from tests.support.http_events import http_event
from tests.support.log import Log

NEW, OLD = "canary-of-the-new-secret-" + "n" * 32, "canary-of-the-old-secret-" + "o" * 32
APP = "https://app.example.com"
VIEWER, CONNECTED = "198.51.100.9", "192.0.2.7"
DEMO = {"email": "demo@example.com", "password": DEMO_PASSWORD, "transport": "bearer"}
ANN = {"email": "ann@example.com", "password": NEW_PASSWORD}
PASSWORDS = {"current_password": DEMO_PASSWORD, "new_password": NEW_PASSWORD}

CALLS: Mapping[str, tuple[str, Any, int]] = {
    "log in": ("Login", http_event("POST", headers=JSON, body=DEMO), 200),
    "register": ("Register", http_event("POST", headers=JSON, body=ANN), 200),
    "change the password": ("Password", http_event("POST", headers={**JSON, **BEARER}, body=PASSWORDS), 200),
    "log out": ("Logout", http_event("POST", headers=BEARER), 204),
    "validate": ("Validate", http_event(headers=BEARER), 200),
    "list": ("Sessions", http_event(rawPath="/sessions", headers=BEARER), 200),
    "end others": ("Sessions", http_event("DELETE", rawPath="/sessions", headers=BEARER), 200),
    "extend": ("Sessions", http_event("POST", rawPath="/sessions/extend", headers=BEARER), 200),
    "end one": ("Sessions", http_event("DELETE", rawPath=f"/sessions/{HANDLE}", headers=BEARER), 204),
}
DOORS = ("Login", "Register", "Password", "Logout", "Validate", "Sessions")
# What would be answered otherwise if it were looked at.
UNSEEN: Mapping[str, Any] = {
    "a preflight": http_event("OPTIONS", headers={"origin": APP, "access-control-request-method": "POST"}),
    "a foreign preflight": http_event("OPTIONS", headers={"origin": "https://evil.example"}),
    "a foreign page's": http_event("POST", headers={"origin": "https://evil.example"}),
    "another method": http_event("TRACE"),
    "another path": http_event(rawPath="/sessions/nowhere"),
    "too much": http_event("POST", headers=JSON, body="x" * 20_000),
    "what is no JSON": http_event("POST", headers=JSON, body="{"),
    "what is no base64": http_event("POST", headers=JSON, body="?", isBase64Encoded=True),
    "a line break": http_event(headers={"x-bad": "a\nb"}),
    "another event's": {"version": "1.0"},
    "none": None,
}
WRONG: Mapping[str, Mapping[str, str]] = {
    "none": {},
    "an empty one": {"x-origin-secret": ""},
    "another": {"x-origin-secret": "x" * 57},
    "nearly": {"x-origin-secret": NEW[:-1]},
    "twice": {"x-origin-secret": f"{NEW},{NEW}"},
    "in two spellings": {"x-origin-secret": NEW, "X-Origin-Secret": NEW},
    "elsewhere": {"authorization": f"Bearer {NEW}"},
    "no text": {"x-origin-secret": "\ud800"},
}

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def service(service: Service) -> Service:
    """The functions behind the edge, whose secret is being changed."""
    service.configure(ORIGIN_SECRET=NEW, ORIGIN_SECRET_PREVIOUS=OLD, REGISTRATION="open", ALLOWED_ORIGINS=APP)
    return service


def sent(event: Any, headers: Mapping[str, str]) -> Any:
    """Return the event as if it had been sent with these headers as well."""
    return {**event, "headers": {**event["headers"], **headers}}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("proof", WRONG.values(), ids=WRONG)
def test_whoever_comes_past_the_edge_is_refused_and_no_store_is_asked(
    service: Service, stores: Stores, name: str, proof: Mapping[str, str]
) -> None:
    function, event, _ = CALLS[name]

    assert told(service.invoke(function, sent(event, proof))) == (403, "direct_access")
    assert stores.calls == []


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("secret", [NEW, OLD], ids=["the new secret", "the one before"])
def test_what_comes_through_the_edge_is_answered(service: Service, name: str, secret: str) -> None:
    function, event, status = CALLS[name]

    assert service.invoke(function, sent(event, {"X-Origin-Secret": secret}))["statusCode"] == status


@pytest.mark.parametrize("name", CALLS)
def test_where_no_secret_is_set_everybody_is_answered(service: Service, name: str) -> None:
    service.configure(ORIGIN_SECRET="", ORIGIN_SECRET_PREVIOUS="")
    function, event, status = CALLS[name]

    assert service.invoke(function, event)["statusCode"] == status


@pytest.mark.parametrize("function", DOORS)
def test_the_secret_before_is_over_once_it_is_dropped(service: Service, function: str) -> None:
    service.configure(ORIGIN_SECRET=NEW, ORIGIN_SECRET_PREVIOUS="")

    answer = service.invoke(function, http_event("OPTIONS", headers={"x-origin-secret": OLD}))

    assert told(answer) == (403, "direct_access")


@pytest.mark.parametrize("function", DOORS)
@pytest.mark.parametrize("event", UNSEEN.values(), ids=UNSEEN)
def test_nothing_else_of_it_is_looked_at(service: Service, stores: Stores, function: str, event: Any) -> None:
    """Preflights neither: nobody who may not call is told who may."""
    answer = service.invoke(function, event)

    assert told(answer) == (403, "direct_access")
    assert answer["headers"].keys() & {"Allow", "Access-Control-Allow-Methods"} == set()
    assert answer.get("cookies", []) == []
    assert stores.calls == []


@pytest.mark.parametrize("function", DOORS)
def test_a_refusal_is_told_once_and_counted(
    service: Service, log: Log, capsys: pytest.CaptureFixture[str], function: str
) -> None:
    """ASVS 16.3.3."""
    service.invoke(function, http_event())

    only(log, event="direct_access_refused")
    (metric,) = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert metric["DirectAccessRefused"] == [1.0]


def test_no_secret_is_told_whoever_sends_it(
    service: Service, log: Log, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """P5, in logs, metrics and answers; also of who knows it, and where Powertools is asked to log events."""
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    proofs = [*WRONG.values(), {"x-origin-secret": NEW}, {"x-origin-secret": OLD}, {"x-origin-secret": f"{NEW}\n"}]
    answers = [
        service.answer(function, sent(event, proof)) for function, event, _ in CALLS.values() for proof in proofs
    ]
    answers.append(service.answer("Admin", {"command": "doctor"}))

    assert len(answers) == 100
    everything = log.text + "".join(capsys.readouterr()) + json.dumps(answers)
    assert "canary-of-the" not in everything


# --- Whose address counts -----------------------------------------------------------------------


def opened_from(service: Service, headers: Mapping[str, str]) -> str | None:
    """Log in with these headers; the address that the session was opened from."""
    function, event, _ = CALLS["log in"]
    session_id = body_of(service.invoke(function, sent(event, headers)))["session_id"]
    found = service.manager.find_session(session_id)
    assert found
    return found.session.ip


def test_a_session_is_opened_from_the_address_that_the_edge_saw(service: Service) -> None:
    """ASVS 4.1.3."""
    forwarded = {"x-forwarded-for": f"203.0.113.9, {CONNECTED}"}

    assert opened_from(service, {"x-origin-secret": NEW, "x-viewer-address": VIEWER, **forwarded}) == VIEWER
    assert opened_from(service, {"x-origin-secret": NEW, "x-viewer-address": "nowhere", **forwarded}) == CONNECTED


def test_without_an_edge_nobody_says_what_address_is_theirs(service: Service) -> None:
    """ASVS 4.1.3."""
    service.configure(ORIGIN_SECRET="", ORIGIN_SECRET_PREVIOUS="")

    assert opened_from(service, {"x-origin-secret": "", "x-viewer-address": VIEWER}) == CONNECTED


@pytest.mark.parametrize(("proof", "is_authorized"), [(NEW, True), (OLD, True), ("x" * 57, False)])
def test_an_authorizer_takes_all_and_believes_an_address_from_the_edge_alone(
    service: Service, proof: str, is_authorized: bool
) -> None:
    """It answers APIs of others, at which anybody says anything. ASVS 4.1.3."""
    service.configure(CLIENT_CHANGE_POLICY="deny")
    function, event, _ = CALLS["log in"]
    from_home = sent(event, {"x-origin-secret": NEW, "x-viewer-address": VIEWER})
    session_id = body_of(service.invoke(function, from_home))["session_id"]
    headers = {"authorization": f"Bearer {session_id}", "x-origin-secret": proof, "x-viewer-address": VIEWER}

    answer = service.invoke("Authorizer", question(headers))

    assert answer["isAuthorized"] is is_authorized


def test_an_authorizer_is_asked_past_the_edge(service: Service) -> None:
    answer = service.invoke("Authorizer", question({"authorization": f"Bearer {DEMO_SESSION_ID}"}))

    assert answer["context"]["session_handle"] == handle_of(DEMO_SESSION_ID)


def question(headers: Mapping[str, str]) -> dict[str, Any]:
    """Return an authorizer's event of an HTTP API."""
    arn = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/me"
    return {**sent(http_event(), headers), "type": "REQUEST", "routeArn": arn}

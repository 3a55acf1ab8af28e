"""The authorizer's policy: a live session is denied by it, in every shape, and never by an outage."""

from typing import Any

import pytest

from session_management import factory
from session_management.access import Denial
from session_management.managers.mock import DEMO_SESSION_ID
from session_management.models import SessionMetadata, User
from tests.functions.service import POSTGRES, REDIS, Service, Stores, body_of
from tests.functions.test_authorizer import COOKIE_NAME, LIVE, POLICY_SHAPES, SHAPES, UNKNOWN_ID, question
from tests.support.clock import ToldClock
from tests.support.http_events import http_event
from tests.support.log import Log

SOON = {"MAX_AUTH_AGE_SECONDS": "900"}
POLICIES = {
    Denial.ROLE: {"REQUIRED_ROLE": "ADMIN"},
    Denial.UNVERIFIED: {"REQUIRE_VERIFIED": "true"},
    Denial.AUTHENTICATION_AGE: SOON,
}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> ToldClock:
    """The clock of the manager and of the authorizer."""
    clock = ToldClock()
    monkeypatch.setattr(factory, "_CLOCK", clock)
    return clock


@pytest.fixture(params=POLICIES, ids=str)
def denial(request: pytest.FixtureRequest, told: ToldClock, service: Service) -> Denial:
    """An authorizer whose policy the demo user's session does not meet, and why."""
    why: Denial = request.param
    ask_for_more(service, told, why)
    return why


def ask_for_more(service: Service, told: ToldClock, why: Denial, **settings: str) -> None:
    """Start with a policy that the demo user's session does not meet."""
    service.configure(**POLICIES[why], **settings)
    if why is Denial.UNVERIFIED:
        service.manager.update(demo_user(service).id, {"is_verified": False})
    told.advance(900)


def demo_user(service: Service) -> User:
    """Return whose session it is."""
    user = service.manager.find_by_email("demo@example.com")
    assert user
    return user


def bearer_of(service: Service, email: str) -> str:
    """Open a session for a user, and return it as a bearer token."""
    user = service.manager.find_by_email(email)
    assert user
    return f"Bearer {service.manager.create_session(user.id, SessionMetadata(), 3600)}"


def test_the_simple_form_denies_a_live_session_without_another_word(service: Service, denial: Denial) -> None:
    assert service.answer("Authorizer", question("http-api-v2", *LIVE)) == {"isAuthorized": False}


@pytest.mark.parametrize("why", POLICIES)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_policy_denies_a_live_session_on_the_whole_stage_and_says_why(
    service: Service, told: ToldClock, shape: str, why: Denial
) -> None:
    """Not by the exception `Unauthorized`, which would say that nobody is logged in."""
    ask_for_more(service, told, why, AUTHORIZER_RESPONSE="policy")
    event = question(shape, *LIVE)

    answer = service.answer("Authorizer", event)

    (statement,) = answer["policyDocument"]["Statement"]
    arn = event.get("routeArn") or event["methodArn"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "execute-api:Invoke")
    assert statement["Resource"] == "/".join(arn.split("/")[:2]) + "/*"
    assert answer["principalId"] == demo_user(service).id
    assert answer["context"] == {"denied": why}


@pytest.mark.usefixtures("denial")
@pytest.mark.parametrize("shape", POLICY_SHAPES)
def test_who_has_no_live_session_is_unauthenticated_whatever_the_policy(service: Service, shape: str) -> None:
    for authorization in (None, "Bearer x", f"Bearer {UNKNOWN_ID}"):
        answer = service.answer("Authorizer", question(shape, authorization, []))

        assert answer["errorMessage"] == "Unauthorized"


@pytest.mark.usefixtures("denial")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("down", [{POSTGRES}, {POSTGRES, REDIS}], ids=["postgresql", "both"])
def test_an_outage_is_never_a_deny(service: Service, stores: Stores, shape: str, down: set[str]) -> None:
    """P6: API Gateway caches a deny, and no exception."""
    stores.down = down
    answer = service.answer("Authorizer", question(shape, *LIVE))

    assert answer["errorType"] == "StoreUnavailableError"


def test_a_denied_session_costs_no_more_store_calls_than_an_allowed_one(
    service: Service, stores: Stores, denial: Denial
) -> None:
    service.answer("Authorizer", question("rest-request", *LIVE))
    stores.calls.clear()

    assert service.answer("Authorizer", question("rest-request", *LIVE))["context"] == {"denied": denial}
    assert stores.calls == [f"{REDIS}: get"]


def test_a_deny_is_told_with_the_handle_and_without_the_email(service: Service, log: Log, denial: Denial) -> None:
    """ASVS 16.3.2."""
    service.answer("Authorizer", question("http-api-v2", *LIVE))

    (line,) = log.saying("a live session was denied")
    assert line["denied"] == denial
    assert len(line["session_handle"]) == 64
    assert not any(text in log.text for text in ("demo@example.com", DEMO_SESSION_ID))


def test_nothing_but_the_authorizer_goes_by_the_policy(service: Service, denial: Denial) -> None:
    """Whose session it is can be asked, and the session ended."""
    cookie = [f"{COOKIE_NAME}={DEMO_SESSION_ID}"]

    assert denial
    assert service.invoke("Validate", http_event(cookies=cookie))["statusCode"] == 200
    assert service.invoke("Logout", http_event("POST", cookies=cookie))["statusCode"] == 204


@pytest.mark.parametrize(("email", "passes"), [("demo@example.com", False), ("admin@example.com", True)])
def test_an_authorizer_for_administrators_lets_an_administrator_pass(
    service: Service, email: str, passes: bool
) -> None:
    service.configure(REQUIRED_ROLE="ADMIN")

    answer = service.answer("Authorizer", question("http-api-v2", bearer_of(service, email), []))

    assert answer["isAuthorized"] is passes
    assert answer.get("context", {}).get("role") == ("ADMIN" if passes else None)


@pytest.mark.parametrize("email", ["demo@example.com", "admin@example.com"])
def test_an_authorizer_for_users_lets_both_pass(service: Service, email: str) -> None:
    service.configure(REQUIRED_ROLE="USER")

    assert service.answer("Authorizer", question("http-api-v2", bearer_of(service, email), []))["isAuthorized"]


def test_a_changed_role_counts_at_the_next_request(service: Service) -> None:
    """P4."""
    service.configure(REQUIRED_ROLE="ADMIN")
    event: Any = question("http-api-v2", *LIVE)

    verdicts = []
    for role in ("USER", "ADMIN", "USER"):
        service.manager.update(demo_user(service).id, {"role": role})
        verdicts.append(service.answer("Authorizer", event)["isAuthorized"])

    assert verdicts == [False, True, False]


def test_a_session_passes_until_its_login_is_too_long_ago_whatever_is_done_with_it(
    service: Service, told: ToldClock
) -> None:
    """ASVS 7.5.3: activity and extensions make no login more recent; logging in again does."""
    service.configure(**SOON)
    event = question("rest-request", *LIVE)
    told.advance(899.999)
    service.manager.extend_session(DEMO_SESSION_ID, 86_400)
    assert "user_id" in service.answer("Authorizer", event)["context"]

    told.advance(0.001)

    assert service.answer("Authorizer", event)["context"] == {"denied": "authentication_age"}
    credentials = {"email": "demo@example.com", "password": "correct horse battery staple", "transport": "bearer"}
    again = service.invoke("Login", http_event("POST", headers={"content-type": "application/json"}, body=credentials))
    fresh = question("rest-request", f"Bearer {body_of(again)['session_id']}", [])
    assert "user_id" in service.answer("Authorizer", fresh)["context"]

"""P5: after everything that can happen, no log line, metric, error or answer holds a secret that it must not."""

import json
from datetime import datetime
from typing import Any

import pytest

from session_management.http.bodies import LoginBody
from session_management.managers.mock import DEMO_PASSWORD
from session_management.models import CreateUserData
from tests.events import EVENTS
from tests.functions.service import POSTGRES, REDIS, Service, Stores, body_of
from tests.support.http_events import http_event
from tests.support.log import Log

EMAIL = "canary-email@example.com"
WRONG = "canary-wrong-password"
STRONG = "canary-strong-password"
JSON = {"content-type": "application/json"}
OUTAGES: list[set[str]] = [set(), {REDIS}, {POSTGRES}, {REDIS, POSTGRES}]


def change_of(bearer: dict[str, str], current: str, new: str) -> dict[str, Any]:
    """Return a change of password."""
    body = {"current_password": current, "new_password": new}
    return http_event("POST", headers={**JSON, **bearer}, body=body)


def everything_that_can_happen(service: Service, stores: Stores) -> tuple[list[str], list[Any]]:
    """Log in and out, ask in every way, with each store up and down; return the session IDs and the answers."""
    hashed = service.manager.find_by_email("demo@example.com").hashed_password  # type: ignore[union-attr]
    service.manager.create(CreateUserData(EMAIL, hashed_password=hashed))
    logins = [{"email": EMAIL, "password": DEMO_PASSWORD, "transport": "bearer"}, {"email": EMAIL, "password": WRONG}]
    session_ids: list[str] = []
    answers: list[Any] = []
    for stores.down in OUTAGES:
        for body in logins:
            answer = service.answer("Login", http_event("POST", headers=JSON, body=body))
            if answer["statusCode"] == 200:
                session_ids.append(body_of(answer)["session_id"])
            else:
                answers.append(answer)
        session_id = session_ids[-1]
        bearer = {"authorization": f"Bearer {session_id}"}
        question = json.loads((EVENTS / "authorizer.http-api-v2.bearer.json").read_text())
        answers += [
            service.answer("Validate", http_event(headers=bearer)),
            service.answer("Validate", http_event(cookies=[f"__Host-sessionId={session_id}"])),
            service.answer("Validate", http_event(headers={"authorization": f"Basic {session_id}"})),
            service.answer("Authorizer", {**question, "headers": bearer, "cookies": []}),
            service.answer("Authorizer", {"type": "TOKEN", "authorizationToken": bearer["authorization"]}),
            service.answer("Login", http_event("POST", headers=JSON, body={"password": WRONG, WRONG: session_id})),
            service.answer("Register", http_event("POST", headers=JSON, body={"email": EMAIL, "password": STRONG})),
            service.answer("Register", http_event("POST", headers=JSON, body={"email": EMAIL, "password": WRONG})),
            service.answer("Password", change_of(bearer, WRONG, STRONG)),
            service.answer("Password", change_of(bearer, DEMO_PASSWORD, WRONG[:14])),
            service.answer("Logout", http_event("POST", headers=bearer)),
            service.answer("Sweeper", {}),
            service.answer("Me", http_event(headers=bearer)),
            service.answer("Migrate", {}),
        ]
    stores.down = set()
    return session_ids, answers


@pytest.fixture(params=["digest", "plain"])
def at_rest(request: pytest.FixtureRequest, service: Service, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The service in either form of session IDs, with Powertools asked to log events."""
    monkeypatch.setenv("POWERTOOLS_LOGGER_LOG_EVENT", "true")
    service.configure(SESSION_ID_AT_REST=request.param, REGISTRATION="open")
    return request.param


@pytest.mark.usefixtures("at_rest")
def test_no_secret_is_told_to_anybody(
    service: Service, stores: Stores, log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    """ASVS 16.2.5."""
    session_ids, answers = everything_that_can_happen(service, stores)

    output = "".join(capsys.readouterr())
    assert len(session_ids) == 2
    assert len(answers) == 62
    for secret in (*session_ids, DEMO_PASSWORD, WRONG, STRONG):
        assert secret not in log.text
        assert secret not in output
        assert secret not in json.dumps(answers)
    # The log names people by the handle of their session, if at all.
    assert EMAIL not in log.text
    assert EMAIL not in output


def test_no_session_id_or_password_is_at_rest(service: Service, stores: Stores) -> None:
    adapters = [service.manager._adapter, service.manager._database.users]

    session_ids, _ = everything_that_can_happen(service, stores)

    copies, memory = (vars(adapter._adapter) for adapter in adapters)  # type: ignore[attr-defined]
    kept = repr(
        [copies, *((row, row.session.key) for row in memory["_database"].sessions.values()), memory["_database"].users]
    )
    assert len(memory["_database"].sessions) >= 3
    for secret in (*session_ids, DEMO_PASSWORD, WRONG, STRONG):
        assert secret not in kept


def test_what_is_logged_is_json_line_by_line(service: Service, stores: Stores, log: Log) -> None:
    """A line break in what a client sends cannot forge one. ASVS 16.4.1, 16.2.4."""
    service.answer("Login", http_event("POST", headers={**JSON, "user-agent": 'x"}\n{"level": "forged"'}, body="{}"))
    everything_that_can_happen(service, stores)

    assert log.lines
    assert "forged" not in {line["level"] for line in log.lines}


def test_every_line_says_when_where_and_in_which_request(service: Service, stores: Stores, log: Log) -> None:
    """The time with its offset from UTC. ASVS 16.2.1, 16.2.2."""
    everything_that_can_happen(service, stores)

    assert log.lines
    for line in log.lines:
        assert datetime.strptime(line["timestamp"], "%Y-%m-%d %H:%M:%S,%f%z").utcoffset() is not None
        assert line["service"] == "session-management"
        assert line["function_name"]
        assert line["function_request_id"]
        assert line["message"]


def test_a_body_never_shows_its_password() -> None:
    """Whoever logs one by mistake logs no password."""
    body = LoginBody(email=EMAIL, password=WRONG)
    assert WRONG not in f"{body} {body!r}"

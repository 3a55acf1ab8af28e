"""Requests after which something is told, and what was told then."""

from typing import Any

from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.tokens import handle_of
from tests.functions.service import Service
from tests.support.http_events import http_event
from tests.support.log import Log

DEMO, ANN = "demo@example.com", "ann@example.com"
NEW_PASSWORD = "nine umbrellas under one moon"
JSON = {"content-type": "application/json"}
BEARER = {"authorization": f"Bearer {DEMO_SESSION_ID}"}
HANDLE = handle_of(DEMO_SESSION_ID)
LIMIT = {"LOGIN_IP_ATTEMPTS": "1"}
"""What lets one try fail, and no second one from the same address."""
OF_POWERTOOLS = {
    "level",
    "location",
    "message",
    "timestamp",
    "service",
    "cold_start",
    "function_name",
    "function_memory_size",
    "function_arn",
    "function_request_id",
}


def events(log: Log) -> list[dict[str, Any]]:
    """Return what was told, without what Powertools adds, and without lines that are no events."""
    lines = [line for line in log.lines if "event" in line]
    return [{name: value for name, value in line.items() if name not in OF_POWERTOOLS} for line in lines]


def names(log: Log) -> list[str]:
    return [event["event"] for event in events(log)]


def only(log: Log, **expected: Any) -> dict[str, Any]:
    """Return the one event that was told, which has these values."""
    (event,) = events(log)
    assert event | expected == event
    return event


def log_in(service: Service, email: str = DEMO, password: str = DEMO_PASSWORD, **parts: Any) -> dict[str, Any]:
    body = {"email": email, "password": password, "transport": "bearer"}
    answer: dict[str, Any] = service.invoke("Login", http_event("POST", headers=JSON, body=body) | parts)
    return answer


def change_password(service: Service, current: str = DEMO_PASSWORD) -> Any:
    body = {"current_password": current, "new_password": NEW_PASSWORD}
    return service.invoke("Password", http_event("POST", headers={**JSON, **BEARER}, body=body))


def register(service: Service, email: str = ANN) -> Any:
    return service.invoke("Register", http_event("POST", headers=JSON, body={"email": email, "password": NEW_PASSWORD}))


def command(service: Service, name: str, **parts: Any) -> Any:
    return service.answer("Admin", {"command": name, **parts})


def demo_id(service: Service) -> str:
    user = service.manager.find_by_email(DEMO)
    assert user
    return user.id

"""What a function is asked first where its cold start is measured: of a user and a session that are there already."""

from collections.abc import Mapping
from typing import Any, Final

from session_management.factory import UserManagerFactory
from session_management.models import CreateUserData, SessionMetadata
from session_management.settings import Settings
from tests.support.http_events import http_event

AUTHORIZER: Final = "authorizer"
VALIDATE: Final = "validate"
LOGIN: Final = "login, without the hash"
_PASSWORD: Final = "nine umbrellas under one moon"
_CLIENT: Final = SessionMetadata(ip="192.0.2.7", user_agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36")

type Event = dict[str, Any]


def first_events(environment: Mapping[str, str]) -> dict[str, Event]:
    """Make a user with a session in the stores of *environment*, and return what is asked of each function."""
    manager = UserManagerFactory.create(Settings.from_environment(environment))
    user = manager.create(CreateUserData("ann@example.com", password=_PASSWORD, is_verified=True))
    session_id = manager.create_session(user.id, _CLIENT, 604_800)
    UserManagerFactory.clear_cache()
    validation = _from_client("GET", authorization=f"Bearer {session_id}")
    arn = "arn:aws:execute-api:eu-central-1:123456789012:abcdef1234/$default/GET/orders"
    body = {"email": user.email, "password": _PASSWORD, "transport": "bearer"}
    return {
        AUTHORIZER: {**validation, "type": "REQUEST", "routeArn": arn},
        VALIDATE: validation,
        LOGIN: _from_client("POST", body=body, **{"content-type": "application/json"}),
    }


def _from_client(method: str, *, body: Any = None, **headers: str) -> Event:
    event = http_event(method, headers={**headers, "user-agent": _CLIENT.user_agent or ""}, body=body)
    event["requestContext"]["http"]["sourceIp"] = _CLIENT.ip
    return event

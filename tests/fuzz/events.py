"""Whole events: those of event files with places changed, and made from scratch; whatever the function expects."""

from typing import Any, Final

from hypothesis import strategies as st

from session_management.admin.requests import COMMANDS
from session_management.managers.mock import DEMO_PASSWORD
from tests.events import CASES
from tests.fuzz.values import bodies, credentials, texts, values
from tests.support.http_events import http_event

ARN: Final = "arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/me"
_JSON: Final = {"content-type": "application/json"}
_CREDENTIALS: Final = ("authorization", "Authorization", "AUTHORIZATION", "cookie", "Cookie")
_OTHERS: Final = ("content-type", "Content-Type", "origin", "host", "sec-fetch-site", "user-agent", "x-forwarded-for")
_EVENTS: Final = {case.file: case for case in CASES}
_FILES: Final = tuple(_EVENTS)
# But for what ends the session: nothing after it would present a live one.
_ENDING: Final = ("password.good.json", "sessions.end-all.json")
_ASKED_FOR_SESSIONS: Final = [
    case
    for case in CASES
    if case.function in ("Password", "Validate", "Sessions", "Logout", "Authorizer") and case.file not in _ENDING
]
_PATHS: Final = (
    "/",
    "/sessions",
    "/sessions/",
    "/sessions/extend",
    "/extend",
    f"/{'0' * 64}",
    "/prod/sessions/sessions",
)
_QUESTIONS: Final = tuple(case.file for case in CASES if case.function == "Authorizer")

_presenting = st.dictionaries(st.sampled_from(_CREDENTIALS), credentials, min_size=1, max_size=2)
_anything = st.dictionaries(st.sampled_from(_CREDENTIALS + _OTHERS) | texts, texts | credentials | values, max_size=5)
_headers = _presenting | _anything | values
_http = {
    "headers": _headers | _headers.map(lambda drawn: _JSON | drawn if isinstance(drawn, dict) else drawn),
    "cookies": st.lists(credentials, max_size=2) | st.lists(texts) | st.just(["a=b"] * 5_000) | values,
    "body": bodies | values,
    "isBase64Encoded": st.booleans() | values,
    "rawPath": st.sampled_from(_PATHS) | texts | values,
    "queryStringParameters": st.dictionaries(st.just("all") | texts, st.sampled_from(["true", "false"]) | values)
    | values,
    "requestContext": values | st.fixed_dictionaries({"http": values, "authorizer": values}),
}
_question = {
    "type": st.sampled_from(["REQUEST", "TOKEN"]) | values,
    "version": st.sampled_from(["2.0", "1.0"]) | values,
    "headers": _headers,
    "multiValueHeaders": st.dictionaries(st.sampled_from(_CREDENTIALS), st.lists(credentials, max_size=3)) | _headers,
    "cookies": _http["cookies"],
    "routeArn": texts | values,
    "methodArn": texts | values,
    "authorizationToken": credentials | values,
    "requestContext": values,
}


def _some(draw: st.DrawFn, parts: dict[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(parts)), unique=True, max_size=4))
    return {name: draw(parts[name]) for name in names}


@st.composite
def http_requests(draw: st.DrawFn) -> Any:
    """Draw a request in an event of payload 2.0, some of whose parts may be anything."""
    event = http_event(draw(st.sampled_from(["GET", "POST", "DELETE", "OPTIONS"]) | texts), headers=_JSON)
    event["requestContext"]["http"]["sourceIp"] = draw(values)
    if draw(st.booleans()):
        event["requestContext"]["authorizer"] = draw(values | st.dictionaries(st.just("lambda"), values))
    return event | _some(draw, _http)


@st.composite
def logins(draw: st.DrawFn) -> Any:
    """Draw a login whose password is right or wrong, from anywhere and with any user agent."""
    email = draw(st.just("demo@example.com") | st.text(max_size=20).map("{}@example.com".format))
    body = {"email": email, "password": draw(st.just(DEMO_PASSWORD) | texts)}
    event = http_event("POST", headers={**_JSON, "user-agent": draw(texts)}, body=body)
    event["requestContext"]["http"]["sourceIp"] = draw(texts | st.ip_addresses().map(str))
    return event


@st.composite
def questions(draw: st.DrawFn) -> Any:
    """Draw what may be an authorizer's event, of one shape or of several, some of whose parts may be anything."""
    return _EVENTS[draw(st.sampled_from(_QUESTIONS))].event | _some(draw, _question)


@st.composite
def presenting(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a function and an event of its own, as it should be but for what presents a session ID."""
    case = draw(st.sampled_from(_ASKED_FOR_SESSIONS))
    event = {name: part for name, part in case.event.items() if name != "cookies"}
    event["headers"] = draw(_presenting | st.just({}))
    if event.get("version") == "2.0":
        event["cookies"] = draw(st.lists(credentials, max_size=2))
    several = st.dictionaries(st.sampled_from(_CREDENTIALS), st.lists(credentials, max_size=2), max_size=1)
    own = {"authorizationToken": credentials, "multiValueHeaders": several}
    return case.function, event | {name: draw(part) for name, part in own.items() if name in event}


@st.composite
def ticks(draw: st.DrawFn) -> Any:
    """Draw a scheduler's event, or an operator's, with anything in it."""
    event = {"version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": draw(values)}
    return event | draw(
        st.dictionaries(st.sampled_from(["dry_run", "time", "detail", "id"]) | texts, values, max_size=3)
    )


@st.composite
def commands(draw: st.DrawFn) -> Any:
    """Draw an operator's command, some of whose fields may be anything; none that takes the demo user away."""
    fields = {
        "email": texts | values,
        "user": st.just("demo@example.com") | texts | values,
        "role": st.sampled_from(["USER", "ADMIN"]) | values,
        "verified": st.booleans() | values,
        "password": texts | values,
        "limit": st.integers() | values,
        "after": texts | st.uuids().map(str) | values,
        "handle": st.from_regex("[0-9a-f]{64}", fullmatch=True) | texts | values,
    }
    name = draw(st.sampled_from([name for name in COMMANDS if name not in ("disable", "delete_user")]))
    model = COMMANDS[name].model_fields
    own = {field: draw(strategy) for field, strategy in fields.items() if field in model and draw(st.booleans())}
    others = {"x": values, "command": values, **fields}
    return {"command": name} | own | (_some(draw, others) if draw(st.integers(0, 3)) == 0 else {})


@st.composite
def changed(draw: st.DrawFn) -> Any:
    """Draw an event file with one to four places changed: its own function's or another's."""
    event = _EVENTS[draw(st.sampled_from(_FILES))].event
    for _ in range(draw(st.integers(1, 4))):
        _change(draw, event)
    return event


def _change(draw: st.DrawFn, event: Any) -> None:
    container, name = event, None
    while isinstance(container, dict | list) and container:
        name = draw(st.sampled_from(sorted(container) if isinstance(container, dict) else [*range(len(container))]))
        if not isinstance(container[name], dict | list) or not container[name] or draw(st.integers(0, 3)) == 0:
            break
        container = container[name]
    if name is None:
        return
    match draw(st.sampled_from(["set", "delete", "duplicate", "credential", "body"])):
        case "set":
            container[name] = draw(values)
        case "delete":
            del container[name]
        case "duplicate" if isinstance(container, dict):
            container[str(name).swapcase()] = draw(st.just(container[name]) | texts | credentials)
        case "credential":
            container[name] = draw(credentials)
        case _:
            container[name] = draw(bodies)


anything = changed() | http_requests() | questions() | ticks() | commands() | values

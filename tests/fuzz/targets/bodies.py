"""The login's body: what is taken is what the JSON says and within its bounds; no refusal repeats a value."""

import json
from typing import Any, Final

from session_management.http.bodies import LoginBody
from session_management.http.credentials import Credentials, read_credentials
from session_management.http.errors import InvalidRequestError, UnsupportedMediaTypeError
from session_management.http.requests import Request
from tests.fuzz.targets.target import Target, is_clean

_CANARY: Final = "~canary-7c1e"


def check(data: bytes) -> None:
    """Hold what is taken of the body to the JSON that it is, if it is said to be JSON."""
    try:
        taken = _taken(data, "Application/json; charset=utf-8")
    except InvalidRequestError as error:
        told = [str(error), *(f"{fault.pointer} {fault.detail}" for fault in error.faults)]
        assert not any(_CANARY in text for text in told)
        assert is_clean(told)
        return
    _check_what_is_taken(taken, data)
    try:
        _taken(data, "text/plain")
    except UnsupportedMediaTypeError:
        return
    raise AssertionError("a body of another type was taken")


def _taken(body: bytes, content_type: str) -> Credentials:
    return read_credentials(Request("POST", {"content-type": content_type}, (), body, None))


def _check_what_is_taken(taken: Credentials, body: bytes) -> None:
    said = {"transport": "cookie", "remember": True, **json.loads(body)}
    assert taken.facts == LoginBody.model_validate_json(body).model_dump() == said
    assert taken.email.count("@") == 1
    assert is_clean([taken.email])
    assert 0 < len(taken.email) <= 255
    assert 0 < len(taken.password) <= 1024
    assert "\x00" not in taken.password
    assert taken.email.encode()
    assert taken.password.encode()


_BODIES: Final[tuple[Any, ...]] = (
    {"email": "demo@example.com", "password": "correct horse battery staple"},
    {"email": "demo@example.com", "password": _CANARY, "transport": "bearer", "remember": False},
    {"email": _CANARY, "password": "", "transport": _CANARY, _CANARY: [_CANARY]},
    {"email": "\u00e4@\u00f6.example", "password": "\U0001f600 \u00e9"},
    [],
)

TARGET: Final = Target(
    check,
    seeds=tuple(json.dumps(body).encode() for body in _BODIES),
    words=(
        *("email", "password", "remember", "transport", "bearer", "cookie"),
        *(_CANARY, "a@b.c", "a@b@c", "x" * 300, "1e999"),
    ),
    is_json=True,
)

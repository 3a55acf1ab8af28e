"""The body of a login: read without the model where it is plain, and always as the model reads it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from session_management.http.bodies import LoginBody
from session_management.http.credentials import Credentials, read_credentials
from session_management.http.errors import InvalidRequestError
from tests.support.http_events import a_request
from tests.unit.programs import run_program

JSON = {"content-type": "application/json"}
GOOD = {"email": "ann@example.com", "password": "nine umbrellas", "transport": "bearer", "remember": False}

values = st.sampled_from([*GOOD.values(), "", "cookie", "a@b", "a b@c", "é@example.com", "x" * 2_000, "\x00", 1, None])
anything = values | st.text() | st.booleans() | st.integers() | st.lists(st.text(), max_size=2)
bodies = st.dictionaries(st.sampled_from([*GOOD, "other"]), anything) | st.just(GOOD).map(dict)


def read(body: object) -> Credentials:
    """Return what is read of *body*."""
    return read_credentials(a_request("POST", headers=JSON, body=body))


def of_model(text: str) -> dict[str, Any] | None:
    """Return what the model makes of a body; None if it refuses it."""
    try:
        return LoginBody.model_validate_json(text).model_dump()
    except ValidationError:
        return None


@given(bodies, st.sampled_from([*GOOD, "other"]), anything)
def test_whatever_is_sent_is_read_as_the_model_reads_it(body: dict[str, Any], name: str, value: object) -> None:
    text = json.dumps(body | {name: value})
    try:
        found: dict[str, Any] | None = read(text).facts
    except InvalidRequestError:
        found = None

    assert found == of_model(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"email": "a@b", "email": "c@d", "password": "x"}',
        '{"email": "a@b", "password": "\\u0000"}',
        '{"email": "a@b\\n", "password": "x"}',
        '{"email": "a@b", "password": "x", "remember": 1}',
        '{"email": "a@b", "password": "x"} ',
        '[["email", "a@b"], ["password", "x"]]',
        '{"email": "a@b", "password": "' + "é" * 1_024 + '"}',
        '{"email": "' + "a" * 254 + '@b", "password": "x"}',
    ],
)
def test_what_is_odd_is_read_as_the_model_reads_it(text: str) -> None:
    try:
        found: dict[str, Any] | None = read(text).facts
    except InvalidRequestError:
        found = None

    assert found == of_model(text)


def test_a_usual_body_needs_no_model() -> None:
    program = f"""
        import sys
        from session_management.http.credentials import read_credentials
        from session_management.http.requests import Request
        read_credentials(Request("POST", {JSON!r}, (), {json.dumps(GOOD).encode()!r}, None))
        print("pydantic" in sys.modules)
    """

    assert run_program(program).strip() == "False"


def test_they_never_show_the_password() -> None:
    """Whoever logs them by mistake logs no password."""
    assert str(GOOD["password"]) not in repr(read(GOOD))

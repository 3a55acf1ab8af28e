"""Every call that changes something, as pages of other origins could have a browser send it (ASVS 3.5.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from session_management.managers.mock import DEMO_PASSWORD, DEMO_SESSION_ID
from session_management.tokens import handle_of
from tests.functions.service import Service, Stores, told
from tests.support.http_events import HOST, SAME_ORIGIN, http_event

APP, EVIL = "https://app.example.com", "https://evil.example"
COOKIE = {"cookie": f"__Host-sessionId={DEMO_SESSION_ID}"}
BEARER = {"authorization": f"Bearer {DEMO_SESSION_ID}"}
NEW = "nine umbrellas under one moon"


@dataclass(frozen=True)
class Call:
    """A call as a client makes it, and the status that says it was done."""

    function: str
    done: int
    method: str = "POST"
    path: str = "/"
    body: Mapping[str, str] | None = None


CALLS = {
    "log in": Call("Login", 200, body={"email": "demo@example.com", "password": DEMO_PASSWORD}),
    "register": Call("Register", 200, body={"email": "ann@example.com", "password": NEW}),
    "change the password": Call("Password", 200, body={"current_password": DEMO_PASSWORD, "new_password": NEW}),
    "log out": Call("Logout", 204),
    "end others": Call("Sessions", 200, "DELETE", "/sessions"),
    "end one": Call("Sessions", 204, "DELETE", f"/sessions/{handle_of(DEMO_SESSION_ID)}"),
    "extend": Call("Sessions", 200, "POST", "/sessions/extend"),
}
WITH_BODY = [name for name, call in CALLS.items() if call.body]
FOREIGN = {
    "another site's page": {"origin": EVIL, "sec-fetch-site": "cross-site"},
    "a page of the same site": {"origin": "https://other.example.com", "sec-fetch-site": "same-site"},
    "an old browser": {"origin": EVIL},
    "a sandboxed page": {"origin": "null"},
    "a page that hides its origin": {"sec-fetch-site": "cross-site"},
}


@pytest.fixture
def service(service: Service) -> Service:
    """The functions, for the pages of one origin."""
    service.configure(ALLOWED_ORIGINS=APP, REGISTRATION="open")
    return service


def send(service: Service, name: str, headers: Mapping[str, str], content_type: str = "application/json") -> Any:
    """Return the answer to a call with just these headers."""
    call = CALLS[name]
    event = http_event(call.method, rawPath=call.path, body=call.body)
    sent = {"host": HOST, **headers, **({"content-type": content_type} if call.body else {})}
    return service.invoke(call.function, event | {"headers": sent})


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_a_foreign_page_does_nothing_with_the_cookie_and_may_read_nothing(
    service: Service, stores: Stores, name: str, headers: dict[str, str]
) -> None:
    answer = send(service, name, {**COOKIE, **headers})

    assert told(answer) == (403, "forbidden_origin")
    assert "Access-Control-Allow-Origin" not in answer["headers"]
    assert stores.calls == []


@pytest.mark.parametrize("name", CALLS)
def test_with_the_cookie_it_has_to_be_said_where_it_comes_from(service: Service, stores: Stores, name: str) -> None:
    assert told(send(service, name, COOKIE)) == (403, "forbidden_origin")
    assert stores.calls == []


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("headers", [SAME_ORIGIN, {"sec-fetch-site": "none"}, {"origin": f"https://{HOST}"}], ids=repr)
def test_our_own_pages_do_everything(service: Service, name: str, headers: dict[str, str]) -> None:
    assert send(service, name, {**COOKIE, **headers})["statusCode"] == CALLS[name].done


@pytest.mark.parametrize("name", CALLS)
def test_pages_of_an_allowed_origin_do_everything_and_read_the_answer(service: Service, name: str) -> None:
    """For that origin to the letter, with credentials: never for all."""
    answer = send(service, name, {**COOKIE, "origin": APP, "sec-fetch-site": "cross-site"})

    assert answer["statusCode"] == CALLS[name].done
    assert answer["headers"]["Access-Control-Allow-Origin"] == APP
    assert answer["headers"]["Access-Control-Allow-Credentials"] == "true"
    assert "*" not in answer["headers"].values()


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("headers", [{}, *FOREIGN.values()], ids=["a program", *FOREIGN])
def test_what_presents_a_bearer_token_alone_may_come_from_anywhere(
    service: Service, name: str, headers: dict[str, str]
) -> None:
    assert send(service, name, {**BEARER, **headers})["statusCode"] == CALLS[name].done


@pytest.mark.parametrize("name", WITH_BODY)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_that_a_form_could_send_is_refused(
    service: Service, stores: Stores, name: str, content_type: str
) -> None:
    """A form of another page needs no preflight for these."""
    answer = send(service, name, {**COOKIE, **SAME_ORIGIN}, content_type)

    assert told(answer) == (415, "unsupported_media_type")
    assert stores.calls == []

"""The session ID that a request presents: one, in the cookie or as a bearer token, or none."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from session_management.errors import UnauthenticatedError
from session_management.http.session_ids import presented_session_id
from session_management.settings import Settings
from tests.support.http_events import a_request

SETTINGS = Settings.from_environment({})
NAME = "__Host-sessionId"
ONE, OTHER = "a" * 43, "b" * 43


def presented(**parts: Any) -> str | None:
    """Return the session ID that such a request presents."""
    return presented_session_id(a_request(**parts), SETTINGS)


@pytest.mark.parametrize(
    "parts",
    [
        {"cookies": [f"{NAME}={ONE}"]},
        {"cookies": ["theme=dark", f"{NAME}={ONE}", "lang=de"]},
        {"cookies": [f"theme=dark; {NAME}={ONE}"]},
        {"headers": {"cookie": f"{NAME}={ONE}"}},
        {"headers": {"Cookie": f"theme=dark;{NAME}={ONE};lang=de"}},
        {"headers": {"authorization": f"Bearer {ONE}"}},
        {"headers": {"Authorization": f"bearer {ONE}"}},
        {"headers": {"AUTHORIZATION": f"BEARER   {ONE} "}},
        {"cookies": [f"{NAME}={ONE}"], "headers": {"authorization": f"Bearer {ONE}"}},
        {"cookies": [f"{NAME}={ONE}", f"{NAME}={ONE}"]},
        {"cookies": [f"{NAME}={ONE}"], "headers": {"cookie": f"{NAME}={ONE}"}},
        {"cookies": [f"{NAME}=", f"{NAME}={ONE}"]},
        {"cookies": [f" \t{NAME} = {ONE} "]},
        {"cookies": [f"{NAME}={ONE}", f"sessionId={OTHER}", f"__Host-sessionid={OTHER}"]},
    ],
    ids=repr,
)
def test_the_session_id_is_found_where_it_may_be(parts: dict[str, Any]) -> None:
    assert presented(**parts) == ONE


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"cookies": ["theme=dark"]},
        {"cookies": [f"{NAME}="]},
        {"cookies": [NAME]},
        {"cookies": [f"x{NAME}={ONE}"]},
        {"cookies": [f"{NAME.lower()}={ONE}"]},
        {"headers": {"authorization": ""}},
        {"headers": {"x-session-id": ONE}},
        {"rawQueryString": f"sessionId={ONE}", "queryStringParameters": {"sessionId": ONE}},
        {"rawPath": f"/{ONE}"},
        {"body": f'{{"session_id": "{ONE}"}}'},
    ],
    ids=repr,
)
def test_nowhere_else_is_a_session_id_looked_for(parts: dict[str, Any]) -> None:
    """ASVS 14.2.1: never in a path, a query or a body."""
    assert presented(**parts) is None


@pytest.mark.parametrize(
    "parts",
    [
        {"cookies": [f"{NAME}={ONE}", f"{NAME}={OTHER}"]},
        {"cookies": [f"{NAME}={ONE}; {NAME}={OTHER}"]},
        {"cookies": [f"{NAME}={ONE}"], "headers": {"cookie": f"{NAME}={OTHER}"}},
        {"cookies": [f"{NAME}={ONE}"], "headers": {"authorization": f"Bearer {OTHER}"}},
        {"cookies": [f"{NAME}=garbage"], "headers": {"authorization": f"Bearer {ONE}"}},
        {"headers": {"authorization": f"Bearer {ONE}", "Authorization": f"Bearer {OTHER}"}},
    ],
    ids=repr,
)
def test_session_ids_that_differ_are_refused(parts: dict[str, Any]) -> None:
    with pytest.raises(UnauthenticatedError):
        presented(**parts)


@pytest.mark.parametrize(
    "authorization",
    [
        "Basic YW5uOnNlY3JldA==",
        f"Basic {ONE}",
        f"Token {ONE}",
        ONE,
        "Bearer",
        "Bearer ",
        f"Bearer{ONE}",
        f"Bearer {ONE} {OTHER}",
        f"Bearer {ONE}, Basic x",
        f"Bearer\t{ONE}",
        "Bearer null",
        "Bearer undefined",
        f"Bearer {ONE}\r\n",
        f"Bearer {ONE}\nX-Other: 1",
        f"Bearer {ONE}\x00",
        f"\x85Bearer {ONE}",
        f"Bearer {ONE}\xa0",
        "Bearer " + "a" * 10_000,
    ],
    ids=lambda text: repr(text[:60]),
)
def test_another_scheme_or_a_malformed_id_is_refused(authorization: str) -> None:
    with pytest.raises(UnauthenticatedError):
        presented(headers={"authorization": authorization})


@pytest.mark.parametrize(
    "value",
    [
        "x",
        "a" * 42,
        "a" * 44,
        "a" * 10_000,
        f'"{ONE}"',
        f"{ONE}=",
        f"{ONE}\r\n",
        f"{ONE}\n",
        f"{ONE}\x00",
        f"{ONE[:42]}\x00",
        f"{ONE}\x85",
        f"\xa0{ONE}",
        f"{ONE},",
        "a" * 42 + "é",
        "a" * 42 + "\ud800",
        "%61" + "a" * 42,
    ],
    ids=lambda text: repr(text[:60]),
)
def test_a_malformed_id_in_the_cookie_is_refused(value: str) -> None:
    with pytest.raises(UnauthenticatedError):
        presented(cookies=[f"{NAME}={value}"])


@pytest.mark.parametrize(
    "space", ["\xa0", "\x85", "\u2000", "\u2028", "\u3000", "\x1c", "\x0b", "\x0c", "\ufeff"], ids=repr
)
def test_a_cookie_whose_name_only_looks_like_ours_is_not_ours(space: str) -> None:
    """A page of a subdomain may set a cookie of such a name: browsers see no __Host- prefix in it."""
    assert presented(cookies=[f"{space}{NAME}={OTHER}"]) is None
    assert presented(cookies=[f"{NAME}{space}={OTHER}", f"{NAME}={ONE}"]) == ONE


@pytest.mark.parametrize("character", ["\r", "\n", "\r\n", "\x00"], ids=repr)
def test_a_line_break_anywhere_in_the_credentials_spoils_them(character: str) -> None:
    for parts in (
        {"cookies": [f"theme=da{character}rk", f"{NAME}={ONE}"]},
        {"headers": {"cookie": f"theme=da{character}rk; {NAME}={ONE}"}},
        {"cookies": [f"theme=da{character}rk"]},
    ):
        with pytest.raises(UnauthenticatedError):
            presented(**parts)


def test_the_cookies_name_is_a_setting() -> None:
    settings = Settings.from_environment({"COOKIE_SECURE": "false"})
    request = a_request(cookies=[f"sessionId={ONE}", f"{NAME}={OTHER}"])

    assert presented_session_id(request, settings) == ONE


def test_beside_the_original_its_ids_are_accepted() -> None:
    settings = Settings.from_environment({"SESSION_ID_AT_REST": "plain"})

    assert presented_session_id(a_request(headers={"authorization": "Bearer " + "k" * 32}), settings) == "k" * 32


@given(cookies=st.lists(st.text() | st.text().map(f"{NAME}={{}}".format)), authorization=st.none() | st.text())
@example([f"{NAME}={ONE}"], None)
@example([], f"Bearer {ONE}")
def test_any_cookies_and_any_authorization_present_one_id_or_none_or_are_refused(
    cookies: list[str], authorization: str | None
) -> None:
    headers = {} if authorization is None else {"authorization": authorization}
    try:
        session_id = presented(cookies=cookies, headers=headers)
    except UnauthenticatedError:
        return
    assert session_id is None or SETTINGS.names.key_of(session_id)


def test_a_refusal_does_not_repeat_what_was_presented() -> None:
    """P5."""
    with pytest.raises(UnauthenticatedError) as raised:
        presented(headers={"authorization": "Basic canary"}, cookies=[f"{NAME}=canary"])

    assert "canary" not in str(raised.value)

"""The session cookie, to the attribute; and cleared with the same ones."""

from http.cookies import SimpleCookie

import pytest

from session_management.http.cookies import cleared_cookie, session_cookie
from session_management.settings import Settings
from session_management.tokens import new_session_id

ID = "a" * 43


def attributes(header: str) -> tuple[str, set[str]]:
    """Return the pair that a Set-Cookie value begins with, and its attributes."""
    pair, *rest = header.split("; ")
    assert len(rest) == len(set(rest))
    return pair, set(rest)


@pytest.mark.parametrize(
    ("variables", "pair", "expected"),
    [
        ({}, f"__Host-sessionId={ID}", {"HttpOnly", "Secure", "Path=/", "SameSite=Lax", "Max-Age=604800"}),
        ({"COOKIE_SECURE": "false"}, f"sessionId={ID}", {"HttpOnly", "Path=/", "SameSite=Lax", "Max-Age=604800"}),
        (
            {"SESSION_MAX_AGE_SECONDS": "3600", "COOKIE_SAMESITE": "Strict"},
            f"__Host-sessionId={ID}",
            {"HttpOnly", "Secure", "Path=/", "SameSite=Strict", "Max-Age=3600"},
        ),
        (
            {"COOKIE_NAME": "__Secure-sid", "COOKIE_DOMAIN": "example.com", "COOKIE_SAMESITE": "none"},
            f"__Secure-sid={ID}",
            {"HttpOnly", "Secure", "Path=/", "SameSite=None", "Max-Age=604800", "Domain=example.com"},
        ),
    ],
)
def test_the_cookie_has_the_attributes_of_the_settings(
    variables: dict[str, str], pair: str, expected: set[str]
) -> None:
    assert attributes(session_cookie(Settings.from_environment(variables), ID)) == (pair, expected)


@pytest.mark.parametrize(
    "variables",
    [{}, {"COOKIE_SECURE": "false"}, {"COOKIE_NAME": "sid", "COOKIE_DOMAIN": "example.com", "COOKIE_SAMESITE": "None"}],
    ids=repr,
)
def test_it_is_cleared_with_the_same_name_and_attributes(variables: dict[str, str]) -> None:
    """Or a browser would keep it."""
    settings = Settings.from_environment(variables)
    (set_pair, set_attributes), (cleared_pair, cleared_attributes) = (
        attributes(session_cookie(settings, ID)),
        attributes(cleared_cookie(settings)),
    )

    assert cleared_pair == set_pair.replace(ID, "")
    assert cleared_attributes == {a for a in set_attributes if not a.startswith("Max-Age")} | {"Max-Age=0"}


def test_the_cookie_is_one_that_other_programs_read() -> None:
    session_id = new_session_id()
    cookie = SimpleCookie(session_cookie(Settings.from_environment({}), session_id))

    assert cookie["__Host-sessionId"].value == session_id


def test_the_cookie_is_within_the_4096_bytes_that_browsers_take() -> None:
    """ASVS 3.3.5."""
    settings = Settings.from_environment({"COOKIE_NAME": "n" * 64})

    assert len(session_cookie(settings, "a" * 255)) < 4096

"""The session cookie, to the attribute; and cleared with the same ones."""

from copy import replace
from datetime import UTC, datetime, timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest

from session_management.http.cookies import cleared_cookie, session_cookie
from session_management.models import Session
from session_management.settings import Settings
from session_management.tokens import new_session_id

ID = "a" * 43


def session_of(settings: Settings, **changes: Any) -> Session:
    """Return a session that was opened just now under *settings*."""
    now = datetime.now(UTC)
    ends = now + settings.policy.max_age, settings.policy.expiry.absolute_end(now)
    return replace(Session("k", "h", "u", now, *ends, now, now), **changes)


def cookie_of(settings: Settings, session_id: str = ID, **changes: Any) -> str:
    """Return the cookie of such a session."""
    return session_cookie(settings, session_id, session_of(settings, **changes))


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
    """ASVS 3.3.1, 3.3.2, 3.3.3, NIST SP 800-63B-4, 5.1.1."""
    assert attributes(cookie_of(Settings.from_environment(variables))) == (pair, expected)


@pytest.mark.parametrize(
    "variables",
    [{}, {"COOKIE_SECURE": "false"}, {"COOKIE_NAME": "sid", "COOKIE_DOMAIN": "example.com", "COOKIE_SAMESITE": "None"}],
    ids=repr,
)
def test_it_is_cleared_with_the_same_name_and_attributes(variables: dict[str, str]) -> None:
    """Or a browser would keep it."""
    settings = Settings.from_environment(variables)
    (set_pair, set_attributes), (cleared_pair, cleared_attributes) = (
        attributes(cookie_of(settings)),
        attributes(cleared_cookie(settings)),
    )

    assert cleared_pair == set_pair.replace(ID, "")
    assert cleared_attributes == {a for a in set_attributes if not a.startswith("Max-Age")} | {"Max-Age=0"}


def test_a_session_that_is_not_persistent_has_a_cookie_that_goes_with_the_browser() -> None:
    settings = Settings.from_environment({})

    assert attributes(cookie_of(settings, is_persistent=False))[1] == {"HttpOnly", "Secure", "Path=/", "SameSite=Lax"}


def test_a_cookie_lasts_as_long_as_the_session_just_extended() -> None:
    settings = Settings.from_environment({})
    session = session_of(settings)
    extended = replace(session, last_activity=session.created_at + timedelta(hours=2))

    assert f"Max-Age={604_800 - 7_200}" in session_cookie(settings, ID, extended)


def test_where_sessions_slide_the_cookie_lasts_for_the_absolute_lifetime() -> None:
    """No validation can tell the browser of a new end: an authorizer sets no cookie."""
    settings = Settings.from_environment({"SESSION_SLIDING": "true"})

    assert "Max-Age=2592000" in cookie_of(settings)
    assert "Max-Age" not in cookie_of(settings, is_persistent=False)


def test_the_cookie_is_one_that_other_programs_read() -> None:
    session_id = new_session_id()
    cookie = SimpleCookie(cookie_of(Settings.from_environment({}), session_id))

    assert cookie["__Host-sessionId"].value == session_id


def test_the_cookie_is_within_the_4096_bytes_that_browsers_take() -> None:
    """ASVS 3.3.5."""
    settings = Settings.from_environment({"COOKIE_NAME": "n" * 64})

    assert len(cookie_of(settings, "a" * 255)) < 4096

"""Set-Cookie: for any settings that are accepted it says exactly what they say, and comes back as the session ID."""

from datetime import UTC, datetime
from typing import Final

from session_management.errors import ConfigurationError
from session_management.http.cookies import cleared_cookie, session_cookie
from session_management.http.requests import Request
from session_management.http.session_ids import presented_session_id
from session_management.managers.mock import DEMO_SESSION_ID
from session_management.models import Session
from session_management.settings import Settings
from tests.fuzz.targets.target import Target, fields_of, is_clean, seed_of

_NAMES: Final = ("COOKIE_NAME", "COOKIE_DOMAIN", "COOKIE_SAMESITE", "COOKIE_SECURE", "SESSION_MAX_AGE_SECONDS")
_AT: Final = datetime(2026, 1, 31, tzinfo=UTC)


def check(data: bytes) -> None:
    """Set it, clear it, send it back."""
    try:
        settings = Settings.from_environment(dict(zip(_NAMES, fields_of(data), strict=False)))
    except ConfigurationError as error:
        assert error.faults
        return
    name = settings.cookie_name
    ends = _AT + settings.policy.max_age, settings.policy.expiry.absolute_end(_AT)
    session = Session("k", "h", "u", _AT, *ends, _AT, _AT)
    cookie = session_cookie(settings, DEMO_SESSION_ID, session)
    _check_one(settings, cookie, DEMO_SESSION_ID, settings.session_max_age_seconds)
    _check_one(settings, cleared_cookie(settings), "", 0)
    sent = cookie.split(";")[0]
    assert presented_session_id(Request("GET", {}, (sent,), b"", None), settings) == DEMO_SESSION_ID
    in_header = {"cookie": f"{name}y=b; {sent}; {name}x=c"}
    assert presented_session_id(Request("GET", in_header, (), b"", None), settings) == DEMO_SESSION_ID


def _check_one(settings: Settings, cookie: str, value: str, max_age: int) -> None:
    assert is_clean([cookie])
    assert cookie.isascii()
    pair, *attributes = cookie.split("; ")
    assert pair == f"{settings.cookie_name}={value}"
    assert {"HttpOnly", "Path=/", f"Max-Age={max_age}", f"SameSite={settings.cookie_samesite}"} <= {*attributes}
    assert ("Secure" in attributes) == settings.cookie_secure
    assert [text for text in attributes if text[:7] == "Domain="] == (
        [f"Domain={settings.cookie_domain}"] if settings.cookie_domain else []
    )
    assert len(attributes) == 4 + settings.cookie_secure + bool(settings.cookie_domain)
    if settings.cookie_name.lower().startswith("__host-"):
        assert settings.cookie_secure
        assert not settings.cookie_domain


TARGET: Final = Target(
    check,
    seeds=(
        seed_of(),
        seed_of("sessionId", "example.com", "strict", "true", "3600"),
        seed_of("__Secure-sessionId", ".example.com", "None", "true"),
        seed_of("sid", "", "lax", "false"),
    ),
    words=("__Host-", "__Secure-", "true", "false", "None", "Lax", "Strict", "example.com", "; Domain=", "=", "\r\n"),
)

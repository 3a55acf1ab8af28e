"""The session cookie: set and cleared with the same attributes, or a browser would keep it."""

from session_management.settings import Settings


def session_cookie(settings: Settings, session_id: str) -> str:
    """Return the Set-Cookie value that gives *session_id* to a browser for a session's lifetime."""
    return _set_cookie(settings, session_id, settings.session_max_age_seconds)


def cleared_cookie(settings: Settings) -> str:
    """Return the Set-Cookie value that makes a browser forget its session ID."""
    return _set_cookie(settings, "", 0)


def _set_cookie(settings: Settings, value: str, max_age: int) -> str:
    parts = [f"{settings.cookie_name}={value}", "HttpOnly", "Path=/", f"Max-Age={max_age}"]
    parts.append(f"SameSite={settings.cookie_samesite}")
    if settings.cookie_secure:
        parts.append("Secure")
    if settings.cookie_domain:
        parts.append(f"Domain={settings.cookie_domain}")
    return "; ".join(parts)

"""The session cookie: set and cleared with the same attributes, or a browser would keep it."""

from session_management.models import Session
from session_management.settings import Settings


def session_cookie(settings: Settings, session_id: str, session: Session) -> str:
    """Return the Set-Cookie value that gives *session_id* to a browser for as long as *session* can last.

    It was opened or extended just now. One that is not persistent goes with the browser.
    """
    if not session.is_persistent:
        return _set_cookie(settings, session_id, None)
    # Where sessions slide, a validation pushes the end without a word to the browser.
    end = session.absolute_expires_at if settings.session_sliding else session.expires_at
    return _set_cookie(settings, session_id, round((end - session.last_activity).total_seconds()))


def cleared_cookie(settings: Settings) -> str:
    """Return the Set-Cookie value that makes a browser forget its session ID."""
    return _set_cookie(settings, "", 0)


def _set_cookie(settings: Settings, value: str, max_age: int | None) -> str:
    parts = [f"{settings.cookie_name}={value}", "HttpOnly", "Path=/"]
    if max_age is not None:
        parts.append(f"Max-Age={max_age}")
    parts.append(f"SameSite={settings.cookie_samesite}")
    if settings.cookie_secure:
        parts.append("Secure")
    if settings.cookie_domain:
        parts.append(f"Domain={settings.cookie_domain}")
    return "; ".join(parts)

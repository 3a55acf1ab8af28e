"""What callers may pass: checked before any store is asked, refused with the argument's name."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from session_management.constants import TEN_YEARS_SECONDS
from session_management.errors import InvalidInputError
from session_management.models import UserRole, UserStatus, is_user_id
from session_management.tokens import is_handle

_EMAIL_CHARACTERS: Final = 255
_MOST_LISTED: Final = 1_000


def checked_email(email: object) -> str:
    """Return *email* as it is written. Raises InvalidInputError unless it could be an address."""
    if not isinstance(email, str) or len(email) > _EMAIL_CHARACTERS or not _is_address(email):
        raise InvalidInputError(f"email: must be an address of at most {_EMAIL_CHARACTERS} characters")
    if not email.isprintable() or " " in email:
        raise InvalidInputError("email: must not hold spaces or control characters")
    return email


def checked_password(password: str) -> str:
    """Return *password*. Raises InvalidInputError if it is empty."""
    if not password:
        raise InvalidInputError("password: must not be empty")
    return password


def checked_role(role: object) -> str:
    """Return *role*. Raises InvalidInputError if there is no such role."""
    return _one_of(UserRole, "role", role)


def checked_ttl(ttl_seconds: object) -> timedelta:
    """Return *ttl_seconds* as a span. Raises InvalidInputError unless it is a positive whole number."""
    if not isinstance(ttl_seconds, int) or isinstance(ttl_seconds, bool) or ttl_seconds <= 0:
        raise InvalidInputError("ttl_seconds: must be a positive whole number of seconds")
    return timedelta(seconds=min(ttl_seconds, TEN_YEARS_SECONDS))


def checked_handle(handle: object) -> str:
    """Return *handle*. Raises InvalidInputError unless it has the form of one; what came is not repeated."""
    if not isinstance(handle, str) or not is_handle(handle):
        raise InvalidInputError("handle: must be the 64 hex digits that a session is listed under, never a session ID")
    return handle


def checked_limit(limit: object) -> int:
    """Return *limit*. Raises InvalidInputError unless it is a number of users or sessions that fits one list."""
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= _MOST_LISTED:
        raise InvalidInputError(f"limit: must be a whole number from 1 to {_MOST_LISTED}")
    return limit


def checked_after(after: object) -> str | None:
    """Return *after*. Raises InvalidInputError unless it is a user's ID, or None for the first page."""
    if after is not None and not (isinstance(after, str) and is_user_id(after)):
        raise InvalidInputError("after: must be the ID of the last user of the page before, or None")
    return after


def checked_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the *fields* of a user that may be changed. Raises InvalidInputError for any other, or a bad value."""
    unknown = fields.keys() - _CHANGEABLE.keys()
    if unknown:
        allowed = ", ".join(_CHANGEABLE)
        raise InvalidInputError(f"{', '.join(sorted(unknown))}: cannot be changed here; what can be: {allowed}")
    return {name: _CHANGEABLE[name](value) for name, value in fields.items()}


def _is_address(email: str) -> bool:
    # The login's body takes no other.
    name, _, domain = email.partition("@")
    return bool(name and domain) and "@" not in domain


def _checked_status(status: object) -> str:
    return _one_of(UserStatus, "status", status)


def _checked_flag(flag: object) -> bool:
    if not isinstance(flag, bool):
        raise InvalidInputError("is_verified: must be true or false")
    return flag


def _one_of[Choice: (UserRole, UserStatus)](choices: type[Choice], name: str, value: object) -> Choice:
    if not isinstance(value, str) or value not in list(choices):
        raise InvalidInputError(f"{name}: must be one of {', '.join(choices)}")
    return choices(value)


_CHANGEABLE: Final[dict[str, Callable[[object], Any]]] = {
    "email": checked_email,
    "role": checked_role,
    "is_verified": _checked_flag,
    "status": _checked_status,
}

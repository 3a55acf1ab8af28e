"""The columns that every query selects, in order, and the values that rows of them become."""

from typing import Any, Final

from session_management.models import RecordedSession, Session, SessionWithUser, User, UserRole, UserStatus, new_tuple
from session_management.session_data import to_datetime
from session_management.tokens import handle_of_record


def _ms(column: str) -> str:
    # Whole milliseconds come back the same whatever the server's time zone and date style.
    return f"(extract(epoch FROM {column}) * 1000)::bigint"


USER_COLUMNS: Final = (
    f"u.id::text, u.email, u.role::text, u.is_verified, u.status, {_ms('u.created_at')}, {_ms('u.last_login_at')}"
)
SESSION_COLUMNS: Final = (
    f"s.id, s.user_id::text, {_ms('s.created_at')}, {_ms('s.expires_at')}, {_ms('s.absolute_expires_at')}, "
    f"{_ms('s.last_activity')}, {_ms('COALESCE(s.authenticated_at, s.created_at)')}, "
    "host(s.ip_address), s.user_agent, s.revoked, s.is_persistent"
)
_SESSION_WIDTH, _INSTANTS = 11, 5
_ROLES: Final = {str(role): role for role in UserRole}
_STATUSES: Final = {str(status): status for status in UserStatus}
RECORDED_COLUMNS: Final = f"{_ms('s.revoked_at')}, s.revoked_reason, {SESSION_COLUMNS}"


def may_be_in(started_at: str) -> str:
    """Return the condition that a session from *started_at* is none of those of the user `u` that were all ended.

    Its `:handle` may be the one that was kept.
    """
    return f"(u.all_ended_at IS NULL OR u.all_ended_at < {started_at} OR u.all_ended_but = :handle)"


def user_of(row: list[Any], hashed_password: str | None = None) -> User:
    """Return the user of a row of `USER_COLUMNS`."""
    user_id, email, role, is_verified, status, created_at, last_login_at = row
    began, last_login = to_datetime(created_at), None if last_login_at is None else to_datetime(last_login_at)
    return User(user_id, email, _ROLES[role], is_verified, began, last_login, _STATUSES[status], hashed_password)


def session_of(row: list[Any]) -> Session:
    """Return the session of a row of `SESSION_COLUMNS`, which are in the order of its fields."""
    key, user_id, *others = row
    instants = map(to_datetime, others[:_INSTANTS])
    return new_tuple(Session, (key, handle_of_record(key), user_id, *instants, *others[_INSTANTS:]))


def session_with_user_of(row: list[Any]) -> SessionWithUser:
    """Return both of a row of `SESSION_COLUMNS` and `USER_COLUMNS`."""
    return SessionWithUser(session_of(row[:_SESSION_WIDTH]), user_of(row[_SESSION_WIDTH:]))


def recorded_session_of(row: list[Any]) -> RecordedSession:
    """Return the whole record of a row of `RECORDED_COLUMNS` and `USER_COLUMNS`."""
    revoked_at, revoked_reason, *rest = row
    found = session_with_user_of(rest)
    revoked = None if revoked_at is None else to_datetime(revoked_at)
    return RecordedSession(found.session, found.user, revoked, revoked_reason)

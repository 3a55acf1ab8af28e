"""Events of sessions: opened without a password, ended, and presented by whom they should not be."""

from collections.abc import Sequence
from typing import ClassVar

from session_management.access import Denial
from session_management.client_changes import ClientChange
from session_management.events.event import Event, Fenced


class SessionCreated(Event):
    """`create_session` opened a session for a user who was verified elsewhere."""

    name: ClassVar = "session_created"
    says: ClassVar = "a session was opened without a password"

    user_id: str
    session_handle: str


class LoggedOut(Fenced):
    """A logout ended a session that had not been ended before."""

    name: ClassVar = "logged_out"
    says: ClassVar = "somebody logged out"

    user_id: str
    session_handle: str


class SessionsRevoked(Fenced):
    """`count` of a user's sessions were ended otherwise; `session_handles` has the first 20 of them.

    `reason` is `ended` (its user or an operator ended the one), `revoke_all` (all, or all others), `replaced` (by the
    login that it was presented with), `limit` (SESSION_MAX_PER_USER), `password_change` or `user_disabled`.
    """

    name: ClassVar = "sessions_revoked"
    says: ClassVar = "sessions were revoked"

    user_id: str
    reason: str
    count: int
    session_handles: Sequence[str]


class ClientChanged(Event):
    """A live session was presented from another network or device than its login; each time."""

    name: ClassVar = "client_changed"
    says: ClassVar = "a session was presented by another client"

    session_handle: str
    user_id: str
    changed: Sequence[ClientChange]
    is_refused: bool


class SessionDenied(Event):
    """An authorizer's policy denied a live session."""

    name: ClassVar = "session_denied"
    says: ClassVar = "a live session was denied"

    session_handle: str
    user_id: str
    denied: Denial

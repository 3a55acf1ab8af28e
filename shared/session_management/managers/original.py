"""Sessions of the original application, accepted while both run side by side on the same stores."""

from copy import replace
from datetime import datetime

from session_management.interfaces import UserRepository
from session_management.managers.copies import Look
from session_management.models import Session, SessionWithUser, User
from session_management.policy import SessionPolicy
from session_management.session_data import session_of
from session_management.tokens import handle_of


class OriginalSessions:
    """Finds a session that has no record: its JSON in Redis, or the legacy `users.session_id`.

    Such a session is not copied or recorded while both run side by side: when the original ends it, it is gone at once.
    """

    def __init__(self, *, users: UserRepository, policy: SessionPolicy) -> None:
        """Use these."""
        self._users = users
        self._policy = policy

    def find(self, session_id: str, look: Look, now: datetime) -> SessionWithUser | None:
        """Return the original's live session, with its enabled user; or None."""
        return self.in_redis(look, now) or self.in_column(session_id, look, now)

    def in_redis(self, look: Look, now: datetime) -> SessionWithUser | None:
        """Return the live session whose JSON was seen, if the original wrote it."""
        seen = look.seen
        if seen is None or seen.is_ours or not seen.user_id:
            return None
        said = session_of(seen, look.key, handle_of(look.key))
        user = self._users.find_in_session(said.user_id, said.handle, said.created_at)
        if user is None:
            return None
        session = self._session(look.key, user, said.created_at, now)
        session = replace(session, expires_at=said.expires_at, ip=said.ip, user_agent=said.user_agent)
        return self._live(SessionWithUser(session, user), now)

    def in_column(self, session_id: str, look: Look, now: datetime) -> SessionWithUser | None:
        """Return the live session that a user's legacy column names."""
        user = self._users.find_by_session_id(session_id, now - self._policy.max_age)
        if user is None or user.last_login_at is None:
            return None
        return self._live(SessionWithUser(self._session(look.key, user, user.last_login_at, now), user), now)

    def _live(self, found: SessionWithUser, now: datetime) -> SessionWithUser | None:
        return None if self._policy.expiry.is_over(found.session, now) else found

    def _session(self, key: str, user: User, created_at: datetime, now: datetime) -> Session:
        return Session(
            key=key,
            handle=handle_of(key),  # the key is its ID, which may look like a handle
            user_id=user.id,
            created_at=created_at,
            expires_at=created_at + self._policy.max_age,
            absolute_expires_at=self._policy.expiry.absolute_end(created_at),
            # The original records no activity, so no idle timeout can be held against its sessions.
            last_activity=now,
            authenticated_at=created_at,
        )

"""Sessions of the original application, accepted while both run side by side on the same stores."""

from datetime import datetime

from session_management.interfaces import UserRepository
from session_management.managers.copies import Look
from session_management.models import Session, SessionWithUser, User, UserStatus
from session_management.policy import SessionPolicy
from session_management.session_data import SessionData, to_datetime


class OriginalSessions:
    """Finds a session that has no record: its JSON in Redis, or the legacy `users.session_id`.

    Such a session is never copied or recorded here: when the original ends it, it is gone at once.
    """

    def __init__(self, *, users: UserRepository, policy: SessionPolicy) -> None:
        """Use these."""
        self._users = users
        self._policy = policy

    def find(self, session_id: str, look: Look, now: datetime) -> SessionWithUser | None:
        """Return the original's live session, with its enabled user; or None."""
        found = self._in_redis(look.key, look.seen, now) or self._in_column(session_id, look.key, now)
        return None if found is None or self._policy.expiry.is_over(found.session, now) else found

    def _in_redis(self, key: str, seen: SessionData | None, now: datetime) -> SessionWithUser | None:
        if seen is None or seen.is_ours or not seen.user_id:
            return None
        user = self._users.find_by_id(seen.user_id)
        if user is None or user.status is not UserStatus.ACTIVE:
            return None
        created_at, expires_at = to_datetime(seen.created_at), to_datetime(seen.expires_at)
        return self._session(key, user, created_at, expires_at, now, seen)

    def _in_column(self, session_id: str, key: str, now: datetime) -> SessionWithUser | None:
        user = self._users.find_by_session_id(session_id, now - self._policy.max_age)
        if user is None or user.last_login_at is None:
            return None
        expires_at = user.last_login_at + self._policy.max_age
        return self._session(key, user, user.last_login_at, expires_at, now, None)

    def _session(
        self,
        key: str,
        user: User,
        created_at: datetime,
        expires_at: datetime,
        now: datetime,
        seen: SessionData | None,
    ) -> SessionWithUser:
        session = Session(
            key=key,
            handle=self._policy.names.handle_of_key(key),
            user_id=user.id,
            created_at=created_at,
            expires_at=expires_at,
            absolute_expires_at=self._policy.expiry.absolute_end(created_at),
            # The original records no activity, so no idle timeout can be held against its sessions.
            last_activity=now,
            ip=seen.ip if seen else None,
            user_agent=seen.user_agent if seen else None,
        )
        return SessionWithUser(session, user)

"""Sessions in PostgreSQL: each operation one statement, or one after the lock of the user's row."""

from collections.abc import Sequence
from copy import replace
from datetime import datetime
from typing import Final

from session_management.adapters.postgres_rows import (
    RECORDED_COLUMNS,
    SESSION_COLUMNS,
    USER_COLUMNS,
    may_be_in,
    recorded_session_of,
    session_of,
    session_with_user_of,
    user_of,
)
from session_management.clients.postgres import Postgres
from session_management.constants import FENCE_SECONDS
from session_management.models import Ended, RecordedSession, Session, SessionWithUser
from session_management.tokens import SessionNames

# What has not ended: expiry.ExpiryRule, as a guard on writes; who asks decides by the rule itself.
_LIVE: Final = """
    NOT s.revoked AND s.expires_at > :now AND s.absolute_expires_at > :now AND s.last_activity > :idle_since
"""

_OPEN: Final = f"""
    WITH u AS (
        -- The legacy column's session would live on with the new login's date: a login replaces it.
        UPDATE users u
        SET last_login_at = :created_at, session_id = NULL,
            hashed_password = COALESCE(:new_hash::text, u.hashed_password)
        WHERE u.id = :user_id AND u.status = 'ACTIVE' AND (u.is_verified OR NOT :needs_verified_email)
            AND (:verified_hash::text IS NULL OR u.hashed_password IN (:verified_hash::text, :new_hash::text))
        RETURNING u.*
    ), s AS (
        INSERT INTO sessions
            (id, user_id, created_at, last_activity, authenticated_at, expires_at, absolute_expires_at,
            ip_address, user_agent, is_persistent)
        SELECT :key, u.id, :created_at, :created_at, :authenticated_at, :expires_at, :absolute_expires_at,
            :ip::inet, :user_agent, :is_persistent
        FROM u
        -- Met only when this very statement is sent again because its answer was lost.
        ON CONFLICT (id) DO UPDATE SET last_activity = excluded.last_activity
        RETURNING *
    )
    SELECT host(s.ip_address), s.revoked, {USER_COLUMNS} FROM s, u
"""

_CHECK: Final = f"""
    WITH touched AS (
        UPDATE sessions s SET last_activity = :now
        WHERE s.id = :key AND s.last_activity < :touch_before AND {_LIVE}
        RETURNING s.*
    ), found AS (
        SELECT * FROM touched
        UNION ALL
        SELECT * FROM sessions WHERE id = :key AND NOT EXISTS (SELECT FROM touched)
    )
    SELECT {SESSION_COLUMNS}, {USER_COLUMNS}
    FROM found s JOIN users u ON u.id = s.user_id WHERE u.status = 'ACTIVE'
"""

_EXTEND: Final = f"""
    WITH s AS (
        UPDATE sessions s
        SET expires_at = GREATEST(s.expires_at, LEAST(:until, s.absolute_expires_at)), last_activity = :now
        WHERE s.id = :key AND {_LIVE}
        RETURNING s.*
    )
    SELECT {SESSION_COLUMNS}, {USER_COLUMNS} FROM s JOIN users u ON u.id = s.user_id WHERE u.status = 'ACTIVE'
"""

_REVOKE: Final = """
    WITH ended AS (
        UPDATE sessions SET revoked = true, revoked_at = now(), revoked_reason = :reason
        WHERE id = :key AND NOT revoked
        RETURNING id
    )
    SELECT user_id::text, EXISTS (SELECT FROM ended) FROM sessions WHERE id = :key
"""
# Where IDs are plain, the original may know the session by the legacy column of its user.
_FORGET: Final = "UPDATE users SET session_id = NULL WHERE session_id = :key RETURNING id::text, true"

# The lock orders this against logins and other changes of the user. The legacy column is a session as well, and those
# of the original that no column names are ended by the date alone; the one that is kept has its handle for that.
_LOCK_AND_CLEAR: Final = """
    WITH was AS (SELECT id, session_id FROM users WHERE id = :user_id FOR NO KEY UPDATE)
    UPDATE users u
    SET session_id = CASE WHEN was.session_id = :except_key THEN was.session_id END,
        all_ended_at = now(), all_ended_but = :except_handle
    FROM was WHERE u.id = was.id RETURNING CASE WHEN u.session_id IS NULL THEN was.session_id END
"""

_REVOKE_ALL: Final = """
    UPDATE sessions SET revoked = true, revoked_at = now(), revoked_reason = :reason
    WHERE user_id = :user_id AND NOT revoked AND id <> :except_key
    RETURNING id
"""

# Who validates may read no password's hash.
_USER_FIELDS: Final = "u.id, u.email, u.role, u.is_verified, u.status, u.created_at, u.last_login_at"

# The lock comes first, as everywhere: who counts a user's sessions, or ends them all, sees one of the two names.
_RENAME: Final = f"""
    WITH u AS (
        SELECT {_USER_FIELDS} FROM users u
        WHERE u.id = (SELECT user_id FROM sessions WHERE id = :plain_key) AND u.status = 'ACTIVE'
        FOR NO KEY UPDATE
    ), s AS (
        UPDATE sessions s SET id = :key, last_activity = GREATEST(s.last_activity, :now) FROM u
        WHERE s.id = :plain_key AND s.user_id = u.id AND {_LIVE} AND NOT EXISTS (SELECT FROM sessions WHERE id = :key)
        RETURNING s.*
    )
    SELECT {SESSION_COLUMNS}, {USER_COLUMNS} FROM s, u
"""

_ADOPT: Final = f"""
    WITH u AS (
        UPDATE users u SET session_id = NULLIF(u.session_id, :plain_key)
        WHERE u.id = :user_id AND u.status = 'ACTIVE' AND (NOT :in_column OR u.session_id = :plain_key)
            AND {may_be_in(":created_at")}
        RETURNING {_USER_FIELDS}
    ), s AS (
        INSERT INTO sessions
            (id, user_id, created_at, last_activity, authenticated_at, expires_at, absolute_expires_at,
            ip_address, user_agent)
        SELECT :key, u.id, :created_at, :last_activity, :created_at, :expires_at, :absolute_expires_at,
            :ip::inet, :user_agent
        FROM u
        ON CONFLICT (id) DO NOTHING
        RETURNING *
    )
    SELECT {SESSION_COLUMNS}, {USER_COLUMNS} FROM s, u
"""

_KEEP_NEWEST: Final = """
    UPDATE sessions SET revoked = true, revoked_at = now(), revoked_reason = 'limit'
    WHERE id IN (
        SELECT id FROM sessions
        WHERE user_id = :user_id AND NOT revoked AND expires_at > now() AND id <> :spared_key
        ORDER BY created_at DESC, id DESC OFFSET :others
    )
    RETURNING id
"""

_LIVE_OF: Final = f"""
    SELECT {SESSION_COLUMNS} FROM sessions s WHERE s.user_id = :user_id AND {_LIVE}
    ORDER BY s.created_at DESC, s.id DESC LIMIT :limit
"""

_RECENT: Final = f"""
    SELECT {SESSION_COLUMNS} FROM sessions s
    WHERE s.user_id = :user_id AND (NOT s.revoked OR s.revoked_at > now() - INTERVAL '{FENCE_SECONDS} seconds')
"""

_BY_HANDLE: Final = f"SELECT {RECORDED_COLUMNS}, {USER_COLUMNS} FROM sessions s JOIN users u ON u.id = s.user_id WHERE"
# By its key where that is the handle; where keys are session IDs, no index knows their digests.
_IS_HANDLE: Final = "length(s.id) = 64 AND s.id = :handle"
_HAS_HANDLE: Final = (
    f"({_IS_HANDLE} OR length(s.id) <> 64 AND encode(sha256(convert_to(s.id, 'UTF8')), 'hex') = :handle)"
)


class PostgreSQLSessionAdapter:
    """Sessions in the table `sessions`. Every method raises StoreUnavailableError if PostgreSQL does not answer."""

    def __init__(self, postgres: Postgres, names: SessionNames) -> None:
        """Use *postgres*; *names* tells what may be kept under which key."""
        self._postgres = postgres
        self._names = names

    def open(
        self,
        session: Session,
        verified_hash: str | None,
        new_hash: str | None,
        *,
        needs_verified_email: bool = False,
    ) -> SessionWithUser | None:
        """Insert *session* and record the login, as one; None if its user may not log in (any more)."""
        rows = self._postgres.fetch(
            _OPEN,
            key=session.key,
            user_id=session.user_id,
            created_at=session.created_at,
            expires_at=session.expires_at,
            absolute_expires_at=session.absolute_expires_at,
            authenticated_at=session.authenticated_at,
            is_persistent=session.is_persistent,
            ip=session.ip,
            user_agent=session.user_agent,
            verified_hash=verified_hash,
            new_hash=new_hash,
            needs_verified_email=needs_verified_email,
        )
        if not rows:
            return None
        ip, revoked, *user = rows[0]
        # All else of the session is recorded as it was given, and need not be read again.
        return SessionWithUser(replace(session, ip=ip, revoked=revoked), user_of(user))

    def check(self, key: str, now: datetime, touch_before: datetime, idle_since: datetime) -> SessionWithUser | None:
        """Return the session with its enabled user, ended or not, or None; records activity if that is due."""
        if not self._names.may_record(key):
            return None
        return self._found(_CHECK, key=key, now=now, touch_before=touch_before, idle_since=idle_since)

    def extend(self, key: str, until: datetime, now: datetime, idle_since: datetime) -> SessionWithUser | None:
        """Move a live session's expiry to *until*, never back, never past its absolute end; None if none is live."""
        if not self._names.may_record(key):
            return None
        return self._found(_EXTEND, key=key, until=until, now=now, idle_since=idle_since)

    def revoke(self, key: str, reason: str) -> Ended | None:
        """End one session, for good; whose it is, if there is a record of it, just ended or before."""
        rows = self._postgres.fetch(_REVOKE, key=key, reason=reason)
        forgotten = self.forget(key)
        return Ended(*rows[0]) if rows else forgotten

    def forget(self, key: str) -> Ended | None:
        """Clear the legacy column that holds *key*, if session IDs are kept in plain form; whose it was."""
        rows = self._postgres.fetch(_FORGET, key=key) if self._names.at_rest == "plain" else []
        return Ended(*rows[0]) if rows else None

    def revoke_all(self, user_id: str, reason: str, except_key: str | None) -> list[str]:
        """End all of a user's sessions but one; the keys of those that ended now. Runs inside a transaction."""
        handle = self._names.handle_of_key(except_key) if except_key else None
        legacy = self._postgres.fetch(_LOCK_AND_CLEAR, user_id=user_id, except_key=except_key, except_handle=handle)
        row_key = except_key if except_key and self._names.may_record(except_key) else ""
        ended = self._postgres.fetch(_REVOKE_ALL, user_id=user_id, reason=reason, except_key=row_key)
        # Where IDs are nothing but digests, no session of the original is accepted: its ID is not a key of ours.
        known = [*ended, *legacy] if self._names.knows_plain else ended
        return [key for (key,) in known if key is not None]

    def rename(self, plain_key: str, key: str, now: datetime, idle_since: datetime) -> SessionWithUser | None:
        """Keep a live session under *key* instead of *plain_key*; None if none is live, or its user is disabled."""
        return self._found(_RENAME, plain_key=plain_key, key=key, now=now, idle_since=idle_since)

    def adopt(self, session: Session, plain_key: str, *, in_column: bool) -> SessionWithUser | None:
        """Record a session that the original made; None if it is recorded, or ended in the meantime."""
        return self._found(
            _ADOPT,
            key=session.key,
            handle=session.handle,
            plain_key=plain_key,
            in_column=in_column,
            user_id=session.user_id,
            created_at=session.created_at,
            last_activity=session.last_activity,
            expires_at=session.expires_at,
            absolute_expires_at=session.absolute_expires_at,
            ip=session.ip,
            user_agent=session.user_agent,
        )

    def keep_newest(self, user_id: str, count: int, spared_key: str) -> list[str]:
        """End all but the *count* newest live sessions of a user, sparing one; the keys of those that ended."""
        rows = self._postgres.fetch(_KEEP_NEWEST, user_id=user_id, others=count - 1, spared_key=spared_key)
        return [key for (key,) in rows]

    def live(self, user_id: str, now: datetime, idle_since: datetime, limit: int) -> Sequence[Session]:
        """Return a user's live sessions, the newest first: *limit* of them at most."""
        rows = self._postgres.fetch(_LIVE_OF, user_id=user_id, now=now, idle_since=idle_since, limit=limit)
        return [session_of(row) for row in rows]

    def recent(self, user_id: str, handle: str | None = None) -> Sequence[Session]:
        """Return a user's sessions that were not revoked, or within a fence's life; or of these the one of *handle*."""
        named = {} if handle is None else {"handle": handle}
        sql = f"{_RECENT} AND {_HAS_HANDLE}" if named else _RECENT
        return [session_of(row) for row in self._postgres.fetch(sql, user_id=user_id, **named)]

    def find_by_handle(self, handle: str) -> RecordedSession | None:
        """Return the record of the session that people call *handle*, whatever has become of it; or None."""
        # Not by digests of all keys where none that is in plain form is accepted: there are too many.
        condition = _HAS_HANDLE if self._names.knows_plain else _IS_HANDLE
        rows = self._postgres.fetch(f"{_BY_HANDLE} {condition}", handle=handle)
        return recorded_session_of(rows[0]) if rows else None

    def _found(self, sql: str, **parameters: object) -> SessionWithUser | None:
        rows = self._postgres.fetch(sql, **parameters)
        return session_with_user_of(rows[0]) if rows else None

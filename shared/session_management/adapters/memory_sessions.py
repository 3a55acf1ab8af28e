"""Sessions in memory, and what the sweeper does with them."""

from collections.abc import Iterator, Sequence
from copy import replace
from datetime import datetime, timedelta
from itertools import filterfalse

from session_management.adapters.memory import MemoryDatabase, SessionRow, public
from session_management.constants import FENCE_SECONDS
from session_management.interfaces import Clock
from session_management.models import Ended, RecordedSession, Session, SessionWithUser, UserStatus
from session_management.tokens import SessionNames, is_handle


class MemorySessionAdapter:
    """Sessions in memory."""

    def __init__(self, database: MemoryDatabase, clock: Clock, names: SessionNames) -> None:
        """Use *database*; *clock* stands for the record's own."""
        self._database = database
        self._clock = clock
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
        with self._database.lock:
            row = self._database.users.get(session.user_id)
            if not row or row.user.status != UserStatus.ACTIVE:
                return None
            if needs_verified_email and not row.user.is_verified:
                return None
            if verified_hash is not None and row.user.hashed_password != verified_hash:
                return None
            hashed = new_hash or row.user.hashed_password
            user = replace(row.user, last_login_at=session.created_at, hashed_password=hashed)
            self._database.users[user.id] = replace(row, user=user, session_id=None)
            self._database.sessions[session.key] = SessionRow(session)
            return SessionWithUser(session, public(user))

    def check(self, key: str, now: datetime, touch_before: datetime, idle_since: datetime) -> SessionWithUser | None:
        """Return the session with its enabled user, ended or not, or None; records activity if that is due."""
        with self._database.lock:
            row = self._row(key)
            if row and row.session.last_activity < touch_before and _is_live(row.session, now, idle_since):
                row = self._put(replace(row, session=replace(row.session, last_activity=now)))
            return self._with_user(row)

    def extend(self, key: str, until: datetime, now: datetime, idle_since: datetime) -> SessionWithUser | None:
        """Move a live session's expiry to *until*, never back, never past its absolute end; None if none is live."""
        with self._database.lock:
            row = self._row(key)
            if not row or not _is_live(row.session, now, idle_since):
                return None
            expires_at = max(row.session.expires_at, min(until, row.session.absolute_expires_at))
            session = replace(row.session, expires_at=expires_at, last_activity=now)
            return self._with_user(self._put(replace(row, session=session)))

    def revoke(self, key: str, reason: str) -> Ended | None:
        """End one session, for good; whose it is, if there is a record of it, just ended or before."""
        with self._database.lock:
            row = self._database.sessions.get(key)
            ended = Ended(row.session.user_id, is_new=not row.session.revoked) if row else None
            if row and not row.session.revoked:
                self._end(row, reason)
            forgotten = self.forget(key)
            return ended or forgotten

    def forget(self, key: str) -> Ended | None:
        """Clear the legacy column that holds *key*, if session IDs are kept in plain form; whose it was."""
        with self._database.lock:
            rows = [row for row in self._database.users.values() if row.session_id == key]
            if self._names.at_rest != "plain" or not rows:
                return None
            self._database.users[rows[0].user.id] = replace(rows[0], session_id=None)
            return Ended(rows[0].user.id, is_new=True)

    def revoke_all(self, user_id: str, reason: str, except_key: str | None) -> list[str]:
        """End all of a user's sessions but one; the keys of those that ended now. Runs inside a transaction."""
        with self._database.lock:
            user = self._database.users.get(user_id)
            legacy = user.session_id if user and user.session_id != except_key else None
            if user:
                self._database.users[user_id] = replace(
                    user,
                    session_id=None if legacy else user.session_id,
                    all_ended_at=self._clock.now(),
                    all_ended_but=self._names.handle_of_key(except_key) if except_key else None,
                )
            kept = self._row(except_key) if except_key else None
            rows = [row for row in self._of(user_id) if not row.session.revoked and row is not kept]
            for row in rows:
                self._end(row, reason)
            known = [legacy] if legacy and self._names.knows_plain else []
            return [*(row.session.key for row in rows), *known]

    def rename(self, plain_key: str, key: str, now: datetime, idle_since: datetime) -> SessionWithUser | None:
        """Keep a live session under *key* instead of *plain_key*; None if none is live, or its user is disabled."""
        with self._database.lock:
            row = self._database.sessions.get(plain_key)
            if not row or key in self._database.sessions or not _is_live(row.session, now, idle_since):
                return None
            activity = max(row.session.last_activity, now)
            handle = self._names.handle_of_key(key)
            renamed = replace(row, session=replace(row.session, key=key, handle=handle, last_activity=activity))
            found = self._with_user(renamed)
            if found:
                del self._database.sessions[plain_key]
                self._put(renamed)
            return found

    def adopt(self, session: Session, plain_key: str, *, in_column: bool) -> SessionWithUser | None:
        """Record a session that the original made; None if it is recorded, or ended in the meantime."""
        with self._database.lock:
            row = self._database.users.get(session.user_id)
            if (
                not row
                or session.key in self._database.sessions
                or not row.may_be_in(session.handle, session.created_at)
            ):
                return None
            is_there = row.session_id == plain_key
            if in_column and not is_there:
                return None
            self._database.users[session.user_id] = replace(row, session_id=None) if is_there else row
            return self._with_user(self._put(SessionRow(session)))

    def keep_newest(self, user_id: str, count: int, spared_key: str) -> list[str]:
        """End all but the *count* newest live sessions of a user, sparing one; the keys of those that ended."""
        with self._database.lock:
            now = self._clock.now()
            live = [row for row in self._of(user_id) if not row.session.revoked and row.session.expires_at > now]
            others = [row for row in live if row.session.key != spared_key]
            others.sort(key=lambda row: (row.session.created_at, row.session.key), reverse=True)
            for row in others[count - 1 :]:
                self._end(row, "limit")
            return [row.session.key for row in others[count - 1 :]]

    def live(self, user_id: str, now: datetime, idle_since: datetime, limit: int) -> Sequence[Session]:
        """Return a user's live sessions, the newest first: *limit* of them at most."""
        with self._database.lock:
            live = [row.session for row in self._of(user_id) if _is_live(row.session, now, idle_since)]
        return sorted(live, key=lambda session: (session.created_at, session.key), reverse=True)[:limit]

    def recent(self, user_id: str, handle: str | None = None) -> Sequence[Session]:
        """Return a user's sessions that were not revoked, or within a fence's life; or of these the one of *handle*."""
        since = self._clock.now() - timedelta(seconds=FENCE_SECONDS)
        with self._database.lock:
            rows = [row for row in self._of(user_id) if row.revoked_at is None or row.revoked_at > since]
        return [row.session for row in rows if handle in (None, row.session.handle)]

    def find_by_handle(self, handle: str) -> RecordedSession | None:
        """Return the record of the session that people call *handle*, whatever has become of it; or None."""
        with self._database.lock:
            row = next((row for row in self._database.sessions.values() if row.session.handle == handle), None)
            user = row and self._database.users.get(row.session.user_id)
            if not row or not user:
                return None
            return RecordedSession(row.session, public(user.user), row.revoked_at, row.revoked_reason)

    def _row(self, key: str) -> SessionRow | None:
        return self._database.sessions.get(key) if self._names.may_record(key) else None

    def _of(self, user_id: str) -> list[SessionRow]:
        return [row for row in self._database.sessions.values() if row.session.user_id == user_id]

    def _put(self, row: SessionRow) -> SessionRow:
        self._database.sessions[row.session.key] = row
        return row

    def _end(self, row: SessionRow, reason: str) -> None:
        session = replace(row.session, revoked=True)
        self._put(SessionRow(session, revoked_at=self._clock.now(), revoked_reason=reason))

    def _with_user(self, row: SessionRow | None) -> SessionWithUser | None:
        user = row and self._database.users.get(row.session.user_id)
        if not row or not user or user.user.status != UserStatus.ACTIVE:
            return None
        return SessionWithUser(row.session, public(user.user))


class MemorySweepAdapter:
    """What the sweeper does, in memory."""

    def __init__(self, database: MemoryDatabase, clock: Clock) -> None:
        """Use *database*; *clock* stands for the record's own."""
        self._database = database
        self._clock = clock

    def recently_revoked(self, after: str, limit: int) -> Sequence[str]:
        """Return keys of sessions revoked within a fence's life, in order, from beyond *after*."""
        since = self._clock.now() - timedelta(seconds=FENCE_SECONDS)
        rows = self._database.sessions.items()
        return sorted(key for key, row in rows if row.revoked_at and row.revoked_at > since and key > after)[:limit]

    def delete_expired(self, limit: int) -> Iterator[int]:
        """Delete rows that expired and were never revoked; yields how many went after each step."""
        deleted = limit
        while deleted == limit:
            now = self._clock.now()
            rows = self._database.sessions.items()
            over = [key for key, row in rows if not row.session.revoked and row.session.expires_at < now][:limit]
            deleted = self._remove(over)
            yield deleted

    def lag(self) -> timedelta:
        """Return for how long the row has been over that is over for longest; zero for none."""
        now = self._clock.now()
        ends = [row.session.expires_at for row in self._database.sessions.values() if not row.session.revoked]
        return max([now - end for end in ends if end < now], default=timedelta(0))

    def purgeable(self, retention: timedelta, limit: int, *, only_expired: bool) -> Sequence[tuple[str, bool]]:
        """Return (key, whether its copy may live) of revoked rows past *retention*, oldest first."""
        now = self._clock.now()
        old = [row for row in self._database.sessions.values() if row.revoked_at and row.revoked_at < now - retention]
        old.sort(key=lambda row: row.revoked_at or now)
        found = [(row.session.key, row.session.expires_at > now) for row in old]
        return [(key, may_live) for key, may_live in found if not (only_expired and may_live)][:limit]

    def purge(self, keys: Sequence[str]) -> int:
        """Delete these revoked rows; how many went."""
        rows = self._database.sessions
        return self._remove([key for key in keys if key in rows and rows[key].session.revoked])

    def clear_legacy_session_ids(self, max_age: timedelta, limit: int) -> int:
        """Clear up to *limit* of the users' legacy `session_id` that are past *max_age*; how many."""
        since = self._clock.now() - max_age
        with self._database.lock:
            rows = [row for row in self._database.users.values() if row.session_id is not None]
            past = [row for row in rows if not row.user.last_login_at or row.user.last_login_at < since][:limit]
            for row in past:
                self._database.users[row.user.id] = replace(row, session_id=None)
            return len(past)

    def plain_left(self) -> int:
        """Return how many sessions are still in plain form: live rows, and legacy `session_id`s of users."""
        now = self._clock.now()
        rows = [row.session for row in self._database.sessions.values() if not is_handle(row.session.key)]
        live = [session for session in rows if not session.revoked and session.expires_at > now]
        return len(live) + sum(row.session_id is not None for row in self._database.users.values())

    def plain_keys(self, until: datetime, limit: int) -> Sequence[str]:
        """Return up to *limit* keys in plain form, of rows and legacy columns, once *until* is past; none before."""
        if self._clock.now() < until:
            return []
        columns = [row.session_id for row in self._database.users.values() if row.session_id is not None]
        return [*filterfalse(is_handle, self._database.sessions), *columns][:limit]

    def forget_plain(self, keys: Sequence[str]) -> int:
        """Delete the rows with these plain keys, and clear the legacy columns; how many."""
        with self._database.lock:
            rows = [row for row in self._database.users.values() if row.session_id in keys]
            for row in rows:
                self._database.users[row.user.id] = replace(row, session_id=None)
            return self._remove([*filterfalse(is_handle, keys)]) + len(rows)

    def _remove(self, keys: Sequence[str]) -> int:
        with self._database.lock:
            return sum(self._database.sessions.pop(key, None) is not None for key in keys)


def _is_live(session: Session, now: datetime, idle_since: datetime) -> bool:
    ends_at = min(session.expires_at, session.absolute_expires_at)
    return not session.revoked and ends_at > now and session.last_activity > idle_since

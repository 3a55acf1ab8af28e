"""Whose session is this? The read side of the two-store protocol."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from session_management.errors import StoreUnavailableError
from session_management.interfaces import Clock, DatabaseAdapter, Observer, ValidationPath
from session_management.managers.copies import Copies, Look
from session_management.managers.original import OriginalSessions
from session_management.managers.upgrading import Upgrading
from session_management.models import Session, SessionWithUser, new_tuple
from session_management.policy import SessionPolicy
from session_management.session_data import SessionData, session_of

_NOTHING: Final = timedelta()


class Validation:
    """Finds the live session of a session ID: from the copy if it may be believed, else from the record."""

    def __init__(
        self,
        *,
        database: DatabaseAdapter,
        copies: Copies,
        policy: SessionPolicy,
        clock: Clock,
        observer: Observer,
    ) -> None:
        """Use these."""
        self._database = database
        self._copies = copies
        self._policy = policy
        self._clock = clock
        self._observer = observer
        self._original = OriginalSessions(users=database.users, policy=policy)
        self._upgrading = Upgrading(database=database, copies=copies, policy=policy, clock=clock)

    def find(self, session_id: str, *, needs_copies: bool = False) -> SessionWithUser | None:
        """Return the live session with its user; None if nobody may use *session_id*.

        With *needs_copies* it goes on without Redis no more than without PostgreSQL: for who is about to write fences.

        Raises:
            StoreUnavailableError: it cannot be told.
        """
        key = self._policy.names.key_of(session_id)
        if key is None:
            return self._answer(ValidationPath.MALFORMED, None)
        now = self._clock.now()
        look = self._copies.look(key)
        copy, age = self._copy(look, now)
        if copy and age < self._policy.revalidate:
            return self._answer(ValidationPath.COPY, copy)
        last_resort = copy if age < self._policy.stale_if_error else None
        try:
            return self._find_without(last_resort, session_id, look, now, needs_copies=needs_copies)
        except StoreUnavailableError:
            self._observer.could_not_validate()
            raise

    def _find_without(
        self, copy: SessionWithUser | None, session_id: str, look: Look, now: datetime, *, needs_copies: bool
    ) -> SessionWithUser | None:
        """Return what the record says, or a fence; in an outage *copy*, although it is not fresh any more."""
        if look.failure and needs_copies:
            raise look.failure
        if look.is_revoked:
            return self._answer(ValidationPath.FENCE, None)
        try:
            found = self._ask_record(look.key, now)
        except StoreUnavailableError:
            if copy:
                return self._answer(ValidationPath.STALE_IF_ERROR, copy)
            raise
        return self._from_record(found, look, now) if found else self._unrecorded(session_id, look, now)

    def way(self, look: Look, now: datetime) -> ValidationPath:
        """Return what would answer a validation that saw this: FENCE or COPY by itself, STALE_IF_ERROR in an outage.

        RECORD, where nothing but the record can.
        """
        if look.is_revoked:
            return ValidationPath.FENCE
        copy, age = self._copy(look, now)
        if copy and age < self._policy.revalidate:
            return ValidationPath.COPY
        return ValidationPath.STALE_IF_ERROR if copy and age < self._policy.stale_if_error else ValidationPath.RECORD

    def extend(self, session_id: str, ttl: timedelta) -> datetime | None:
        """Push a live session's end to *ttl* from now, within its absolute lifetime; the new end, or None.

        Raises as `find`.
        """
        key = self._policy.names.key_of(session_id)
        look = self._copies.look(key) if key else None
        if key is None or look is None or look.is_revoked:
            return None
        now = self._clock.now()
        idle_since = self._policy.expiry.idle_since(now)
        found = self._database.sessions.extend(key, now + ttl, now, idle_since)
        if found is None and self._policy.is_upgrading(now) and self._upgrading.find(session_id):
            found = self._database.sessions.extend(key, now + ttl, now, idle_since)
        if found is None:
            return None
        self._copies.repair(look, found, now)
        return found.session.expires_at

    def _copy(self, look: Look, now: datetime) -> tuple[SessionWithUser | None, timedelta]:
        """Return what the copy says, unless it cannot be believed at all, and how long ago its record was asked.

        It holds no snapshot, its session has ended, or it is from a clock that runs ahead of ours: it would be believed
        for too long.
        """
        seen = look.seen
        if seen is None or seen.fence or seen.user is None or seen.checked is None:
            return None, _NOTHING
        handle, age = self._policy.names.handle_of_presented(look.key), now - seen.checked
        if handle is None or age < _NOTHING:
            return None, age
        session = session_of(seen, look.key, handle)
        if self._policy.expiry.is_over(session, now):
            return None, age
        return new_tuple(SessionWithUser, (session, seen.user)), age

    def _session(self, look: Look, seen: SessionData) -> Session:
        return session_of(seen, look.key, self._policy.names.handle_of_key(look.key))

    def _ask_record(self, key: str, now: datetime) -> SessionWithUser | None:
        policy, sessions = self._policy, self._database.sessions
        idle_since = policy.expiry.idle_since(now)
        found = sessions.check(key, now, now - policy.touch, idle_since)
        if found is None or not policy.slides or found.session.last_activity != now:
            return found
        until = now + policy.life(is_persistent=found.session.is_persistent)
        # The record has answered already: where it does not answer this, the next activity pushes the end.
        with suppress(StoreUnavailableError):
            return sessions.extend(key, until, now, idle_since)
        return found

    def _from_record(
        self, found: SessionWithUser | None, look: Look, now: datetime, path: ValidationPath = ValidationPath.RECORD
    ) -> SessionWithUser | None:
        path = ValidationPath.RECORD_WITHOUT_REDIS if look.failure else path
        if found is None or found.session.revoked:
            self._disown(look, is_revoked=found is not None)
            return self._answer(path, None)
        if self._policy.expiry.is_over(found.session, now):
            return self._answer(path, None)
        self._copies.repair(look, found, now)
        return self._answer(path, found)

    def _disown(self, look: Look, *, is_revoked: bool) -> None:
        """Fence a copy that the record denies, or it would be believed again when PostgreSQL does not answer."""
        if look.seen is None or not look.seen.is_ours or look.seen.fence:
            return
        if not self._policy.names.may_record(look.key):
            return  # it is the copy of what a handle names: that was no answer about it
        if is_revoked:
            self._copies.fence([look.key])
        else:
            self._copies.invalidate(self._session(look, look.seen))

    def _unrecorded(self, session_id: str, look: Look, now: datetime) -> SessionWithUser | None:
        if self._policy.accepts_original:
            return self._ask_original(session_id, look, now)
        if self._policy.is_upgrading(now):
            return self._upgraded(session_id, look, now)
        return self._from_record(None, look, now)

    def _ask_original(self, session_id: str, look: Look, now: datetime) -> SessionWithUser | None:
        found = self._original.find(session_id, look, now)
        if found is None and look.failure:
            raise look.failure
        self._disown(look, is_revoked=False)
        return self._answer(ValidationPath.ORIGINAL, found)

    def _upgraded(self, session_id: str, look: Look, now: datetime) -> SessionWithUser | None:
        found = self._upgrading.find(session_id)
        if found is None or found.session.key == look.key:
            return self._from_record(found, look, now, ValidationPath.UPGRADED)
        # Redis is down, and the session still in plain form: no copy of it may be written under its digest.
        is_live = not found.session.revoked and not self._policy.expiry.is_over(found.session, now)
        return self._answer(ValidationPath.UPGRADED, found if is_live else None)

    def _answer(self, path: ValidationPath, found: SessionWithUser | None) -> SessionWithUser | None:
        self._observer.validated(path, is_valid=found is not None)
        return found

"""Ending sessions: the record first, then a fence over every copy. The write side of the two-store protocol."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from session_management.errors import StoreUnavailableError
from session_management.events import Event, LoggedOut
from session_management.interfaces import DatabaseAdapter, SessionAdapter
from session_management.managers.copies import Copies
from session_management.managers.reporting import Reporting
from session_management.managers.upgrading import Upgrading
from session_management.models import Ended
from session_management.policy import SessionPolicy
from session_management.tokens import handle_of


class Revocation:
    """Ends sessions. Done only when both stores know; the sweeper finishes what Redis missed."""

    def __init__(
        self,
        *,
        database: DatabaseAdapter,
        copies: SessionAdapter,
        policy: SessionPolicy,
        upgrading: Upgrading,
        report: Reporting,
    ) -> None:
        """Use these."""
        self._upgrading = upgrading
        self._database = database
        self._copies = copies
        self._policy = policy
        self.report: Final = report

    def end(self, session_id: str, reason: str, *, redis_failure: StoreUnavailableError | None = None) -> None:
        """End one session. One that is malformed or unknown is ended already.

        After a *redis_failure*, which the request met already, Redis is not waited for again.

        Raises:
            StoreUnavailableError: one of the stores does not know yet; the other does.
        """
        key = self._policy.names.key_of(session_id)
        if key is None:
            return
        if redis_failure and not self._policy.names.takes_plain:
            ended = self._end_record(key, reason)
            self.report.tell(*self._event_of(ended, key, reason), is_fenced=False)
            raise redis_failure
        failure = self._take_in(session_id, key) if self._policy.names.takes_plain else None
        try:
            ended = self._end_record(key, reason)
        except StoreUnavailableError:
            with suppress(StoreUnavailableError):
                self._fence_presented(key)
            raise
        # An unknown ID writes nothing, or anybody could fill Redis. The original's sessions have no record.
        with self.report.fencing(*self._event_of(ended, key, reason)):
            if ended or self._policy.accepts_original:
                self._fence_presented(key)
            if failure:
                raise failure

    def end_one_of(self, user_id: str, handle: str, reason: str) -> bool:
        """End the user's session that people call *handle*; whether they have it, or had it within a fence's life.

        One that has just ended is fenced again: whoever ended it may have missed Redis. Raises as `end`.
        """
        found = self._database.sessions.recent(user_id, handle)
        for session in found:
            ended = self._database.sessions.revoke(session.key, reason)
            if not ended:
                # It was taken in since it was looked for, and has another key; or it is gone.
                return self.end_one_of(user_id, handle, reason)
            with self.report.fencing(*self._event_of(ended, session.key, reason)):
                self._copies.delete(session.key)
        return bool(found)

    def end_all(self, user_id: str, reason: str, except_session_id: str | None = None) -> int:
        """End all sessions of a user but one; how many ended now. Raises as `end`."""
        except_key = self.key_to_keep(except_session_id)
        with self._database.begin():
            ended = self._database.sessions.revoke_all(user_id, reason, except_key)
        with self.report.fencing(*self.report.revoked(user_id, reason, ended)):
            self.fence(user_id, ended)
        return len(ended)

    def key_to_keep(self, session_id: str | None) -> str | None:
        """Return the key of the session that an end of all others is to spare, for `revoke_all`; None for none.

        One that is still in plain form is taken in first, or it would be one of the others.
        """
        key = self._policy.names.key_of(session_id) if session_id else None
        if session_id and key:
            self._upgrading.take_in_while_there_is_time(session_id)
        return key

    def fence(self, user_id: str, ended: Iterable[str], *, opened: str = "") -> None:
        """After a commit that *ended* some sessions, fence every copy that could still show what was before.

        The key of one that the same commit *opened* is spared: it has no copy from before. Raises as `end`.
        """
        sessions = self._database.sessions.recent(user_id)
        # One just revoked gets its fence from here too: whoever revoked it may not have come to that yet.
        self._fence_keys({*ended, *(session.key for session in sessions if session.revoked)})
        for session in sessions:
            if not session.revoked and session.key != opened:
                self._copies.invalidate(session)

    def _event_of(self, ended: Ended | None, key: str, reason: str) -> Sequence[Event]:
        """Return the event of one session's end; none where it had ended before, or nobody knows whose it was."""
        if ended is None or not ended.is_new:
            return []
        if reason == "logout":
            return [LoggedOut(user_id=ended.user_id, session_handle=self._policy.names.handle_of_key(key))]
        return self.report.revoked(ended.user_id, reason, [key])

    def _take_in(self, session_id: str, key: str) -> StoreUnavailableError | None:
        """Have a session that may still be in plain form end as the digest that its next use would make of it.

        Even past the time of upgrades: another environment's clock may be behind. Returns that Redis did not answer:
        the original's JSON may be there.
        """
        try:
            return self._upgrading.take_in(session_id).failure
        except StoreUnavailableError:
            Copies(self._copies).fence([key])
            raise

    def _end_record(self, key: str, reason: str) -> Ended | None:
        """End what is recorded of a presented session, if its ID may be the name of a record; whose it is."""
        if not self._policy.names.may_record(key):
            return self._database.sessions.forget(key)
        return self._database.sessions.revoke(key, reason) or self._end_upgraded(key, reason)

    def _end_upgraded(self, key: str, reason: str) -> Ended | None:
        """End the digest that an environment which is switched over already has made of a session in plain form."""
        if not self._policy.accepts_original:
            return None
        digest = handle_of(key)
        ended = self._database.sessions.revoke(digest, reason)
        if ended:
            self._copies.delete(digest)
        return ended

    def _fence_presented(self, key: str) -> None:
        """Fence the copy under a presented ID: where that looks like a handle, only what the original wrote."""
        if not self._policy.names.may_record(key):
            seen = self._copies.get(key)
            if seen is None or seen.is_ours:
                return
        self._copies.delete(key)

    def _fence_keys(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._copies.delete(key)

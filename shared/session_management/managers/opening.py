"""Opening sessions: record one with its user's login, and whatever changes with it, as one; then copy it."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import replace
from datetime import timedelta
from typing import Final, NamedTuple

from session_management.deadline import asking_again
from session_management.errors import CommitUnknownError, InvalidCredentialsError, StoreUnavailableError
from session_management.events import Event, SessionCreated
from session_management.interfaces import Clock, DatabaseAdapter, NewCopy
from session_management.limiter import Reservation
from session_management.managers.copies import Copies, Look
from session_management.managers.revocation import Revocation
from session_management.models import LogIn, Session, SessionMetadata, SessionWithUser
from session_management.policy import SessionPolicy
from session_management.tokens import new_session_id


class Proof(NamedTuple):
    """What a login was verified by, and must still hold when it is recorded.

    `verified_hash` must be the user's then, and `new_hash` replaces it; so must a verified email, where it is needed.
    With a `redis_failure`, which the request met already, the copy is left to the first validation: nobody waits for
    Redis twice. `told` makes the event that tells of it, of the keywords `user_id` and `session_handle`. The try that
    is `reserved` is given back together with the copy.
    """

    verified_hash: str | None = None
    new_hash: str | None = None
    needs_verified_email: bool = False
    redis_failure: StoreUnavailableError | None = None
    told: Callable[..., Event] = SessionCreated
    reserved: Reservation | None = None


class Changed(NamedTuple):
    """What a change did: whose session may be opened after it, and the keys of the sessions that it ended."""

    user_id: str
    ended: Sequence[str] = ()


type Change = Callable[[], Changed]
"""Something done in the transaction that opens a session, before it. What it raises undoes it, and nothing is open."""

_NO_PROOF: Final = Proof()
_OUTDATED: Final = "the user or their password was changed meanwhile"


class Opening:
    """Opens sessions. One is open when the record has it; the copy may follow later."""

    def __init__(
        self,
        *,
        database: DatabaseAdapter,
        copies: Copies,
        revocation: Revocation,
        policy: SessionPolicy,
        clock: Clock,
    ) -> None:
        """Use these."""
        self._database = database
        self._copies = copies
        self._revocation = revocation
        self._policy = policy
        self._clock = clock
        self.report: Final = revocation.report

    def open(
        self,
        whose: str | Change,
        metadata: SessionMetadata,
        ttl: timedelta,
        *,
        is_persistent: bool = True,
        proof: Proof = _NO_PROOF,
    ) -> LogIn | None:
        """Open a session for an enabled user of whom *proof* still holds, if there is any; None for others.

        *whose* is the user's ID, or the change that is made as one with it; what that raises is passed on.

        Raises:
            StoreUnavailableError: it may be recorded all the same. Nobody has its ID: it is listed, can be revoked,
                and expires. Or, after a change, some copy of a session that it ended may be believed for a while.
        """
        session_id = new_session_id()
        user_id = whose if isinstance(whose, str) else ""  # a change alone knows
        session = self._new_session(session_id, user_id, metadata, ttl, is_persistent=is_persistent)
        evicted: list[str] = []
        try:
            found = self._record(session, whose, proof, evicted)
        except CommitUnknownError as unknown:
            found = self._found_again(session, unknown)
        if found is None:
            return None
        told = proof.told(user_id=found.user.id, session_handle=found.session.handle)
        if isinstance(whose, str):
            is_fenced = proof.redis_failure is None and self._copies.fence(evicted)
            self.report.tell(told, *self.report.revoked(whose, "limit", evicted), is_fenced=is_fenced)
        else:
            with self.report.fencing(told, *self.report.revoked(found.user.id, "password_change", evicted)):
                if evicted:
                    # To end these was what was asked for: it is done only when both stores know.
                    self._revocation.fence(found.user.id, evicted, opened=session.key)
        self._copy(NewCopy(session.key, found, session.created_at), proof)
        return LogIn(session_id, found.session, found.user)

    def open_with(self, change: Change, metadata: SessionMetadata, *, is_persistent: bool, proof: Proof) -> LogIn:
        """Open a session for its usual lifetime and make *change*, as one: both happen, or nothing. Raises as `open`.

        Raises:
            InvalidCredentialsError: its user is not enabled, or *proof* does not hold any more.
        """
        ttl = self._policy.life(is_persistent=is_persistent)
        opened = self.open(change, metadata, ttl, is_persistent=is_persistent, proof=proof)
        if opened is None:
            raise InvalidCredentialsError(_OUTDATED)
        return opened

    def replace(self, presented_session_id: str | None, redis_failure: StoreUnavailableError | None) -> None:
        """End the session in whose place another was opened; in the record alone after a *redis_failure*."""
        if presented_session_id:
            # The other one is open: what a store misses of this, the sweeper finishes, or this one's own end.
            with suppress(StoreUnavailableError):
                self._revocation.end(presented_session_id, "replaced", redis_failure=redis_failure)

    def _copy(self, copy: NewCopy, proof: Proof) -> None:
        """Create a copy only where nothing stands: a revoke-all beside this may have fenced the session already."""
        if proof.reserved is None or not proof.reserved.give_back(is_success=True, copy=copy):
            self._copies.repair(Look(copy.key, failure=proof.redis_failure), copy.found, copy.checked_at)

    def _record(
        self, session: Session, whose: str | Change, proof: Proof, evicted: list[str]
    ) -> SessionWithUser | None:
        sessions, limit = self._database.sessions, self._policy.max_per_user
        if isinstance(whose, str) and not limit:
            return self._insert(session, proof)
        with self._database.begin():
            if not isinstance(whose, str):
                changed = whose()
                session = replace(session, user_id=changed.user_id)
                evicted += changed.ended
            found = self._insert(session, proof)
            if found is None and not isinstance(whose, str):
                # Raised, so that the change is undone.
                raise InvalidCredentialsError(_OUTDATED)
            # Known to the caller even if the COMMIT is not answered: what it recorded, it recorded with these.
            evicted += sessions.keep_newest(session.user_id, limit, session.key) if found and limit else []
            return found

    def _insert(self, session: Session, proof: Proof) -> SessionWithUser | None:
        return self._database.sessions.open(
            session, proof.verified_hash, proof.new_hash, needs_verified_email=proof.needs_verified_email
        )

    def _found_again(self, session: Session, unknown: CommitUnknownError) -> SessionWithUser:
        """Return what the record has of a session whose COMMIT was not answered.

        Where it has none, PostgreSQL may still be at the COMMIT: the login is refused, and whether or not a row
        appears, nobody holds a session without one. What such a COMMIT evicts, the sweeper fences.
        """
        begun = session.created_at
        try:
            idle_since = self._policy.expiry.idle_since(begun)
            with asking_again():
                found = self._database.sessions.check(session.key, begun, begun, idle_since)
        except StoreUnavailableError:
            raise unknown from None
        if found is None or found.session.revoked:
            raise unknown
        return found

    def _new_session(
        self, session_id: str, user_id: str, metadata: SessionMetadata, ttl: timedelta, *, is_persistent: bool
    ) -> Session:
        names, now = self._policy.names, self._clock.now()
        key = names.key_of(session_id) or ""
        absolute_end = self._policy.expiry.absolute_end(now)
        return Session(
            key=key,
            handle=names.handle_of_key(key),
            user_id=user_id,
            created_at=now,
            expires_at=min(now + ttl, absolute_end),
            absolute_expires_at=absolute_end,
            last_activity=now,
            authenticated_at=now,
            ip=metadata.ip,
            user_agent=metadata.user_agent,
            is_persistent=is_persistent,
        )

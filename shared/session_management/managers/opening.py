"""Opening sessions: verify a password, record the session with its user's login as one, then copy it."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from session_management.errors import CommitUnknownError, InvalidCredentialsError, StoreUnavailableError
from session_management.interfaces import Clock, DatabaseAdapter
from session_management.limiter import Limiter
from session_management.managers.copies import Copies, Look
from session_management.models import LogIn, Session, SessionMetadata, SessionWithUser, User, UserStatus
from session_management.passwords import verify_password
from session_management.policy import SessionPolicy
from session_management.tokens import new_session_id


@dataclass(frozen=True, slots=True)
class Proof:
    """What a login was verified by: the hash that must still be the user's when it is recorded, and its successor.

    With a `redis_failure`, which the request met already, the copy is left to the first validation: nobody waits for
    Redis twice.
    """

    verified_hash: str | None = None
    new_hash: str | None = None
    redis_failure: StoreUnavailableError | None = None


_NO_PROOF: Final = Proof()


class Opening:
    """Opens sessions. One is open when the record has it; the copy may follow later."""

    def __init__(
        self, *, database: DatabaseAdapter, copies: Copies, limiter: Limiter, policy: SessionPolicy, clock: Clock
    ) -> None:
        """Use these."""
        self._limiter = limiter
        self._database = database
        self._copies = copies
        self._policy = policy
        self._clock = clock

    def log_in(self, email: str, password: str, metadata: SessionMetadata, *, is_persistent: bool) -> LogIn:
        """Verify a password and open a session.

        Raises:
            InvalidCredentialsError: nobody who may log in has these; why, is not told, and costs one hash.
            TooManyAttemptsError: too many tries failed for this email, or from this address; it costs no hash.
        """
        with self._limiter.guarding(email, metadata.ip) as reservation:
            user = self._database.users.find_by_email(email)
            # Of a user who may not log in the password is not looked at: a right one could cost more, by being
            # hashed anew.
            hashed = user.hashed_password if user and self._may_log_in(user) else None
            verified = verify_password(password, hashed)
            opened = None
            if user and verified.is_right:
                opened = self.open(
                    user.id,
                    metadata,
                    self._policy.life(is_persistent=is_persistent),
                    is_persistent=is_persistent,
                    proof=Proof(hashed, verified.new_hash, reservation.failure),
                )
            if opened is None:
                raise InvalidCredentialsError("the email or the password is wrong")
            return opened

    def open(
        self,
        user_id: str,
        metadata: SessionMetadata,
        ttl: timedelta,
        *,
        is_persistent: bool = True,
        proof: Proof = _NO_PROOF,
    ) -> LogIn | None:
        """Open a session for an enabled user of whom *proof* still holds, if there is any; None for others.

        Raises:
            StoreUnavailableError: it may be recorded all the same. Nobody has its ID: it is listed, can be revoked,
                and expires.
        """
        session_id = new_session_id()
        session = replace(self._new_session(session_id, user_id, metadata, ttl), is_persistent=is_persistent)
        evicted: list[str] = []
        try:
            found = self._record(session, proof, evicted)
        except CommitUnknownError as unknown:
            found = self._found_again(session, unknown)
        if found is None:
            return None
        if proof.redis_failure is None:
            self._copies.fence(evicted)
        # Only where nothing stands: a revoke-all beside this may have fenced the new session already.
        self._copies.repair(Look(session.key, failure=proof.redis_failure), found, session.created_at)
        return LogIn(session_id, found.session, found.user)

    def _may_log_in(self, user: User) -> bool:
        is_verified = user.is_verified or not self._policy.login.requires_verified
        return user.status is UserStatus.ACTIVE and is_verified

    def _record(self, session: Session, proof: Proof, evicted: list[str]) -> SessionWithUser | None:
        sessions, limit = self._database.sessions, self._policy.max_per_user
        if not limit:
            return sessions.open(session, proof.verified_hash, proof.new_hash)
        with self._database.begin():
            found = sessions.open(session, proof.verified_hash, proof.new_hash)
            # Known to the caller even if the COMMIT is not answered: what it recorded, it recorded with these.
            evicted += sessions.keep_newest(session.user_id, limit, session.key) if found else []
            return found

    def _found_again(self, session: Session, unknown: CommitUnknownError) -> SessionWithUser:
        """Return what the record has of a session whose COMMIT was not answered.

        Where it has none, PostgreSQL may still be at the COMMIT: the login is refused, and whether or not a row
        appears, nobody holds a session without one. What such a COMMIT evicts, the sweeper fences.
        """
        begun = session.created_at
        try:
            idle_since = self._policy.expiry.idle_since(begun)
            found = self._database.sessions.check(session.key, begun, begun, idle_since)
        except StoreUnavailableError:
            raise unknown from None
        if found is None or found.session.revoked:
            raise unknown
        return found

    def _new_session(self, session_id: str, user_id: str, metadata: SessionMetadata, ttl: timedelta) -> Session:
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
        )

"""Changing one's own password: everything that was open ends, and the client goes on under a new session ID."""

from functools import partial

from session_management.errors import InvalidCredentialsError, UnauthenticatedError
from session_management.events import PasswordChanged, PasswordChangeFailed, Refusal
from session_management.interfaces import DatabaseAdapter
from session_management.limiter import Limiter
from session_management.managers.input_checks import checked_password
from session_management.managers.opening import Changed, Opening, Proof
from session_management.managers.validation import Validation
from session_management.models import LogIn, Session, SessionMetadata, SessionWithUser
from session_management.password_rules import require_strong
from session_management.passwords import hash_password, verify_password
from session_management.policy import SessionPolicy


class PasswordChange:
    """Changes the password of whoever presents a live session and the current password."""

    def __init__(
        self,
        *,
        database: DatabaseAdapter,
        opening: Opening,
        validation: Validation,
        limiter: Limiter,
        policy: SessionPolicy,
    ) -> None:
        """Use these."""
        self._limiter = limiter
        self._database = database
        self._opening = opening
        self._validation = validation
        self._policy = policy

    def change(self, session_id: str, current: str, new: str, metadata: SessionMetadata) -> LogIn:
        """Set the password, end all sessions of the user, and open a new one, as one.

        Raises:
            UnauthenticatedError: no live session is presented, or it ended meanwhile.
            WeakPasswordError: the new password may not be. This is told without a look at the current one, or
                a weak new password would make a test of guesses that changes nothing and that nobody notices.
            InvalidCredentialsError: *current* is not the user's password, or they have none; the session lives on.
            TooManyAttemptsError: too many tries failed for this user, logins among them, or from this address.
        """
        # Where Redis does not answer no session could be fenced: better nothing is done than half of it.
        found = self._validation.find(session_id, needs_copies=True)
        if found is None:
            raise UnauthenticatedError("no live session is presented")
        require_strong(checked_password(new), email=found.user.email, min_length=self._policy.password_length)
        with self._limiter.guarding(found.user.email, metadata.ip) as reservation:
            if reservation.redis_failure:
                raise reservation.redis_failure
            hashed = self._verified(found, current)
            # Computed before the transaction begins: it takes long, and the user's row would be locked meanwhile.
            told = partial(PasswordChanged, is_own=True)
            proof = Proof(hashed, hash_password(new), told=told, reserved=reservation)
            return self._renew(found.session, metadata, proof)

    def _verified(self, found: SessionWithUser, current: str) -> str:
        """Return the hash that *current* belongs to; one computation, whatever is wrong."""
        hashed = self._database.users.find_hash(found.user.id)
        if not verify_password(current, hashed).is_right or hashed is None:
            self._refused(found.session, Refusal.WRONG_PASSWORD if hashed else Refusal.NO_PASSWORD)
            raise InvalidCredentialsError("the current password is wrong")
        return hashed

    def _renew(self, session: Session, metadata: SessionMetadata, proof: Proof) -> LogIn:
        try:
            return self._opening.open_with(
                lambda: Changed(session.user_id, self._end_all(session)),
                metadata,
                is_persistent=session.is_persistent,
                proof=proof,
            )
        except InvalidCredentialsError:
            self._refused(session, Refusal.CHANGED_MEANWHILE)
            raise

    def _refused(self, session: Session, reason: Refusal) -> None:
        told = PasswordChangeFailed(reason=reason, user_id=session.user_id, session_handle=session.handle)
        self._opening.report.tell(told)

    def _end_all(self, session: Session) -> list[str]:
        """End all sessions under the lock of the user's row; the presented one must be among them, or it ended before.

        One of the original's may have no record that could end: then it ends by its fence alone.
        """
        sessions, now = self._database.sessions, session.last_activity
        ended = sessions.revoke_all(session.user_id, "password_change", None)
        if session.key in ended:
            return ended
        if not self._policy.accepts_original or sessions.check(session.key, now, now, now):
            raise UnauthenticatedError("the session has ended")
        return [*ended, session.key]

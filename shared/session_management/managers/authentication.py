"""Logging in: a password is verified, at most so often in vain, and a session opened for whoever has the right one."""

from typing import Final

from session_management.errors import InvalidCredentialsError
from session_management.events import LoginFailed, LoginSucceeded, Refusal
from session_management.interfaces import UserRepository
from session_management.limiter import Limiter
from session_management.managers.opening import Opening, Proof
from session_management.models import LogIn, SessionMetadata, User, UserStatus
from session_management.passwords import verify_password
from session_management.policy import SessionPolicy

_WRONG: Final = "the email or the password is wrong"


class Authentication:
    """Logs users in by their passwords."""

    def __init__(self, *, users: UserRepository, opening: Opening, limiter: Limiter, policy: SessionPolicy) -> None:
        """Use these."""
        self._users = users
        self._opening = opening
        self._limiter = limiter
        self._policy = policy

    def log_in(
        self,
        email: str,
        password: str,
        metadata: SessionMetadata,
        *,
        is_persistent: bool,
        presented_session_id: str | None,
    ) -> LogIn:
        """Verify a password and open a session in the place of the one that was presented.

        Raises:
            InvalidCredentialsError: nobody who may log in has these; why, is not told, and costs one hash.
            TooManyAttemptsError: too many tries failed for this email, or from this address; it costs no hash.
        """
        with self._limiter.guarding(email, metadata.ip) as reservation:
            user = self._users.find_by_email(email)
            # The password of who may not log in is not looked at: a right one could cost more, by being hashed anew.
            hashed = user.hashed_password if user and self._may_log_in(user) else None
            verified = verify_password(password, hashed)
            if not user or not verified.is_right:
                raise self._refused(user, Refusal.of(user, may_log_in=user is not None and self._may_log_in(user)))
            needs_verified, redis_failure = self._policy.login_requires_verified, reservation.redis_failure
            proof = Proof(hashed, verified.new_hash, needs_verified, redis_failure, LoginSucceeded, reservation)
            ttl = self._policy.life(is_persistent=is_persistent)
            opened = self._opening.open(user.id, metadata, ttl, is_persistent=is_persistent, proof=proof)
            if opened is None:
                raise self._refused(user, Refusal.CHANGED_MEANWHILE)
        self._opening.replace(presented_session_id, reservation.redis_failure)
        return opened

    def _refused(self, user: User | None, reason: Refusal) -> InvalidCredentialsError:
        """Tell operators why a login is refused, and return the error that tells nobody else."""
        self._opening.report.tell(LoginFailed(reason=reason, user_id=user.id if user else None))
        return InvalidCredentialsError(_WRONG)

    def _may_log_in(self, user: User) -> bool:
        return user.status is UserStatus.ACTIVE and (user.is_verified or not self._policy.login_requires_verified)

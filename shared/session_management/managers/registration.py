"""Registering: a new user, as anybody may make one of themselves, and their first session."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from session_management.errors import EmailTakenError
from session_management.events import Registered, RegistrationRefused
from session_management.interfaces import DatabaseAdapter
from session_management.limiter import Limiter
from session_management.managers.input_checks import checked_email, checked_password
from session_management.managers.opening import Changed, Opening, Proof
from session_management.models import LogIn, SessionMetadata, User, UserRole
from session_management.password_rules import require_strong
from session_management.passwords import hash_password
from session_management.policy import SessionPolicy


class Registration:
    """Makes users of the least role, whose email nobody has verified."""

    def __init__(self, *, database: DatabaseAdapter, opening: Opening, limiter: Limiter, policy: SessionPolicy) -> None:
        """Use these."""
        self._limiter = limiter
        self._database = database
        self._opening = opening
        self._policy = policy

    def register(
        self,
        email: str,
        password: str,
        metadata: SessionMetadata,
        *,
        is_persistent: bool,
        presented_session_id: str | None,
    ) -> LogIn | None:
        """Make a user and open their session, as one; only the user, and None, where they may not log in yet.

        Where a session is opened, the one that was presented ends.

        Raises:
            EmailTakenError: another user has the email.
            InvalidInputError: the email cannot be.
            WeakPasswordError: the password may not be.
            TooManyAttemptsError: there were too many registrations from this address; it costs no hash.
        """
        self._check(email, password)
        with self._limiter.guarding_registration(metadata.ip) as reservation, self._telling_refusal():
            hashed = hash_password(password)
            if self._policy.login_requires_verified:
                self._create_alone(email, hashed)
                return None
            opened = self._opening.open_with(
                lambda: Changed(self._create(email, hashed).id),
                metadata,
                is_persistent=is_persistent,
                proof=Proof(redis_failure=reservation.redis_failure, told=Registered),
            )
        self._opening.replace(presented_session_id, reservation.redis_failure)
        return opened

    def register_unseen(self, email: str, password: str, metadata: SessionMetadata) -> None:
        """Make a user unless another has the email; nobody learns which, and either way costs one hash.

        Raises as `register`, but for EmailTakenError.
        """
        self._check(email, password)
        with self._limiter.guarding_registration(metadata.ip):
            hashed = hash_password(password)
            with suppress(EmailTakenError), self._telling_refusal():
                self._create_alone(email, hashed)

    @contextmanager
    def _telling_refusal(self) -> Iterator[None]:
        """Tell of an email that is taken, and let it go on."""
        try:
            yield
        except EmailTakenError:
            self._opening.report.tell(RegistrationRefused())
            raise

    def _create_alone(self, email: str, hashed: str) -> None:
        user = self._create(email, hashed)
        self._opening.report.tell(Registered(user_id=user.id, session_handle=None))

    def _check(self, email: str, password: str) -> None:
        require_strong(checked_password(password), email=checked_email(email), min_length=self._policy.password_length)

    def _create(self, email: str, hashed: str) -> User:
        return self._database.users.create(email, hashed, UserRole.USER, is_verified=False)

"""The user manager: the original's operations, under rules that hold in every mode."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from session_management.adapters.memory_attempts import MemoryAttemptAdapter
from session_management.errors import InvalidInputError
from session_management.events import PasswordChanged, Swept, UserChanged, UserCreated, UserDeleted
from session_management.explanation import Explanation
from session_management.interfaces import (
    AttemptAdapter,
    Clock,
    DatabaseAdapter,
    Observer,
    SessionAdapter,
    UserManagerInterface,
)
from session_management.limiter import Limiter
from session_management.managers.authentication import Authentication
from session_management.managers.copies import Copies
from session_management.managers.explaining import Explaining
from session_management.managers.input_checks import (
    checked_after,
    checked_email,
    checked_fields,
    checked_handle,
    checked_limit,
    checked_password,
    checked_role,
    checked_ttl,
)
from session_management.managers.opening import Opening
from session_management.managers.password_change import PasswordChange
from session_management.managers.registration import Registration
from session_management.managers.reporting import Reporting
from session_management.managers.revocation import Revocation
from session_management.managers.upgrading import Upgrading
from session_management.managers.validation import Validation
from session_management.models import (
    CreateUserData,
    LogIn,
    Session,
    SessionMetadata,
    SessionWithUser,
    SweepReport,
    User,
    UserStatus,
    is_user_id,
)
from session_management.passwords import hash_password
from session_management.policy import SessionPolicy
from session_management.sweep import Sweep


class UserManager(UserManagerInterface):
    """Users and their sessions, over a record and its copies.

    Every method raises StoreUnavailableError if it could not be done or told for want of a store; whatever
    had been acknowledged before still holds.
    """

    def __init__(  # noqa: PLR0913 (each is named)
        self,
        *,
        database: DatabaseAdapter,
        copies: SessionAdapter,
        attempts: AttemptAdapter,
        policy: SessionPolicy,
        clock: Clock,
        observer: Observer,
    ) -> None:
        """Use these stores under *policy*."""
        self._database = database
        self._adapter = copies
        self._policy = policy
        self._clock = clock
        tolerant = Copies(copies)
        self._report = report = Reporting(observer=observer, names=policy.names)
        upgrading = Upgrading(database=database, copies=tolerant, policy=policy, clock=clock)
        self._revocation = Revocation(
            database=database, copies=copies, policy=policy, upgrading=upgrading, report=report
        )
        self._limiter = Limiter(shared=attempts, local=MemoryAttemptAdapter(clock), policy=policy.login)
        self._opening = Opening(
            database=database, copies=tolerant, revocation=self._revocation, policy=policy, clock=clock
        )
        self._authentication = Authentication(
            users=database.users, opening=self._opening, limiter=self._limiter, policy=policy
        )
        self._validation = Validation(database=database, copies=tolerant, policy=policy, clock=clock, observer=observer)
        self._explaining = Explaining(
            sessions=database.sessions, copies=tolerant, validation=self._validation, policy=policy, clock=clock
        )
        self._registration = Registration(
            database=database, opening=self._opening, limiter=self._limiter, policy=policy
        )
        self._password_change = PasswordChange(
            database=database,
            opening=self._opening,
            validation=self._validation,
            limiter=self._limiter,
            policy=policy,
        )

    # Users

    def find_by_email(self, email: str) -> User | None:
        """Return the user with *email*, regardless of case, with the password hash; or None."""
        return self._database.users.find_by_email(email)

    def find_by_id(self, user_id: str) -> User | None:
        """Return the user, or None."""
        return self._database.users.find_by_id(user_id)

    def create(self, user_data: CreateUserData) -> User:
        """Create a user.

        Raises:
            EmailTakenError: another user has the email, in this or another case.
            InvalidInputError: the email, the password or the role cannot be.
        """
        email, role = checked_email(user_data.email), checked_role(user_data.role)
        hashed = user_data.hashed_password
        if user_data.password is not None:
            hashed = hash_password(checked_password(user_data.password))
        user = self._database.users.create(email, hashed, role, user_data.is_verified)
        self._report.tell(UserCreated(user_id=user.id, role=user.role, is_verified=user.is_verified))
        return user

    def update(self, user_id: str, fields: Mapping[str, Any]) -> User | None:
        """Change `email`, `role`, `is_verified` or `status` of a user; None if there is no such user.

        The next validation sees it everywhere. Disabling a user ends all their sessions.

        Raises:
            InvalidInputError: another field, or a value that cannot be.
            EmailTakenError: another user has the email.
        """
        values = checked_fields(fields)
        with self._database.begin():
            user = self._database.users.update(user_id, values) if values else self.find_by_id(user_id)
            is_disabled = user is not None and user.status is UserStatus.DISABLED
            ended = self._database.sessions.revoke_all(user_id, "user_disabled", None) if is_disabled else []
        if user:
            with self._report.fencing(
                *_changes(user.id, values), *self._report.revoked(user.id, "user_disabled", ended)
            ):
                self._revocation.fence(user_id, ended)
        return user

    def change_password(self, user_id: str, password: str, *, keep_session_id: str | None = None) -> bool:
        """Set a password and end all the user's sessions but one; whether there is such a user.

        Raises:
            InvalidInputError: the password is empty.
        """
        hashed = hash_password(checked_password(password))
        keep = self._revocation.key_to_keep(keep_session_id)
        with self._database.begin():
            # The user first: a login under way waits for this lock, and then finds its hash outdated.
            user = self._database.users.update(user_id, {"hashed_password": hashed})
            ended = self._database.sessions.revoke_all(user_id, "password_change", keep) if user else []
        if user:
            told = PasswordChanged(user_id=user.id, is_own=False, session_handle=None)
            with self._report.fencing(told, *self._report.revoked(user.id, "password_change", ended)):
                self._revocation.fence(user_id, ended)
        return user is not None

    def delete(self, user_id: str) -> bool:
        """Remove a user for good, after ending all their sessions; whether there was one."""
        user = self.update(user_id, {"status": UserStatus.DISABLED})
        if user is None or not self._database.users.delete(user_id):
            return False
        self._report.tell(UserDeleted(user_id=user.id))
        return True

    def get_all(self, limit: int = 100, after: str | None = None) -> list[User]:
        """Return up to *limit* users in the order of their IDs; the next page starts *after* the last one's ID.

        Raises:
            InvalidInputError: *limit* is not from 1 to 1000, or *after* is no user's ID.
        """
        return self._database.users.get_all(checked_limit(limit), checked_after(after))

    def count(self) -> int:
        """Return how many users there are."""
        return self._database.users.count()

    # Sessions

    def log_in(
        self,
        email: str,
        password: str,
        metadata: SessionMetadata,
        *,
        remember: bool = True,
        presented_session_id: str | None = None,
    ) -> LogIn:
        """Verify a password and open a session, for the shorter lifetime unless the client is to *remember* it.

        The session that was presented with the login ends: whoever logs in anew leaves none behind (ASVS 7.2.4).

        Raises:
            InvalidCredentialsError: nobody who may log in has these; why, is not told, and costs one hash.
            TooManyAttemptsError: too many tries failed for this email, or from this address; it costs no hash.
        """
        return self._authentication.log_in(
            email, password, metadata, is_persistent=remember, presented_session_id=presented_session_id
        )

    def register(
        self,
        email: str,
        password: str,
        metadata: SessionMetadata,
        *,
        remember: bool = True,
        presented_session_id: str | None = None,
    ) -> LogIn | None:
        """Make a user of the least role, with an unverified email, and log them in, as one; else as `log_in`.

        Where a login needs a verified email, nobody is logged in (None), and the session presented goes on.

        Raises:
            EmailTakenError: another user has the email.
            InvalidInputError: the email cannot be.
            WeakPasswordError: the password may not be.
            TooManyAttemptsError: there were too many registrations from this address.
        """
        return self._registration.register(
            email, password, metadata, is_persistent=remember, presented_session_id=presented_session_id
        )

    def register_unseen(self, email: str, password: str, metadata: SessionMetadata) -> None:
        """Make such a user unless another has the email; nobody learns which, and nobody is logged in.

        Raises as `register`, but for EmailTakenError.
        """
        self._registration.register_unseen(email, password, metadata)

    def change_own_password(
        self, session_id: str, current_password: str, new_password: str, metadata: SessionMetadata
    ) -> LogIn:
        """Set the password of a session's user, end all their sessions and open a new one, as one.

        Raises:
            UnauthenticatedError: no live session is presented.
            InvalidCredentialsError: the current password is another, or there is none; the session lives on.
            TooManyAttemptsError: too many tries failed for this user, logins among them, or from this address.
            WeakPasswordError: the new password may not be.
        """
        return self._password_change.change(session_id, current_password, new_password, metadata)

    def lift_limit(self, email: str) -> int:
        """Forget the failures of the account with *email*, whether anybody has it or not; how many there were."""
        return self._limiter.lift(email)

    def create_session(self, user_id: str, metadata: SessionMetadata, ttl_seconds: int) -> str:
        """Open a session for a user who was verified elsewhere; its session ID, which is not kept anywhere.

        Raises:
            InvalidInputError: there is no enabled user with this ID, or *ttl_seconds* is not positive.
        """
        ttl = checked_ttl(ttl_seconds)
        opened = self._opening.open(user_id, metadata, ttl) if self.find_by_id(user_id) else None
        if opened is None:
            raise InvalidInputError("user_id: there is no enabled user with this ID")
        return opened.session_id

    def find_by_session_id(self, session_id: str) -> User | None:
        """Return whose live session *session_id* is; or None."""
        found = self.find_session(session_id)
        return found.user if found else None

    def find_session(self, session_id: str) -> SessionWithUser | None:
        """Return the live session with its user; None if nobody may use *session_id*."""
        return self._validation.find(session_id)

    def delete_session(self, session_id: str) -> None:
        """End a session, for good. One that is unknown is ended already."""
        self._revocation.end(session_id, "logout")

    def revoke_all(self, user_id: str, *, except_session_id: str | None = None) -> int:
        """End all sessions of a user but one; how many ended now."""
        return self._revocation.end_all(user_id, "revoke_all", except_session_id) if is_user_id(user_id) else 0

    def extend_session(self, session_id: str, ttl_seconds: int) -> datetime | None:
        """Push a live session's end to *ttl_seconds* from now, never past its absolute lifetime; the new end, or None.

        Raises:
            InvalidInputError: *ttl_seconds* is not positive.
        """
        return self._validation.extend(session_id, checked_ttl(ttl_seconds))

    def list_sessions(self, user_id: str, limit: int = 1_000) -> list[Session]:
        """Return a user's live sessions, the newest first: *limit* of them at most.

        Raises:
            InvalidInputError: *limit* is not from 1 to 1000.
        """
        limit, now = checked_limit(limit), self._clock.now()
        if not is_user_id(user_id):
            return []
        return list(self._database.sessions.live(user_id, now, self._policy.expiry.idle_since(now), limit))

    def end_session(self, user_id: str, handle: str) -> bool:
        """End the session of a user that people call *handle*; False if the user has none of that name."""
        return is_user_id(user_id) and self._revocation.end_one_of(user_id, handle, "ended")

    def explain(self, handle: str) -> Explanation:
        """Return what has become of the session that people call *handle*; a store that is down is a part of that.

        Raises:
            InvalidInputError: it is no handle.
        """
        return self._explaining.explain(checked_handle(handle))

    def sweep(self) -> SweepReport:
        """Delete what has ended, and fence what an outage left unfenced, until the request's time runs short."""
        report = Sweep(records=self._database.sweep, copies=self._adapter, policy=self._policy).run()
        self._report.tell(Swept(**asdict(report)))
        return report


def _changes(user_id: str, values: Mapping[str, Any]) -> list[UserChanged]:
    """Return the event of what was set of a user; none if nothing was."""
    if not values:
        return []
    return [
        UserChanged(
            user_id=user_id,
            role=values.get("role"),
            is_verified=values.get("is_verified"),
            status=values.get("status"),
            is_email_changed="email" in values,
        )
    ]

"""Events of who proves who they are, and who fails to."""

from enum import StrEnum
from typing import ClassVar

from session_management.events.event import Event, Fenced, Level
from session_management.models import User, UserStatus


class Refusal(StrEnum):
    """Why an email and a password opened nothing. It is for operators alone: no answer ever says it."""

    UNKNOWN_USER = "unknown_user"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 (the word, not one)
    NO_PASSWORD = "no_password"  # noqa: S105 (the word, not one)
    DISABLED = "disabled"
    UNVERIFIED = "unverified"
    CHANGED_MEANWHILE = "changed_meanwhile"

    @classmethod
    def of(cls, user: User | None, *, may_log_in: bool) -> "Refusal":
        """Return why *user*, as found by the email, was refused; whose password was wrong, if they may log in."""
        if user is None:
            return cls.UNKNOWN_USER
        if user.status is not UserStatus.ACTIVE:
            return cls.DISABLED
        if not may_log_in:
            return cls.UNVERIFIED
        return cls.WRONG_PASSWORD if user.hashed_password else cls.NO_PASSWORD


class LoginSucceeded(Event):
    """Email and password opened a session."""

    name: ClassVar = "login_succeeded"
    says: ClassVar = "somebody logged in"

    user_id: str
    session_handle: str


class LoginFailed(Event):
    """Email and password opened nothing; without `user_id`, nobody has the email."""

    name: ClassVar = "login_failed"
    level: ClassVar[Level] = "WARNING"
    says: ClassVar = "a login was refused"

    reason: Refusal
    user_id: str | None


class Registered(Event):
    """Somebody made a user of themselves.

    Without `session_handle`, no session was opened: accounts are hidden, or logins need a verified email.
    """

    name: ClassVar = "registered"
    says: ClassVar = "somebody registered"

    user_id: str
    session_handle: str | None


class RegistrationRefused(Event):
    """Somebody tried to register with an email that a user has; `reason` is `email_taken`."""

    name: ClassVar = "registration_refused"
    level: ClassVar[Level] = "WARNING"
    says: ClassVar = "a registration was refused"

    reason: str = "email_taken"


class PasswordChanged(Fenced):
    """A password was set: by its user (`is_own`), who goes on in `session_handle`, or for them."""

    name: ClassVar = "password_changed"
    says: ClassVar = "a password was changed"

    user_id: str
    is_own: bool
    session_handle: str | None


class PasswordChangeFailed(Event):
    """Whoever presented a live session did not know its user's current password."""

    name: ClassVar = "password_change_failed"
    level: ClassVar[Level] = "WARNING"
    says: ClassVar = "a change of password was refused"

    reason: Refusal
    user_id: str
    session_handle: str

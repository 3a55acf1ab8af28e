"""Which of those who have a live session may pass: the policy of an authorizer."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from session_management.models import SessionWithUser, UserRole

_SUFFICIENT: Final = {UserRole.USER: (UserRole.USER, UserRole.ADMIN), UserRole.ADMIN: (UserRole.ADMIN,)}
"""By the role that is required, the roles that will do: an ADMIN may do what a USER may."""


class Denial(StrEnum):
    """Why a live session is not enough, in one word that stays the same."""

    CLIENT_CHANGE = "client_change"
    ROLE = "role"
    UNVERIFIED = "unverified"
    AUTHENTICATION_AGE = "authentication_age"


class AccessPolicy(NamedTuple):
    """What is asked of a live session and its user; None, False and zero ask for nothing.

    `max_auth_age` counts from when the user last proved who they are, which no activity moves (ASVS 7.5.1, 7.5.3).
    """

    required_role: UserRole | None
    requires_verified: bool
    max_auth_age: timedelta

    def denial(self, found: SessionWithUser, present: Callable[[], datetime]) -> Denial | None:
        """Return why *found* may not pass, or None. Comes last what a new login would mend.

        *present* tells the time; most policies do not ask for it.
        """
        if self.required_role and found.user.role not in _SUFFICIENT[self.required_role]:
            return Denial.ROLE
        if self.requires_verified and not found.user.is_verified:
            return Denial.UNVERIFIED
        if self.max_auth_age and present() - found.session.authenticated_at >= self.max_auth_age:
            return Denial.AUTHENTICATION_AGE
        return None

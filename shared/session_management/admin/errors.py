"""What can be wrong with an operator's command."""

from collections.abc import Sequence

from session_management.errors import SessionManagementError


class InvalidCommandError(SessionManagementError):
    """The command cannot be understood; the message says all that is wrong, and what there is. No value is in it."""

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep every fault, so that they are mended in one go."""
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


class UserNotFoundError(SessionManagementError):
    """There is no user of this email or ID."""


class SessionNotFoundError(SessionManagementError):
    """The user has no live session of this handle."""

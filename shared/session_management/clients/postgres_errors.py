"""What becomes of a connection to PostgreSQL, in words that no driver has to be imported for."""

from session_management.errors import SessionManagementError


class ConnectionLostError(SessionManagementError):
    """The connection is dead; `timed_out` if the server was there and silent.

    `leaves_doubt` is set by who had sent what makes a change last.
    """

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        """Say why, without a value from the statement."""
        self.timed_out = timed_out
        self.leaves_doubt = False
        super().__init__(reason)


class AuthenticationRefusedError(SessionManagementError):
    """PostgreSQL refused the user or the password."""

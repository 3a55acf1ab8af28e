"""The error tree. It knows nothing of HTTP; `http.responses` maps it to statuses.

*Cannot tell* (`StoreUnavailableError`, `ConfigurationError`) and *no* (`UnauthenticatedError`,
`InvalidCredentialsError`) are different branches on purpose: an outage must never look like a refusal.
"""

from collections.abc import Sequence


class SessionManagementError(Exception):
    """Anything that this package raises on purpose."""


class ConfigurationError(SessionManagementError):
    """The settings cannot work; `faults` has one sentence for each fault, without any secret."""

    def __init__(self, faults: Sequence[str]) -> None:
        """Keep every fault, so that an operator mends them in one go."""
        self.faults = tuple(faults)
        super().__init__("; ".join(self.faults))


class StoreUnavailableError(SessionManagementError):
    """A store did not answer usefully in time: nobody can tell whether a session is valid.

    `store` is "postgresql" or "redis". `reason` is for the log and holds no value from a request.
    `was_tried` is False when the store was spared: an open breaker, or no time left. `is_up` is True when it
    answered, with an error that is the statement's own, such as a missing privilege: sparing it would help nobody.
    """

    def __init__(self, store: str, reason: str, *, was_tried: bool = True, is_up: bool = False) -> None:
        """Say which store, and why."""
        self.store = store
        self.reason = reason
        self.was_tried = was_tried
        self.is_up = is_up
        super().__init__(f"{store} is unavailable: {reason}")


class CommitUnknownError(StoreUnavailableError):
    """What would have made a change last was sent, and no answer came: it lasts, or it was never made."""


class UniqueViolationError(SessionManagementError):
    """A row with this key exists already; `constraint` is the name of the unique index."""

    def __init__(self, constraint: str) -> None:
        """Keep the constraint's name: the adapter knows what it means."""
        self.constraint = constraint
        super().__init__(f"{constraint} is violated")


class UnauthenticatedError(SessionManagementError):
    """No live session was presented: none, a malformed one, an unknown, ended or contradictory one."""


class InvalidCredentialsError(SessionManagementError):
    """The email and password do not open an account. Why is not said, on purpose."""


class WeakPasswordError(SessionManagementError):
    """A new password may not be; the message says which rule it breaks and what to do, never the password."""


class TooManyAttemptsError(SessionManagementError):
    """Too many tries of a password failed, for this account or from this address: which, is not said.

    A try is looked at again after `retry_after_seconds`; those until then change nothing about that.
    """

    def __init__(self, retry_after_seconds: int) -> None:
        """Keep how long to wait."""
        self.retry_after_seconds = retry_after_seconds
        super().__init__("too many attempts failed; wait before the next one")


class EmailTakenError(SessionManagementError):
    """Another user has this email, in this or another case."""


class InvalidInputError(SessionManagementError, ValueError):
    """A caller's argument cannot be used; the message names the argument and what is allowed."""

"""What can be wrong with a request itself."""

from collections.abc import Sequence
from typing import NamedTuple

from session_management.errors import SessionManagementError


class Fault(NamedTuple):
    """One fault of a body: where (a JSON pointer) and what, without the value."""

    pointer: str
    detail: str


class InvalidRequestError(SessionManagementError):
    """The request cannot be understood; `faults` says where, as far as that is known."""

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        """Say what is wrong."""
        self.faults = tuple(faults)
        super().__init__(detail)


class PayloadTooLargeError(SessionManagementError):
    """The body is larger than any request needs."""


class UnsupportedMediaTypeError(SessionManagementError):
    """The body is not JSON."""


class MethodNotAllowedError(SessionManagementError):
    """The method is not one of `allowed`."""

    def __init__(self, allowed: Sequence[str]) -> None:
        """Keep what is allowed."""
        self.allowed = tuple(allowed)
        super().__init__(f"use {' or '.join(self.allowed)}")


class NotFoundError(SessionManagementError):
    """There is nothing at the path, or nothing that the caller may see."""


class ForbiddenOriginError(SessionManagementError):
    """A page of an origin that is not allowed sent this request, or it does not say where it comes from.

    `reason` is one of the event `origin_refused`.
    """

    def __init__(self, detail: str, *, reason: str = "foreign") -> None:
        """Say what is wrong."""
        self.reason = reason
        super().__init__(detail)


class DirectAccessError(SessionManagementError):
    """The request came past the edge, which alone may ask here."""


class RegistrationClosedError(SessionManagementError):
    """Nobody may register here."""

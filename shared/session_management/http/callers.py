"""Who calls: the live session that a request presents, for every function that needs one."""

from typing import NamedTuple

from session_management.errors import UnauthenticatedError
from session_management.factory import UserManagerFactory
from session_management.http.client_change import check_client
from session_management.http.requests import Request
from session_management.http.session_ids import presented_session_id
from session_management.models import Session, User
from session_management.settings import Settings


class Caller(NamedTuple):
    """A live session with its user, and the session ID that was presented."""

    session: Session
    user: User
    session_id: str

    def __repr__(self) -> str:
        """Show all but the session ID."""
        return f"Caller(session={self.session!r}, user={self.user!r})"


def caller_of(request: Request, settings: Settings) -> Caller:
    """Return who calls.

    Raises:
        UnauthenticatedError: no live session is presented, several are that differ, or another client presents it.
        StoreUnavailableError: it cannot be told.
    """
    session_id = presented_session_id(request, settings)
    found = UserManagerFactory.create().find_session(session_id) if session_id else None
    if session_id is None or found is None:
        raise UnauthenticatedError("no live session is presented")
    check_client(request, found, settings)
    return Caller(found.session, found.user, session_id)

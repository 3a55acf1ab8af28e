"""CLIENT_CHANGE_POLICY, for every door at which a session is presented by its client."""

from session_management.client_changes import changes_of
from session_management.errors import UnauthenticatedError
from session_management.events import ClientChanged
from session_management.http.clients import Sent, said_of_client
from session_management.models import SessionMetadata, SessionWithUser
from session_management.observability import tell
from session_management.settings import Settings


def check_client(request: Sent, found: SessionWithUser, settings: Settings) -> None:
    """Let the client pass that opened the session, and another unless the policy is to deny it.

    Raises:
        UnauthenticatedError: it is denied, in the words for no session at all: whoever stole one learns nothing.
    """
    if is_client_refused(request, found, settings):
        raise UnauthenticatedError("no live session is presented")


def is_client_refused(request: Sent, found: SessionWithUser, settings: Settings) -> bool:
    """Return whether the policy denies the client that presents *found*; a changed one is told of. Asks no store."""
    if settings.client_change_policy == "off":
        return False
    said, session = said_of_client(request, settings), found.session
    if said == (session.ip, session.user_agent):
        return False  # as nearly always: what is recorded stays the same when it is cleaned again
    changes = changes_of(session, SessionMetadata(*said))
    is_refused = bool(changes) and settings.client_change_policy == "deny"
    if changes:
        handle, user_id = session.handle, found.user.id
        tell(ClientChanged(session_handle=handle, user_id=user_id, changed=changes, is_refused=is_refused))
    return is_refused

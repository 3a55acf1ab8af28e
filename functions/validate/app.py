"""GET /validate: whose session is this?"""

from session_management.errors import UnauthenticatedError
from session_management.factory import UserManagerFactory
from session_management.http.client_change import check_client
from session_management.http.door import answering
from session_management.http.requests import Request
from session_management.http.responses import Response, ok, session_body, user_body
from session_management.http.session_ids import presented_session_id
from session_management.observability import logger
from session_management.settings import Settings
from session_management.snapshots import register_hooks

register_hooks()


@logger.inject_lambda_context(clear_state=True, log_event=False)
@answering("GET")
def lambda_handler(request: Request, settings: Settings) -> Response:
    """Answer a live session with its user (200), anything else with 401, or 503 if it cannot be told."""
    session_id = presented_session_id(request, settings)
    found = UserManagerFactory.create().find_session(session_id) if session_id else None
    if found is None:
        raise UnauthenticatedError("no live session is presented")
    check_client(request, found, settings)
    return ok({"user": user_body(found.user), "session": session_body(found.session)})

"""POST /logout: the end of a session."""

from session_management.errors import SessionManagementError
from session_management.factory import UserManagerFactory
from session_management.http.cookies import cleared_cookie
from session_management.http.door import answering, refusal
from session_management.http.requests import Request
from session_management.http.responses import Response, no_content
from session_management.http.session_ids import presented_session_id
from session_management.observability import invoked
from session_management.settings import Settings
from session_management.snapshots import register_hooks

register_hooks()


@invoked
@answering("POST")
def lambda_handler(request: Request, settings: Settings) -> Response:
    """Answer 204, also for an unknown session or none, and 401 for what is no session ID.

    The cookie is cleared in any case.
    """
    cookie = cleared_cookie(settings)
    try:
        _end_session(request, settings)
    except SessionManagementError as error:
        return refusal(error).adding(cookies=(cookie,))
    return no_content(cookie)


def _end_session(request: Request, settings: Settings) -> None:
    session_id = presented_session_id(request, settings)
    if session_id:
        UserManagerFactory.create().delete_session(session_id)

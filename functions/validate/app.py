"""GET /validate: whose session is this?"""

from session_management.http.callers import caller_of
from session_management.http.door import answering
from session_management.http.requests import Request
from session_management.http.responses import Response, ok, session_body, user_body
from session_management.observability import invoked
from session_management.settings import Settings
from session_management.snapshots import register_hooks

register_hooks()


@invoked
@answering("GET")
def lambda_handler(request: Request, settings: Settings) -> Response:
    """Answer a live session with its user (200), anything else with 401, or 503 if it cannot be told."""
    caller = caller_of(request, settings)
    return ok({"user": user_body(caller.user), "session": session_body(caller.session)})
